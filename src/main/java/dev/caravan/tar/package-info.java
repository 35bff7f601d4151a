/** The headers of tar archives. */
package dev.caravan.tar;
