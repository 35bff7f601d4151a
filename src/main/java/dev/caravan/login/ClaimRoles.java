package dev.caravan.login;

import dev.caravan.access.Role;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Which claims of a provider say who somebody is and what they may do. Immutable.
 *
 * @param nameClaim the claim with the name; dots lead into objects, as in {@code realm_access.roles}
 * @param roleClaim the claim with one or several values, such as groups
 * @param values    of the role claim, for each role; {@link #ANYBODY} is for everybody who can log in
 */
public record ClaimRoles(String nameClaim, String roleClaim, Map<Role, Set<String>> values) {
    /** Whatever the claim has, and also without it. */
    public static final String ANYBODY = "*";

    /** Names go into the journal and into messages: no control characters, and none that turn the direction of a line. */
    private static final Pattern NAMES = Pattern.compile("[\\p{L}\\p{M}\\p{N}\\p{P}\\p{S} ]{1,128}");

    /** @param words values with commas between them */
    static Set<String> values(String words) {
        return Arrays.stream(words.split(",")).map(String::strip).filter(word -> !word.isEmpty()).collect(Collectors.toUnmodifiableSet());
    }

    /** Their name, if these claims have one that can be shown. */
    Optional<String> name(Map<String, Object> claims) {
        return find(claims, nameClaim).filter(String.class::isInstance).map(String.class::cast).map(String::strip)
                .filter(name -> NAMES.matcher(name).matches());
    }

    /** The highest role that these claims give; empty if none. */
    Optional<Role> role(Map<String, Object> claims) {
        Set<String> has = find(claims, roleClaim).map(ClaimRoles::texts).orElse(Set.of());
        return Stream.of(Role.values()).sorted(Comparator.reverseOrder())
                .filter(role -> values.getOrDefault(role, Set.of()).stream()
                        .anyMatch(value -> value.equals(ANYBODY) || has.contains(value)))
                .findFirst();
    }

    /** Whether all that is asked of the claims is in these. */
    boolean isIn(Map<String, Object> claims) {
        return find(claims, nameClaim).isPresent() && find(claims, roleClaim).isPresent();
    }

    private static Set<String> texts(Object value) {
        return value instanceof Collection<?> several
                ? several.stream().filter(String.class::isInstance).map(String.class::cast).collect(Collectors.toUnmodifiableSet())
                : value instanceof String one ? Set.of(one) : Set.of();
    }

    /** A claim may have dots in its own name, as those that are URLs do. */
    private static Optional<Object> find(Map<?, ?> claims, String name) {
        Object whole = claims.get(name);
        if (whole != null) {
            return Optional.of(whole);
        }
        int dot = name.indexOf('.');
        return dot > 0 && claims.get(name.substring(0, dot)) instanceof Map<?, ?> inner ? find(inner, name.substring(dot + 1))
                : Optional.empty();
    }
}
