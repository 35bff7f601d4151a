/** The first spec: what is asked for it, and what hosts say of themselves. */
package dev.caravan.init;
