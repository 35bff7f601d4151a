package dev.caravan.init;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.util.Optional;
import java.util.function.Function;

/** Asks the user who started the command, one question a line; an empty answer, or none, takes the default. */
public final class Questions {
    private final Optional<BufferedReader> answers;
    private final PrintStream screen;

    /**
     * @param answers empty if nobody is asked: every question has its default then
     * @param screen  where the questions go
     */
    public Questions(Optional<BufferedReader> answers, PrintStream screen) {
        this.answers = answers;
        this.screen = screen;
    }

    /** There is no default, and no answer came. */
    public static final class Unanswered extends Exception {
        Unanswered(String message) {
            super(message);
        }
    }

    /**
     * An answer that can be used; one that cannot is asked for again.
     *
     * @param usual   the default; empty if there is none
     * @param problem what is wrong with an answer, empty for a good one
     * @throws Unanswered if there is no default and nobody answers
     */
    public String ask(String question, String usual, Function<String, Optional<String>> problem) throws IOException, Unanswered {
        while (answers.isPresent()) {
            screen.print(question + (usual.isEmpty() ? ": " : " [" + usual + "]: "));
            screen.flush();
            String line = answers.get().readLine();
            if (line == null) {
                screen.println();
                break;
            }
            String answer = line.isBlank() ? usual : line.strip();
            Optional<String> wrong = answer.isEmpty() ? Optional.of("an answer is needed") : problem.apply(answer);
            if (wrong.isEmpty()) {
                return answer;
            }
            screen.println("  " + wrong.get());
        }
        if (usual.isEmpty()) {
            throw new Unanswered("no answer to \"" + question + "\"");
        }
        return usual;
    }
}
