package dev.caravan.init;

import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A host as {@code ssh} takes it: {@code [USER@]ADDRESS[:PORT]}; an IPv6 address with a port is written in brackets. Immutable.
 *
 * @param user    empty where none was named
 * @param address an IP address or a DNS name
 * @param port    empty where none was named
 */
public record Login(Optional<String> user, String address, OptionalInt port) {
    private static final Pattern FORM = Pattern.compile("(?:([A-Za-z_][A-Za-z0-9_.-]{0,31})@)?"
            + "(?:\\[([0-9A-Fa-f:.]{2,45})\\]|([A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?)"
            + "|([0-9A-Fa-f]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*))"
            + "(?::([1-9][0-9]{0,4}))?");

    /** @throws IllegalArgumentException with what would be right, for a text of another form */
    public static Login parse(String text) {
        Matcher form = FORM.matcher(text);
        if (!form.matches()) {
            throw new IllegalArgumentException("\"" + text + "\" is no host; write USER@ADDRESS or USER@ADDRESS:PORT, for example "
                    + "root@192.0.2.11");
        }
        String address = form.group(2) != null ? form.group(2) : form.group(3) != null ? form.group(3) : form.group(4);
        int port = form.group(5) == null ? 0 : Integer.parseInt(form.group(5));
        if (port > 65535) {
            throw new IllegalArgumentException("\"" + text + "\": a port is at most 65535");
        }
        return new Login(Optional.ofNullable(form.group(1)), address, port == 0 ? OptionalInt.empty() : OptionalInt.of(port));
    }

    @Override
    public String toString() {
        return user.map(name -> name + "@").orElse("") + address;
    }
}
