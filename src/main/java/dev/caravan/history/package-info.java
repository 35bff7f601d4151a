/** What happened in runs, as types, and what follows from it: the state of a run. Everything shown of a run is made from its events. */
package dev.caravan.history;
