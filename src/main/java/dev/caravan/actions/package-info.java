/** The actions that a run can do, as the files of {@code routes/actions} declare them. */
package dev.caravan.actions;
