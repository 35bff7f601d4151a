package dev.caravan.facts;

/** The two halves of HOST:PORT, an IPv6 address without its brackets. */
record Endpoint(String address, int port) {

    /** Takes HOST:PORT, [IPV6]:PORT, or a URL with either in it; without a port it is 6443. */
    static Endpoint parse(String text) {
        String authority = text.replaceFirst("^[a-z]+://", "").replaceFirst("/.*$", "");
        int colon = authority.lastIndexOf(':');
        boolean hasPort = colon > authority.lastIndexOf(']') && authority.indexOf(':') == colon
                || colon == authority.lastIndexOf(']') + 1 && colon > 0 && authority.startsWith("[");
        String address = hasPort ? authority.substring(0, colon) : authority;
        int port = hasPort ? Integer.parseInt(authority.substring(colon + 1)) : Ports.API_SERVER;
        return new Endpoint(address.replaceAll("[\\[\\]]", ""), port);
    }
}
