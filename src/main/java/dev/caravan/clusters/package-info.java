/** What is known of clusters without asking them, from the journal and the data directory; and their nodes as they are now. */
package dev.caravan.clusters;
