/** Puts the parts together: journal, SSH, steps and Camel, for one command or for a service. */
package dev.caravan.engine;
