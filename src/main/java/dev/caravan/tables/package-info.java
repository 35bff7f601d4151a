/** The tables of {@code routes/data}: what is known of versions, and what preflight refuses. Read strictly. */
package dev.caravan.tables;
