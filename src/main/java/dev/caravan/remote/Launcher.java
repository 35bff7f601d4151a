package dev.caravan.remote;

import dev.caravan.spec.Secret;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BinaryOperator;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What is said to a host to start, follow and clear away a detached step.
 *
 * <p>How a step runs:
 * <ol>
 *   <li>One constant command is executed over SSH; everything that varies comes over its standard input: a line with
 *       the step's id, its name and how much of its log is already known, then a tar archive.
 *   <li>The command unpacks the archive into {@code /run/caravan/ID} (0700, gone after a reboot) unless that is there
 *       already, and starts {@code run.sh} in a session of its own unless it was started already. So the same request
 *       may be repeated after a lost connection and never starts a step twice.
 *   <li>It then follows the log on standard output and, once the step has ended, gives exit status and result on
 *       standard error.
 *   <li>The directory is removed by the next request to that host, or by {@link #clear}, when the result has been
 *       journaled.
 * </ol>
 * Values never become part of shell text. They travel as lines of a file that the shell reads as data. Immutable.
 */
final class Launcher {
    /** The log follows on standard output after this line, whatever a login shell printed before. */
    static final String LOG_MARK = "caravan-log";
    /** Instead of that if the host, rebooted since, did not know the step and started it again: the log follows from its first byte. */
    static final String RESTARTED_MARK = "caravan-log-restarted";
    /** A line of the log that begins so tells what the step found before a change (lib.sh, found). */
    static final String FOUND_MARK = "caravan-found\t";
    /** The result follows on standard error after this word and the exit status. */
    static final String RESULT_MARK = "caravan-result";
    /** In place of the run whose lock is released: no run has this id. */
    private static final String NO_RUN = "none";
    /** Instead of an exit status: the step was started and is gone without one. */
    static final String LOST = "lost";

    /* No single quote may stand in these: the login shell, whichever it is, takes each as one quoted word. */
    /** Where steps are, gone after a reboot and often in memory; and where their artefacts are, which may be larger than that. */
    static final String PLACES = "b=${CARAVAN_ROOT:-}/run/caravan; v=${CARAVAN_ROOT:-}/var/lib/caravan; ";

    private static final Pattern VARIABLE = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");
    private static final Pattern WORD = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]*");

    private static final String LAUNCH = "umask 077; " + PLACES + "IFS=\" \" read -r id step known done || exit 70; "
            + "restarted=; "
            + "for c in tar setsid; do command -v $c >/dev/null || { echo \"$c: not found\" >&2; exit 70; }; done; "
            + "mkdir -p \"$b\" && cd \"$b\" || exit 70; for d in $done; do rm -rf \"$d\" \"$v/$d\"; done; "
            + "if [ -d \"$id\" ]; then cat >/dev/null; else n=.new-$$; rm -rf \"$n\"; mkdir \"$n\" && tar -xf - -C \"$n\" "
            + "&& [ -f \"$n/result\" ] || { rm -rf \"$n\"; exit 70; }; "
            + "if mv -T \"$n\" \"$id\" 2>/dev/null; then [ \"$known\" = 0 ] || { known=0; restarted=-restarted; }; else rm -rf \"$n\"; fi; "
            + "[ -d \"$id\" ] || exit 70; fi; "
            + "[ -e \"$id/exit\" ] || setsid sh \"$id/run.sh\" \"$b/$id\" </dev/null >/dev/null 2>&1 & "
            + "exec sh \"$id/attach.sh\" \"$b/$id\" \"$known\" \"$restarted\"";
    /* The lock is that of lib.sh: its first line names the run that holds the host. */
    private static final String CLEAR = PLACES + "read -r run done; for d in $done; do rm -rf \"$b/$d\" \"$v/$d\"; done; "
            + "[ -f \"$v/lock\" ] && read -r word holder < \"$v/lock\" && [ \"$holder\" = \"$run\" ] && rm -f \"$v/lock\"; "
            + "rm -f \"$v/lock.$run\".*; rmdir \"$b\" \"$v\" 2>/dev/null; exit 0";
    private static final String STOP = "b=${CARAVAN_ROOT:-}/run/caravan; read -r id; p=$(cat \"$b/$id/pid\") || exit 0; "
            + "[ -e \"$b/$id/exit\" ] && exit 0; kill -s TERM -- \"-$p\" 2>/dev/null; n=0; "
            + "while kill -s 0 -- \"-$p\" 2>/dev/null && [ $n -lt 50 ]; do sleep 0.1; n=$((n + 1)); done; "
            + "kill -s KILL -- \"-$p\" 2>/dev/null; exit 0";

    private static final String FREE = "sudo -n ";
    private static final String ASKING = "sudo -k -S -p \"\" ";

    private static final String RUN = """
            # Runs the step of the directory $1, once, however often it is asked.
            cd "$1" || exit 1
            mkdir started 2>/dev/null || exit 0
            echo $$ > pid.new && mv pid.new pid
            export CARAVAN_ROOT="${CARAVAN_ROOT:-}" LC_ALL=C HOME="${HOME:-/root}"
            [ -n "$CARAVAN_ROOT" ] || export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
            # "=NAME" begins a variable, " text" is a line of its value. The loop's own variables have names that no other has.
            caravan_name= caravan_first=
            while IFS= read -r caravan_line; do
              case $caravan_line in
                =*)
                  [ -z "$caravan_name" ] || export "$caravan_name=$caravan_value"
                  caravan_name=${caravan_line#=} caravan_value= caravan_first=1 ;;
                *) if [ -n "$caravan_first" ]; then caravan_value=${caravan_line# } caravan_first=; else caravan_value="$caravan_value
            ${caravan_line# }"; fi ;;
              esac
            done < env
            [ -z "$caravan_name" ] || export "$caravan_name=$caravan_value"
            export CARAVAN_LIB="$1" CARAVAN_RESULT="$1/result"
            if [ -n "${ARTEFACT_LIMIT:-}" ]; then
              ARTEFACT=${CARAVAN_ROOT:-}/var/lib/caravan/$(basename "$1")/artefact
              export ARTEFACT
              mkdir -p "$(dirname "$ARTEFACT")"
            fi
            umask 022
            { rm -f stdin env; sh "$1/$CARAVAN_STEP.sh"; } < stdin >> log 2>&1
            code=$?
            umask 077
            # What may be larger than the limit is not read for its digest.
            if [ "$code" = 0 ] && [ -n "${ARTEFACT:-}" ] && [ -f "$ARTEFACT" ]; then
              chmod 600 "$ARTEFACT"
              size=$(stat -c %s "$ARTEFACT") sum=
              [ "$size" -gt "$ARTEFACT_LIMIT" ] || sum=$(sha256sum < "$ARTEFACT")
              printf '\\nartefact\\t%s\\t%s\\n' "$size" "${sum%% *}" >> result
            fi
            echo "$code" > exit.new && mv exit.new exit
            """;
    private static final String ATTACH = """
            # Follows the step of the directory $1 from byte $2 of its log to its end, then gives its result.
            cd "$1" || exit 70
            # Each mark on a line of its own, whatever a login shell printed first or a script left without a line's end.
            printf '\\ncaravan-log%s\\n' "$3"
            n=0
            until [ -s pid ] || [ -e exit ] || [ "$n" -gt 1500 ]; do sleep 0.02; n=$((n + 1)); done
            if [ -e exit ] || [ ! -s pid ]; then tail -c "+$(($2 + 1))" log
            else tail -c "+$(($2 + 1))" -f -s 0.05 --pid="$(cat pid)" log; fi 2>/dev/null
            code=$(cat exit 2>/dev/null || echo lost)
            { printf '\\ncaravan-result %s\\n' "$code"; cat result; printf '\\ncaravan-end\\n'; } >&2
            """;

    private Launcher() {}

    /** The commands of a login shell that needs no sudo, sudo without a password, or sudo with one; the latter as that sudo needs it. */
    enum Privilege {
        ROOT("", SudoShell::plain),
        SUDO(FREE, SudoShell::plain),
        SUDO_WITH_PASSWORD(ASKING, SudoShell::plain),
        SUDO_IN_TERMINAL(FREE, SudoShell::inTerminal),
        SUDO_WITH_PASSWORD_IN_TERMINAL(ASKING, SudoShell::inTerminal),
        SUDO_RS_WITH_PASSWORD(ASKING, SudoShell::passwordApart);

        private final String sudo;
        private final BinaryOperator<String> shell;

        Privilege(String sudo, BinaryOperator<String> shell) {
            this.sudo = sudo;
            this.shell = shell;
        }

        /** Whether a password is to be sent first. */
        boolean takesPassword() {
            return sudo.equals(ASKING);
        }

        boolean inTerminal() {
            return this == SUDO_IN_TERMINAL || this == SUDO_WITH_PASSWORD_IN_TERMINAL;
        }

        String launch() {
            return wrap(LAUNCH);
        }

        String clear() {
            return wrap(CLEAR);
        }

        String stop() {
            return wrap(STOP);
        }

        /** Does nothing, as root. What sudo remembers of an earlier password does not count. */
        String probe() {
            return shell.apply(sudo.replace("-n ", "-n -k "), "true");
        }

        /** The command that runs that script. */
        String wrap(String script) {
            return shell.apply(sudo, script);
        }
    }

    /**
     * A step to be started, or found again.
     *
     * @param known how many bytes of its log have been seen
     * @param libraries what the script sources, by file name
     * @param done  ids of earlier steps on that host whose directories are to be removed
     */
    record Request(
            String id, String step, long known, List<String> done, Map<String, String> environment, String script,
            Map<String, String> libraries, byte[] stdin) {

        Request {
            requireWord(id);
            requireWord(step);
            done.forEach(Launcher::requireWord);
        }

        /** What goes to the standard input of {@link Privilege#launch()}. */
        byte[] toBytes(Optional<Secret> sudoPassword) {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            writePassword(out, sudoPassword);
            out.writeBytes(utf8(id + " " + step + " " + known + " " + String.join(" ", done) + "\n"));
            Tar files = new Tar();
            libraries.forEach(files::add);
            out.writeBytes(files
                    .add("run.sh", RUN)
                    .add("attach.sh", ATTACH)
                    .add(step + ".sh", script)
                    .add("env", encode(environment))
                    .add("stdin", stdin)
                    .add("log", new byte[0])
                    .add("result", new byte[0])
                    .toBytes());
            return out.toByteArray();
        }
    }

    /** What goes to the standard input of {@link Privilege#clear()}. @param run whose lock is released; empty if it is kept */
    static byte[] toClear(Optional<String> run, List<String> ids, Optional<Secret> sudoPassword) {
        return ids(Stream.concat(Stream.of(run.orElse(NO_RUN)), ids.stream()).toList(), sudoPassword);
    }

    /** What goes to the standard input of {@link Privilege#stop()}. */
    static byte[] ids(List<String> ids, Optional<Secret> sudoPassword) {
        ids.forEach(Launcher::requireWord);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        writePassword(out, sudoPassword);
        out.writeBytes(utf8(String.join(" ", ids) + "\n"));
        return out.toByteArray();
    }

    static String encode(Map<String, String> environment) {
        StringBuilder text = new StringBuilder();
        environment.forEach((name, value) -> {
            if (!VARIABLE.matcher(name).matches()) {
                throw new IllegalArgumentException("not a name for an environment variable: " + name);
            }
            if (value.indexOf('\0') >= 0) {
                throw new IllegalArgumentException("an environment variable cannot hold a NUL: " + name);
            }
            text.append('=').append(name).append('\n');
            for (String line : value.split("\n", -1)) {
                text.append(' ').append(line).append('\n');
            }
        });
        return text.toString();
    }

    private static void writePassword(ByteArrayOutputStream out, Optional<Secret> sudoPassword) {
        sudoPassword.ifPresent(password -> out.writeBytes(utf8(password.reveal() + "\n")));
    }

    private static void requireWord(String word) {
        if (!WORD.matcher(word).matches()) {
            throw new IllegalArgumentException("not a plain word: " + word);
        }
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
