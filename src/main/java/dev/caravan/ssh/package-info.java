/** SSH: one pooled connection for each host with many commands over it, and the {@code ssh:} component on top. */
package dev.caravan.ssh;
