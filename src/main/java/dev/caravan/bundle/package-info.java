/** Bundles: the packages, images and keys of a cluster in one file; how it is written, read, verified and served. */
package dev.caravan.bundle;
