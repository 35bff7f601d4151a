/** What is known of versions, as data: the tables of {@code routes/data}, read strictly. A user's files replace the built-in ones. */
package dev.caravan.versions;
