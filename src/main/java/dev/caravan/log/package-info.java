/** The program's own log: what keeps secrets out of it. */
package dev.caravan.log;
