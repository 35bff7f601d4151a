/** Where packages come from: the repositories of each mirror, for each family of hosts. */
package dev.caravan.packages;
