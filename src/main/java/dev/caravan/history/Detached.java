package dev.caravan.history;

import java.util.Optional;

/**
 * A step that runs detached on a host.
 *
 * @param id        by which it is found there
 * @param logOffset where its part of the step's log file begins, in bytes
 * @param at        the host that it runs on, if that is another one than the one it is for
 */
public record Detached(String id, long logOffset, Optional<String> at) {}
