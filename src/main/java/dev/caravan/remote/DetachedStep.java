package dev.caravan.remote;

import dev.caravan.spec.Host;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A step that was begun on a host and whose result is not known yet.
 *
 * @param at     the host that it runs on
 * @param mayRun whether that host may have begun it: then it is found there by its id
 */
record DetachedStep(String id, Host at, long logOffset, StepLog log, AtomicBoolean mayRun) {}
