package dev.caravan.spec;

import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The words in braces that the addresses of package repositories may hold: {@code {minor}} alone. */
final class RepositoryPlaceholders {
    private static final Pattern OTHER = Pattern.compile("\\{(?!minor\\})|(?<!\\{minor)\\}");

    private RepositoryPlaceholders() {}

    /** One for each address with braces around anything else. The address itself is not shown, as it may hold a password. */
    static List<Problem> problems(SpecNode root) {
        return Stream.of("kubernetes", "runtime")
                .flatMap(repository -> Stream.concat(
                        root.at("spec", "packages", repository, "baseUrl").stream(),
                        root.list("spec", "packages", repository, "gpgKeys").stream()))
                .filter(address -> Optional.of(address).flatMap(SpecNode::asText).filter(text -> OTHER.matcher(text).find()).isPresent())
                .map(address -> address.problem(
                        "this address has braces around something else than minor",
                        "{minor} becomes the version's minor, such as 1.37; there is no other word"))
                .toList();
    }
}
