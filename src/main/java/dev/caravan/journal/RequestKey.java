package dev.caravan.journal;

/**
 * What a client named a request that begins a run, so that the same one sent again begins no second.
 *
 * @param name   the client's word
 * @param digest what tells this request from another of the same name; kept encrypted
 */
public record RequestKey(String name, String digest) {
    /** A key that was used, and what for. */
    public record Used(RequestKey key, String run) {}
}
