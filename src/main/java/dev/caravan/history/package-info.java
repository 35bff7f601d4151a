/** What happened in runs, as types, and what follows from it: how a run stands. Everything shown of a run is made from its events. */
package dev.caravan.history;
