package dev.caravan.inbox;

/** What lies in the inbox is no spec and cannot be read as one. */
final class Unusable extends Exception {
    private final String remedy;

    Unusable(String message, String remedy) {
        super(message);
        this.remedy = remedy;
    }

    String remedy() {
        return remedy;
    }
}
