/** People who log in with a browser, by OpenID Connect: what the provider says of them, and their sessions. */
package dev.caravan.login;
