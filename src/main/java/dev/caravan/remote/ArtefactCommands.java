package dev.caravan.remote;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * What is said to a host to read and write the artefact of a step, {@code /var/lib/caravan/ID/artefact}: constant commands, and on their
 * standard input a line of words and what is to be written. Each may be repeated.
 */
final class ArtefactCommands {
    /** The answer follows on standard output after this line, whatever a login shell printed before. */
    private static final byte[] MARK = "\ncaravan-artefact\n".getBytes(StandardCharsets.US_ASCII);
    /** How much a login shell may print before that. */
    static final int NOISE = 1 << 16;

    /* No single quote may stand in these, as in the Launcher's. */
    private static final String BEGIN = "umask 077; " + Launcher.PLACES + "IFS=\" \" read -r id at n sum || exit 70; "
            + "a=$v/$id; printf \"\\ncaravan-artefact\\n\"; ";
    private static final String READ = BEGIN + "tail -c \"+$((at + 1))\" \"$a/artefact\" | head -c \"$n\"";
    /* The step has begun, or the file is complete: nothing is to be sent. */
    private static final String LOOK = BEGIN + "if [ -d \"$b/$id/started\" ] || [ -f \"$a/artefact\" ]; then echo whole; "
            + "elif [ -f \"$a/part\" ]; then stat -c %s \"$a/part\"; else echo 0; fi; "
            + "df -Pm \"$(dirname \"$v\")\" 2>/dev/null | tail -n 1";
    /* What a lost connection wrote of the same piece is dropped first. */
    private static final String WRITE = BEGIN + "mkdir -p \"$a\" || exit 71; "
            + "[ \"$at\" = 0 ] || [ \"$(stat -c %s \"$a/part\")\" -ge \"$at\" ] || exit 71; "
            + ": >> \"$a/part\" && truncate -s \"$at\" \"$a/part\" && head -c \"$n\" >> \"$a/part\" && stat -c %s \"$a/part\"";
    private static final String COMPLETE = BEGIN + "if [ -f \"$a/artefact\" ]; then echo same; exit 0; fi; "
            + "s=$(sha256sum < \"$a/part\"); if [ \"${s%% *}\" = \"$sum\" ]; then mv \"$a/part\" \"$a/artefact\" && echo same; "
            + "else rm -f \"$a/part\"; echo other; fi";

    private ArtefactCommands() {}

    static String of(HostOrder.Move move, Launcher.Privilege privilege) {
        return switch (move) {
            case READ -> read(privilege);
            case LOOK -> look(privilege);
            case WRITE -> write(privilege);
            case COMPLETE -> complete(privilege);
        };
    }

    /** Gives {@code n} bytes from {@code at} on. */
    private static String read(Launcher.Privilege privilege) {
        return privilege.wrap(READ);
    }

    /** Gives a line, {@code whole} or how many bytes are there; and a line of df. */
    private static String look(Launcher.Privilege privilege) {
        return privilege.wrap(LOOK);
    }

    /** Writes {@code n} bytes at {@code at}, which follow the line; gives how many are there then. Ends with 71 if fewer than at were. */
    private static String write(Launcher.Privilege privilege) {
        return privilege.wrap(WRITE);
    }

    /** Gives {@code same} if what is there has the digest; otherwise deletes it and gives {@code other}. */
    private static String complete(Launcher.Privilege privilege) {
        return privilege.wrap(COMPLETE);
    }

    /** What goes to the standard input of each, after sudo's password. */
    static byte[] input(byte[] password, String id, long at, long length, String sha256, byte[] content) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(content.length + 256);
        out.writeBytes(password);
        out.writeBytes((id + " " + at + " " + length + " " + sha256 + "\n").getBytes(StandardCharsets.US_ASCII));
        out.writeBytes(content);
        return out.toByteArray();
    }

    /** Where the answer begins in what came, or -1 if it did not come. */
    static int answer(byte[] stdout) {
        for (int at = 0; at + MARK.length <= stdout.length && at <= NOISE; at++) {
            if (Arrays.equals(stdout, at, at + MARK.length, MARK, 0, MARK.length)) {
                return at + MARK.length;
            }
        }
        return -1;
    }
}
