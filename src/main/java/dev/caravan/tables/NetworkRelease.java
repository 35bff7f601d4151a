package dev.caravan.tables;

import java.util.Optional;

/**
 * A released pod network. Immutable.
 *
 * @param release   the project's name for it: v0.28.4
 * @param manifest  the address of its manifest
 * @param sha256    of the manifest, in hexadecimal; empty where it is not known
 * @param podSubnet the pod subnet that the manifest has as a default, which the cluster's replaces; empty where it has none
 */
public record NetworkRelease(String release, String manifest, Optional<String> sha256, Optional<String> podSubnet) {}
