package dev.caravan.bundle;

/**
 * A file of a bundle. Immutable.
 *
 * @param path   in the bundle
 * @param size   in bytes
 * @param sha256 in hexadecimal
 */
public record BundleFile(String path, long size, String sha256) {}
