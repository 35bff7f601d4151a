/** What is known of clusters without asking them: from the journal and the data directory. */
package dev.caravan.clusters;
