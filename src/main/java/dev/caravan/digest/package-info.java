/** What tells contents apart without showing them. */
package dev.caravan.digest;
