package dev.caravan.remote;

/**
 * The command of a login shell that runs a script as root, with the standard input that the login shell has. In each, {@code sudo} is what
 * stands before the shell: sudo with its options, or nothing; and the script has no single quotes. The command ends with the script's
 * exit status.
 */
final class SudoShell {
    /* COMMAND is run by the shell that script starts. No single quote may stand in these. */
    private static final String IN_TERMINAL = "exec 3<&0 4>&1 5>&2; CARAVAN_SCRIPT=$1 SHELL=/bin/sh; export CARAVAN_SCRIPT SHELL; "
            + "exec script -qec \"exec COMMAND /bin/sh -c \\\"\\$CARAVAN_SCRIPT\\\" <&3 >&4 2>&5 3<&- 4>&- 5>&-\" /dev/null "
            + "</dev/null >/dev/null";
    /* read takes no byte more than the line. cat is there because the root shell can open a pipe of another process, but not a socket. */
    private static final String PASSWORD_APART = "IFS= read -r password || exit 1; "
            + "cat | { pid=$(exec /bin/sh -c \"echo \\$PPID\"); exec 3<&0; "
            + "printf \"%s\\n\" \"$password\" | COMMAND /bin/sh -c \"exec </proc/$pid/fd/3 || exit 1; $1\"; }";

    private SudoShell() {}

    static String plain(String sudo, String script) {
        return sudo + "/bin/sh -c '" + script + "'";
    }

    /**
     * For sudoers with {@code requiretty}: sudo has a terminal of its own. What is read and written does not go through it, which would
     * change it: script (util-linux) makes the terminal, and sudo has the streams that script was started with. 127, if the host has no
     * script.
     */
    static String inTerminal(String sudo, String script) {
        return wrapped(IN_TERMINAL, sudo.strip().replace("\"", "\\\""), script);
    }

    /**
     * For sudo-rs, which reads more than the password from its standard input (8 KiB at a time, version 0.2.5), and what it read is lost
     * for the command. It gets the password alone; the script gets the rest.
     */
    static String passwordApart(String sudo, String script) {
        return wrapped(PASSWORD_APART, sudo.strip(), script);
    }

    private static String wrapped(String wrapper, String sudo, String script) {
        return "/bin/sh -c '" + wrapper.replace("COMMAND", sudo) + "' sh '" + script + "'";
    }
}
