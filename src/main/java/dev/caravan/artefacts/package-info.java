/** Files that move between hosts and the data directory: where they are kept, encrypted or not, and how a part of one is continued. */
package dev.caravan.artefacts;
