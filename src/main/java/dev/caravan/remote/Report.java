package dev.caravan.remote;

import dev.caravan.artefacts.Artefact;
import dev.caravan.history.Difference;
import dev.caravan.history.StepState;
import dev.caravan.spec.Secret;
import dev.caravan.step.StepResult;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Pattern;

/**
 * What a host reports of an ended step on standard error: {@code caravan-result STATUS}, the lines that lib.sh wrote, and
 * {@code caravan-end}. Immutable.
 *
 * @param status the script's exit status, or {@link Launcher#LOST}; a host may send any other text
 * @param words  what the command printed whose failure ended the script
 * @param artefactBytes  the size of the file that the script left at $ARTEFACT
 * @param artefactSha256 its digest; empty if there is no such file, or it is larger than the limit
 */
record Report(
        String status,
        List<String> changes,
        List<Difference> differences,
        Optional<String> skipped,
        Map<String, String> outputs,
        Map<String, Secret> secrets,
        Optional<String> problem,
        Optional<String> remedy,
        Optional<String> words,
        Optional<String> artefactBytes,
        String artefactSha256) {

    private static final String END = "caravan-end";
    private static final String BYTES = "artefact-bytes";
    private static final String SHA256 = "artefact-sha256";
    /** Of changes, outputs and the like: what is more is passed over. */
    private static final int MOST = 10_000;
    private static final int LONGEST = 4_000;
    private static final Pattern EXIT_STATUS = Pattern.compile("[0-9]{1,3}");

    /** Reads a report; empty where it did not arrive whole. Lines of another form, as a script of a site may write, are passed over. */
    static Optional<Report> parse(byte[] stderr) {
        String text = new String(stderr, StandardCharsets.UTF_8);
        String[] lines = text.split("\n");
        int at = 0;
        while (at < lines.length && !lines[at].startsWith(Launcher.RESULT_MARK + " ")) {
            at++;
        }
        if (at == lines.length || !List.of(lines).subList(at, lines.length).contains(END)) {
            return Optional.empty();
        }
        String status = lines[at].substring(Launcher.RESULT_MARK.length() + 1).trim();
        List<String> changes = new ArrayList<>();
        List<Difference> differences = new ArrayList<>();
        Map<String, String> outputs = new LinkedHashMap<>();
        Map<String, Secret> secrets = new LinkedHashMap<>();
        Map<String, String> single = new LinkedHashMap<>();
        for (at++; !lines[at].equals(END); at++) {
            String[] field = lines[at].split("\t", 4);
            switch (field[0] + "/" + Math.min(field.length, 3)) {
                case "change/2" -> add(changes, shortened(field[1]));
                case "diff/3" -> decode(field[2]).ifPresent(diff -> add(differences,
                        new Difference(changes.isEmpty() ? "" : changes.get(changes.size() - 1), shortened(field[1]), diff)));
                case "output/3" -> decode(field[2]).filter(value -> outputs.size() < MOST).ifPresent(value -> outputs.put(field[1], value));
                case "text/3" -> {
                    if (outputs.size() < MOST) {
                        outputs.put(field[1], field[2]);
                    }
                }
                case "secret/3" -> decode(field[2]).filter(value -> secrets.size() < MOST)
                        .ifPresent(value -> secrets.put(field[1], new Secret(value)));
                case "skip/2", "problem/2", "remedy/2" -> single.put(field[0], shortened(field[1]));
                case "artefact/3" -> {
                    single.put(BYTES, field[1]);
                    single.put(SHA256, field[2]);
                }
                case "words/2" -> decode(field[1]).ifPresent(value -> single.put(field[0], value));
                default -> { }
            }
        }
        return Optional.of(new Report(
                status, List.copyOf(changes), List.copyOf(differences), Optional.ofNullable(single.get("skip")), Map.copyOf(outputs),
                Map.copyOf(secrets), Optional.ofNullable(single.get("problem")), Optional.ofNullable(single.get("remedy")),
                Optional.ofNullable(single.get("words")), Optional.ofNullable(single.get(BYTES)), single.getOrDefault(SHA256, "")));
    }

    private static <T> void add(List<T> list, T item) {
        if (list.size() < MOST) {
            list.add(item);
        }
    }

    private static String shortened(String text) {
        return text.length() <= LONGEST ? text : text.substring(0, LONGEST) + " ...";
    }

    private static Optional<String> decode(String base64) {
        try {
            return Optional.of(new String(Base64.getDecoder().decode(base64), StandardCharsets.UTF_8));
        } catch (IllegalArgumentException notBase64) {
            return Optional.empty();
        }
    }

    boolean succeeded() {
        return status.equals("0");
    }

    boolean isLost() {
        return status.equals(Launcher.LOST);
    }

    /** The script's exit status; empty where the host sent none. */
    OptionalInt exitStatus() {
        return EXIT_STATUS.matcher(status).matches() ? OptionalInt.of(Integer.parseInt(status)) : OptionalInt.empty();
    }

    /** @param artefact what was saved of the host, or sent to it */
    StepResult toResult(String step, String host, Optional<Artefact> artefact) {
        StepState state = skipped.isPresent() ? StepState.SKIPPED
                : changes.isEmpty() ? StepState.OK : StepState.CHANGED;
        String message = skipped.orElseGet(() -> String.join("\n", changes));
        return new StepResult(step, host, state, changes, differences, outputs, secrets, artefact, message);
    }
}
