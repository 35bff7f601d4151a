/** Backups of clusters in the data directory: what is known of each, whether it is as it was saved, and which of them stay. */
package dev.caravan.backups;
