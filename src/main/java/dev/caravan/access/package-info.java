/** Who may ask the engine for what: tokens, their names and their roles. */
package dev.caravan.access;
