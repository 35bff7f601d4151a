/** Simulated hosts: the same routes and scripts, run inside the process against scratch directories instead of machines. */
package dev.caravan.rehearsal;
