/**
 * The {@code step:} endpoint: a script of the routes directory, run on a host detached from the connection that started
 * it, and its result.
 */
package dev.caravan.remote;
