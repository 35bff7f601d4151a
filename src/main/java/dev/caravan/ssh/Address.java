package dev.caravan.ssh;

import java.time.Duration;

/** How addresses and durations are written in messages. */
final class Address {
    private Address() {}

    static String describe(String user, String host, int port) {
        return user + "@" + hostAndPort(host, port);
    }

    static String hostAndPort(String host, int port) {
        return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
    }

    /** {@code 10 s}, {@code 250 ms}. */
    static String describe(Duration duration) {
        return duration.toMillis() % 1000 == 0 ? duration.toSeconds() + " s" : duration.toMillis() + " ms";
    }
}
