/** What happened, in order: the record that terminal, page, API and resume are all drawn from. */
package dev.caravan.journal;
