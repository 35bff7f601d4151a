package dev.caravan.actions;

import dev.caravan.spec.Words;
import java.util.List;
import java.util.Optional;

/**
 * A value that an action takes. Immutable.
 *
 * @param required     whether it must be given; then it has no default
 * @param defaultValue of the type's Java class; empty if the parameter has no default
 * @param oneOf        the only values that it takes; empty if it takes any of its type
 */
public record Parameter(String name, Type type, boolean required, Optional<Object> defaultValue, List<String> oneOf, String description) {

    /**
     * What a value may be. A duration is a number of seconds, written as 90s, 10m or 2h; to routes it is the number. Hosts are names of
     * hosts of the spec, with commas between them: the action acts on these only.
     */
    public enum Type {
        STRING, INTEGER, BOOLEAN, DURATION, HOSTS;

        /** As declarations, JSON and lists write it. */
        public String word() {
            return Words.of(this);
        }
    }

    /** Longer values are not for parameters, which reach the environment of scripts. */
    private static final int LONGEST = 1024;

    public Parameter {
        oneOf = List.copyOf(oneOf);
    }

    /** The value that this text stands for: a String, a Long or a Boolean; empty if it is none of the type. */
    public Optional<Object> read(String text) {
        if (!oneOf.isEmpty() && !oneOf.contains(text)) {
            return Optional.empty();
        }
        return switch (type) {
            case STRING -> text.length() > LONGEST || text.chars().anyMatch(Character::isISOControl) ? Optional.empty() : Optional.of(text);
            case INTEGER -> text.matches("-?\\d{1,9}") ? Optional.of(Long.valueOf(text)) : Optional.empty();
            case BOOLEAN -> text.matches("true|false") ? Optional.of(Boolean.valueOf(text)) : Optional.empty();
            case DURATION -> text.matches("\\d{1,6}[smh]?") ? Optional.of(seconds(text)) : Optional.empty();
            case HOSTS -> text.length() <= LONGEST && text.matches("[a-z0-9.-]+(,[a-z0-9.-]+)*") ? Optional.of(text) : Optional.empty();
        };
    }

    private static Long seconds(String text) {
        long number = Long.parseLong(text.replaceAll("\\D", ""));
        return text.endsWith("h") ? number * 3600 : text.endsWith("m") ? number * 60 : number;
    }

    /** What its value may be, for messages. */
    public String form() {
        if (!oneOf.isEmpty()) {
            return "it is one of " + String.join(", ", oneOf);
        }
        return switch (type) {
            case STRING -> "it is text of one line, at most " + LONGEST + " characters";
            case INTEGER -> "it is a whole number, for example 3";
            case BOOLEAN -> "it is true or false";
            case DURATION -> "it is a duration, for example 90s, 10m or 2h";
            case HOSTS -> "it is names of hosts with commas between them, for example h2,h3, at most " + LONGEST + " characters";
        };
    }
}
