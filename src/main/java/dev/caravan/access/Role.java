package dev.caravan.access;

import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** What somebody may ask for. Each role has the rights of those before it. */
public enum Role {
    /** Read everything but kubeconfigs, and check specs. */
    VIEW,
    /** Also begin, cancel, retry and resume runs of actions that do not ask first. */
    OPERATE,
    /** Also begin runs of actions that ask first, such as reset and restore, and get kubeconfigs. */
    ADMIN;

    /** As token files, JSON and messages have it. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** The role of that word. */
    public static Optional<Role> of(String word) {
        return Stream.of(values()).filter(role -> role.word().equals(word)).findFirst();
    }

    /** Whether who has this role may do what needs the other one. */
    public boolean includes(Role needed) {
        return compareTo(needed) >= 0;
    }
}
