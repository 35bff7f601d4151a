/** What a host is and has, and the rules that tell from it whether a cluster can be put on it. No input or output here: pure values. */
package dev.caravan.facts;
