/**
 * What {@code caravan apply} and its kin show of a run: a live table, plain lines, JSON or next to nothing, and a summary at
 * the end. All of it is drawn from events alone.
 */
package dev.caravan.terminal;
