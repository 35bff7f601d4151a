/** Places of which each holder takes one, waiting in line without a thread. */
package dev.caravan.slots;
