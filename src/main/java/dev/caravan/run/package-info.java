/** A run of the workflow: what its steps share while it lasts, where hosts meet, how it begins and ends. */
package dev.caravan.run;
