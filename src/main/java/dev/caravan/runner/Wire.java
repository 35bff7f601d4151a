package dev.caravan.runner;

/** Takes messages to the other side. Thread-safe. */
@FunctionalInterface
interface Wire {
    /** @throws Exception if the broker did not take it; it may have arrived all the same */
    void send(Message message) throws Exception;
}
