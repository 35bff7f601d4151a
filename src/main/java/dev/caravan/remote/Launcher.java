package dev.caravan.remote;

import dev.caravan.spec.Secret;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.BinaryOperator;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What is said to a host to start, follow and clear away a detached step.
 *
 * <p>How a step runs:
 * <ol>
 *   <li>One constant command is executed over SSH; everything that varies comes over its standard input: a line of words (the step's
 *       id and name, the name of a directory, how much of its log is already known, ids of ended steps), then a tar archive.
 *   <li>The command unpacks the archive into a directory of its own in {@code /run/caravan} (0700, gone after a reboot), unless the
 *       step is there already. The last member is a symbolic link, {@code ID}, which replaces none. So a request that did not arrive
 *       whole starts nothing, and of two requests for a step one is the first.
 *   <li>Who can create the file {@code started} starts {@code run.sh} in a session of its own. So the same request may be repeated
 *       after a lost connection and never starts a step twice.
 *   <li>The command then follows the log on standard output and, once the step has ended, gives exit status and result on standard
 *       error.
 *   <li>The directory is removed by the next request to that host, or by {@link #clear}, when the result has been journaled.
 * </ol>
 * A step is to cost its host little more than its script: what the shell can do itself starts no process. What is started: tar, rm, the
 * session, the script, tail. Sleeping and cat are for requests that are repeated.
 *
 * <p>Values never become part of shell text. They travel as lines of a file that the shell reads as data. Immutable.
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

    private static final String LAUNCH = "umask 077; " + PLACES + "IFS=\" \" read -r id step n known done || exit 70; "
            + "for c in tar setsid; do command -v $c >/dev/null || { echo \"$c: not found\" >&2; exit 70; }; done; "
            + "[ -d \"$b\" ] || mkdir -p \"$b\"; cd \"$b\" || exit 70; restarted= p=; "
            + "if [ -f \"$id/result\" ]; then cat >/dev/null; else tar -xkf -; "
            + "if [ -f \"$id/$n\" ]; then [ \"$known\" = 0 ] || { known=0; restarted=-restarted; }; "
            + "else rm -rf \"$n\"; [ -f \"$id/result\" ] || exit 70; fi; fi; "
            + "set -C; if { true > \"$id/started\"; } 2>/dev/null; then "
            + "setsid sh \"$id/run.sh\" \"$b\" \"$v\" \"$id\" $done </dev/null >/dev/null 2>&1 & p=$!; "
            + "else for d in $done; do rm -rf \"$d\" \"$d\".* \"$v/$d\"; done; fi; "
            + "cd \"$id\" || exit 70; known=$((known + 1)); "
            // Each mark on a line of its own, whatever a login shell printed first or a script left without an end of line.
            + "printf \"\\ncaravan-log%s\\n\" \"$restarted\"; "
            + "if [ -z \"$p\" ]; then n=0; until [ -s pid ] || [ -s exit ] || [ $n -gt 1500 ]; do sleep 0.02; n=$((n + 1)); done; "
            + "[ ! -s pid ] || read -r p < pid; fi; "
            + "if [ -s exit ] || [ -z \"$p\" ]; then tail -c \"+$known\" log; "
            // A tail that knows no --pid is that of busybox: the log comes at the end.
            + "else tail -c \"+$known\" -f -s 0.05 --pid=\"$p\" log || [ $? != 1 ] || { "
            + "while [ ! -s exit ] && kill -s 0 \"$p\"; do sleep 0.2; done; tail -c \"+$known\" log; }; fi 2>/dev/null; "
            + "code=lost; [ ! -s exit ] || read -r code < exit; "
            + "printf \"\\ncaravan-result %s\\n\" \"$code\" >&2; "
            + "if [ -s result ]; then exec cat result end >&2; else printf \"\\ncaravan-end\\n\" >&2; fi";
    /* The lock is that of lib.sh: its first line names the run that holds the host. */
    private static final String CLEAR = PLACES + "read -r run done; "
            + "for d in $done; do rm -rf \"$b/$d\" \"$b/$d\".* \"$v/$d\"; done; "
            + "[ -f \"$v/lock\" ] && read -r word holder < \"$v/lock\" && [ \"$holder\" = \"$run\" ] && rm -f \"$v/lock\"; "
            + "rm -f \"$v/lock.$run\".*; rmdir \"$b\" \"$v\" 2>/dev/null; exit 0";
    /* What the log has beyond the known bytes follows: without it the engine would not know what the step found before its changes. */
    private static final String STOP = PLACES + "read -r id known; cd \"$b/$id\" 2>/dev/null || exit 0; n=0; "
            + "while [ -f started ] && [ ! -s pid ] && [ $n -lt 50 ]; do sleep 0.1; n=$((n + 1)); done; "
            + "if [ -s pid ] && [ ! -s exit ] && read -r p < pid; then kill -s TERM -- \"-$p\" 2>/dev/null; n=0; "
            + "while kill -s 0 -- \"-$p\" 2>/dev/null && [ $n -lt 50 ]; do sleep 0.1; n=$((n + 1)); done; "
            + "kill -s KILL -- \"-$p\" 2>/dev/null; fi; [ -n \"$known\" ] || exit 0; "
            + "printf \"\\ncaravan-log\\n\"; tail -c \"+$((known + 1))\" log; exit 0";

    private static final String FREE = "sudo -n ";
    private static final String ASKING = "sudo -k -S -p \"\" ";

    private static final String RUN = """
            # Runs the step $3 of the directory $1, which its caller has claimed. Further arguments are steps to remove, there and in $2.
            caravan_base=$1 caravan_artefacts=$2
            cd "$1/$3" || exit 1
            echo $$ > pid
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
            export CARAVAN_LIB="$1/$3" CARAVAN_RESULT="$1/$3/result"
            if [ -n "${ARTEFACT_LIMIT:-}" ]; then
              export ARTEFACT="$2/$3/artefact"
              mkdir -p "$2/$3"
            fi
            shift 3
            for caravan_id in "$@"; do
              set -- "$@" "$caravan_base/$caravan_id" "$caravan_base/$caravan_id".* "$caravan_artefacts/$caravan_id"
              shift
            done
            umask 022
            { rm -rf stdin env "$@"; sh "$CARAVAN_LIB/$CARAVAN_STEP.sh"; } < stdin >> log 2>&1
            code=$?
            umask 077
            # What may be larger than the limit is not read for its digest.
            if [ "$code" = 0 ] && [ -n "${ARTEFACT:-}" ] && [ -f "$ARTEFACT" ]; then
              chmod 600 "$ARTEFACT"
              size=$(stat -c %s "$ARTEFACT") sum=
              [ "$size" -gt "$ARTEFACT_LIMIT" ] || sum=$(sha256sum < "$ARTEFACT")
              printf '\\nartefact\\t%s\\t%s\\n' "$size" "${sum%% *}" >> result
            fi
            echo "$code" > exit
            """;
    private static final String END = "\ncaravan-end\n";
    private static final SecureRandom RANDOM = new SecureRandom();

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

    /** What goes to the standard input of {@link Privilege#launch()}. */
    static byte[] toLaunch(HostOrder.Launch launch, Optional<Secret> sudoPassword) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        writePassword(out, sudoPassword);
        String directory = launch.id() + "." + Long.toHexString(RANDOM.nextLong());
        out.writeBytes(utf8(launch.id() + " " + launch.step() + " " + directory + " " + launch.known() + " "
                + String.join(" ", launch.done()) + "\n"));
        Tar files = new Tar(directory);
        launch.libraries().forEach(files::add);
        out.writeBytes(files
                .add("run.sh", RUN)
                .add(launch.step() + ".sh", launch.script())
                .add("env", encode(launch.environment()))
                .add("stdin", launch.stdin())
                .add("log", "")
                .add("end", END)
                .add(directory, "")
                .add("result", "")
                .link(launch.id())
                .toBytes());
        return out.toByteArray();
    }

    /** What goes to the standard input of {@link Privilege#clear()}. @param run whose lock is released; empty if it is kept */
    static byte[] toClear(Optional<String> run, List<String> ids, Optional<Secret> sudoPassword) {
        return ids(Stream.concat(Stream.of(run.orElse(NO_RUN)), ids.stream()).toList(), sudoPassword);
    }

    /**
     * What goes to the standard input of {@link Privilege#stop()}.
     *
     * @param known how many bytes of its log have been seen; the others follow on standard output. Empty: none do
     */
    static byte[] toStop(String id, OptionalLong known, Optional<Secret> sudoPassword) {
        List<String> words = known.isPresent() ? List.of(id, Long.toString(known.getAsLong())) : List.of(id);
        return ids(words, sudoPassword);
    }

    private static byte[] ids(List<String> ids, Optional<Secret> sudoPassword) {
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

    /** @throws IllegalArgumentException if it is none */
    static void requireWord(String word) {
        if (!WORD.matcher(word).matches()) {
            throw new IllegalArgumentException("not a plain word: " + word);
        }
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
