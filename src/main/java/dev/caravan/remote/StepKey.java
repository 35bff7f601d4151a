package dev.caravan.remote;

/** A step of a host in a run, of which at most one attempt is under way. */
record StepKey(String run, String host, String step) {}
