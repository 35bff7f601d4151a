package dev.caravan.facts;

import java.util.ArrayList;
import java.util.List;

/** Findings in two aligned columns, hosts and what was found, wrapped to the width of a terminal. */
final class FindingsText {
    private static final int WIDTH = 100;
    private static final int WIDEST_HOSTS = 20;
    private static final int HOSTS_NAMED = 8;

    private FindingsText() {}

    static String of(List<Finding> findings) {
        int column = findings.stream().mapToInt(finding -> hosts(finding).length()).filter(length -> length <= WIDEST_HOSTS).max()
                .orElse(4) + 2;
        StringBuilder text = new StringBuilder();
        for (Finding finding : findings) {
            String hosts = hosts(finding);
            List<String> lines = new ArrayList<>(wrap((finding.refuses() ? "" : "warning: ") + finding.problem(), WIDTH - column));
            lines.addAll(wrap(finding.remedy(), WIDTH - column));
            boolean beside = hosts.length() + 2 <= column;
            if (!beside) {
                text.append(hosts).append('\n');
            }
            for (int line = 0; line < lines.size(); line++) {
                String left = line == 0 && beside ? hosts : "";
                text.append(left).append(" ".repeat(column - left.length())).append(lines.get(line)).append('\n');
            }
        }
        return text.toString();
    }

    private static String hosts(Finding finding) {
        List<String> hosts = finding.hosts();
        if (hosts.isEmpty()) {
            return "spec";
        }
        if (hosts.size() <= HOSTS_NAMED) {
            return String.join(", ", hosts);
        }
        return String.join(", ", hosts.subList(0, HOSTS_NAMED)) + " and " + (hosts.size() - HOSTS_NAMED) + " more";
    }

    private static List<String> wrap(String text, int width) {
        List<String> lines = new ArrayList<>();
        StringBuilder line = new StringBuilder();
        for (String word : text.split("\\s+")) {
            if (line.length() > 0 && line.length() + 1 + word.length() > width) {
                lines.add(line.toString());
                line.setLength(0);
            }
            line.append(line.length() == 0 ? "" : " ").append(word);
        }
        lines.add(line.toString());
        return lines;
    }
}
