package dev.caravan.spec;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/** What a spec says about upgrades, where a schema cannot tell that it is wrong. */
final class UpgradeContradictions {
    private static final Pattern MINOR = Pattern.compile("1\\.(0|[1-9][0-9]{0,2})");

    private UpgradeContradictions() {}

    static List<Problem> problems(SpecNode root) {
        List<Problem> problems = new ArrayList<>();
        root.map("spec", "kubernetes", "upgrade", "via").forEach((minor, version) -> {
            if (!MINOR.matcher(minor).matches()) {
                problems.add(version.problem("\"" + minor + "\" is not a minor of Kubernetes", "write for example \"1.36\": 1.36.3"));
            } else if (version.asText().filter(text -> !text.startsWith(minor + ".")).isPresent()) {
                problems.add(version.problem("the version is not of the minor " + minor,
                        "write a version of " + minor + ", for example " + minor + ".1"));
            }
        });
        return problems;
    }
}
