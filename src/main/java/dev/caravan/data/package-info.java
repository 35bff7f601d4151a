/** The data directory: what is in it is its owner's only. */
package dev.caravan.data;
