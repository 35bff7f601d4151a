/** What is seen of an engine from outside: metrics, its log, traces. All of it is made from the journal's events. */
package dev.caravan.observe;
