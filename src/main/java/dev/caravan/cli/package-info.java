/** The command line. */
package dev.caravan.cli;
