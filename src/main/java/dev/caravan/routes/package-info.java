/** The workflow's files: the built-in ones, a user's directory over them, and loading them into Camel. */
package dev.caravan.routes;
