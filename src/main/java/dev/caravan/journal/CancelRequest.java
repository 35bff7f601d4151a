package dev.caravan.journal;

import java.util.Optional;

/**
 * That the run is to be cancelled by the engine that works on it.
 *
 * @param by who asked for it, where that is known
 */
public record CancelRequest(String run, Optional<String> by) {}
