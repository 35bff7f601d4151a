/** The HTTP API, its event streams, the page, and the door that all of them stand behind. */
package dev.caravan.http;
