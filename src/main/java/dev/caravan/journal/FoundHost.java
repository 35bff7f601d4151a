package dev.caravan.journal;

/**
 * A host on which runs of a cluster found something that was not rolled back.
 *
 * @param name    as the newest of these records has it
 * @param address the host's, by which the journal knows it
 * @param run     which wrote that record
 */
public record FoundHost(String name, String address, String run) {}
