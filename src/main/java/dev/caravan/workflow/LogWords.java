package dev.caravan.workflow;

import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/** What a program that failed says of it in its log. Pure. */
final class LogWords {
    private static final int LONGEST = 300;
    /** An error of klog, which Kubernetes' own programs write by (E or F, month and day), or of whatever else a program may use. */
    private static final Pattern ERROR = Pattern.compile("^[EF]\\d{4} |\\b(error|fatal|panic|failed|cannot|denied)\\b",
            Pattern.CASE_INSENSITIVE);
    private static final Pattern KLOG_HEADER = Pattern.compile("^[EFWI]\\d{4} [^\\]]*\\] *");

    private LogWords() {}

    /** The last line that speaks of an error, else the last that says anything; without klog's time and place, and short. */
    static Optional<String> last(String log) {
        List<String> lines = log == null ? List.of() : log.lines().map(String::strip).filter(line -> !line.isEmpty()).toList();
        Optional<String> error = lines.stream().filter(line -> ERROR.matcher(line).find()).reduce((first, second) -> second);
        return error.or(() -> lines.stream().reduce((first, second) -> second))
                .map(line -> KLOG_HEADER.matcher(line).replaceFirst(""))
                .map(line -> line.length() > LONGEST ? line.substring(0, LONGEST) + "…" : line);
    }
}
