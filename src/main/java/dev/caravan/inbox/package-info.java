/** The inbox: which files in it are ready, what they ask for, and where they go when that is done. */
package dev.caravan.inbox;
