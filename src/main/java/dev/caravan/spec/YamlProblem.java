package dev.caravan.spec;

import dev.caravan.spec.SpecNode.Position;
import java.util.List;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/** What the YAML parser says, in words of our own: its own quote the text around the fault, which may hold a secret. */
final class YamlProblem {
    /** @param said a part of what the parser says */
    private record Words(String said, String message, String remedy) {}

    /** The first that fits counts. */
    private static final List<Words> WORDS = List.of(
            new Words("another document", "a second document begins here", "keep one cluster in a file"),
            new Words(
                    "undefined alias",
                    "a value that begins with * is a YAML alias, and this one is not defined",
                    "put the value in quotes"),
            new Words(
                    "cannot start any token",
                    "a value cannot begin with this character",
                    "put the value in quotes; indent with spaces, not tabs"),
            new Words(
                    "tag handle",
                    "a YAML tag has no meaning here",
                    "put the value in quotes if it begins with an exclamation mark"),
            new Words("Number of aliases", "too many YAML aliases", "write the values out"),
            new Words(
                    "mapping values are not allowed",
                    "a colon is not expected here",
                    "check the indentation, or put a value that holds \": \" in quotes"),
            new Words(
                    "could not find expected ':'",
                    "a key without its colon",
                    "write KEY: VALUE, or check the indentation"),
            new Words("unexpected end", "a quote or a bracket is not closed", "close it"),
            new Words("stream end", "a quote or a bracket is not closed", "close it"),
            new Words(
                    "special characters", "the spec holds control characters", "write them escaped, in double quotes"),
            new Words("", "this is not valid YAML", "check indentation, quotes and brackets"));

    private YamlProblem() {}

    static Problem of(YamlEngineException e) {
        Position at = new Position(1, 1);
        String said = String.valueOf(e.getMessage());
        if (e instanceof MarkedYamlEngineException marked) {
            at = SpecParser.position(marked.getProblemMark().or(marked::getContextMark));
            said = String.valueOf(marked.getProblem());
        }
        String yamlWords = said;
        Words words = WORDS.stream()
                .filter(known -> yamlWords.contains(known.said()))
                .findFirst()
                .orElseThrow();
        return new Problem(at.line(), at.column(), "", words.message(), words.remedy());
    }
}
