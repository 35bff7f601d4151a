package dev.caravan.packages;

/** How a host installs packages. */
public enum Family { YUM, APT }
