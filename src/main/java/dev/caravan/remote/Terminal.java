package dev.caravan.remote;

/**
 * A command with a terminal of its own, as {@code requiretty} in sudoers wants one. What it reads and writes does not go through that
 * terminal, which would change it: script (util-linux) makes the terminal, and the command has the streams that script was started with.
 */
final class Terminal {
    /* COMMAND is run by the shell that script starts. No single quote may stand in it. */
    private static final String IN_TERMINAL = "exec 3<&0 4>&1 5>&2; CARAVAN_SCRIPT=$1 SHELL=/bin/sh; export CARAVAN_SCRIPT SHELL; "
            + "exec script -qec \"exec COMMAND /bin/sh -c \\\"\\$CARAVAN_SCRIPT\\\" <&3 >&4 2>&5 3<&- 4>&- 5>&-\" /dev/null "
            + "</dev/null >/dev/null";

    private Terminal() {}

    /**
     * The command that runs the shell script in a terminal. It ends with the script's exit status; 127, if the host has no script.
     *
     * @param sudo   what stands before the shell: sudo and its options
     * @param script without single quotes
     */
    static String command(String sudo, String script) {
        return "/bin/sh -c '" + IN_TERMINAL.replace("COMMAND", sudo.strip().replace("\"", "\\\"")) + "' sh '" + script + "'";
    }
}
