package dev.caravan.packages;

import java.util.List;

/**
 * One package repository, as a host is told of it.
 *
 * @param baseUrl  for yum its URL; for apt what follows {@code deb} in a sources line: {@code URL SUITE [COMPONENT...]}
 * @param gpgKeys  URLs of the keys that sign it, fetched by the host; for apt ASCII-armoured or binary
 * @param gpgCheck whether signatures are checked
 */
public record Repository(String baseUrl, List<String> gpgKeys, boolean gpgCheck) {}
