package dev.caravan.spec;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** IP addresses as they are written, without ever asking a name server. */
public final class IpAddress {
    private static final String BYTE = "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])";
    private static final Pattern IPV4 = Pattern.compile(BYTE + "(\\." + BYTE + "){3}");
    private static final Pattern IPV6_CHARACTERS = Pattern.compile("[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*");

    private IpAddress() {}

    /** The address, if the text is one in dotted IPv4 or in IPv6 notation; empty for a DNS name. */
    public static Optional<InetAddress> parse(String text) {
        if (!IPV4.matcher(text).matches() && !IPV6_CHARACTERS.matcher(text).matches()) {
            return Optional.empty();
        }
        try {
            // A literal: the JDK parses it and asks nobody.
            return Optional.of(InetAddress.getByName(text));
        } catch (UnknownHostException e) {
            return Optional.empty();
        }
    }

    /** The address as Linux and Kubernetes print it: IPv6 in lower case, its longest run of zeros as {@code ::} (RFC 5952). */
    public static String text(InetAddress address) {
        if (!(address instanceof Inet6Address)) {
            return address.getHostAddress();
        }
        int[] groups = new int[8];
        byte[] bytes = address.getAddress();
        for (int i = 0; i < groups.length; i++) {
            groups[i] = (bytes[2 * i] & 0xff) << 8 | bytes[2 * i + 1] & 0xff;
        }
        int begin = 0;
        int length = 0;
        for (int i = 0; i < groups.length; i++) {
            int zeros = 0;
            while (i + zeros < groups.length && groups[i + zeros] == 0) {
                zeros++;
            }
            if (zeros > length) {
                begin = i;
                length = zeros;
            }
        }
        // One group alone is written as 0.
        return length < 2 ? groups(groups, 0, 8) : groups(groups, 0, begin) + "::" + groups(groups, begin + length, 8);
    }

    private static String groups(int[] groups, int from, int to) {
        return Arrays.stream(groups, from, to).mapToObj(Integer::toHexString).collect(Collectors.joining(":"));
    }

    /** The same address in the form of {@link #text}; what is none, such as a DNS name, stays as it is. */
    public static String canonical(String text) {
        return parse(text).map(IpAddress::text).orElse(text);
    }

    public static boolean is(String text) {
        return parse(text).isPresent();
    }

    /** HOST:PORT, an IPv6 address in brackets. */
    public static String withPort(String address, int port) {
        return (address.indexOf(':') >= 0 ? "[" + address + "]" : address) + ":" + port;
    }
}
