/** The spec that a user writes: its types, its JSON Schema, reading and validating it. */
package dev.caravan.spec;
