package dev.caravan.terminal;

import dev.caravan.history.RunView;
import dev.caravan.history.RunView.HostView;
import dev.caravan.history.RunView.StepView;
import dev.caravan.terminal.Look.Ink;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A run as a table: a row for each host, a column for each step. Steps that do not fit in the width are folded, oldest first,
 * into one column that shows the most telling of their marks; hosts that do not fit in the height are counted in one row.
 * Failed hosts are the last to be left out, idle ones the first.
 */
public final class LiveTable {
    private static final int CELL = 4;
    private final Look look;

    public LiveTable(Look look) {
        this.look = look;
    }

    /**
     * The table as lines of at most {@code width} columns (colour sequences not counted), at most {@code height - 1} of them so
     * that the cursor has a line of its own beneath; at least one. A pure function.
     */
    public List<String> render(RunView run, int width, int height, Instant now) {
        return render(run, width, height, now, Optional.empty());
    }

    /** The same, with how long it may still take. */
    List<String> render(RunView run, int width, int height, Instant now, Optional<FormerRun> former) {
        return new Frame(run, Math.max(1, width), Math.max(2, height), run.endedAt().orElse(now), former).lines();
    }

    /** One drawing; holds what the rows share. */
    private final class Frame {
        private final RunView run;
        private final int width;
        private final int height;
        private final Instant now;
        private final HostDoings doings;
        private final TableTitle title;
        private final List<HostView> shown;
        private final List<HostView> rest;
        private final int hostWidth;
        /** How many of the run's first steps share the first column. */
        private final int folded;
        private final int foldWidth;
        private final int columns;

        Frame(RunView run, int width, int height, Instant now, Optional<FormerRun> former) {
            this.run = run;
            this.width = width;
            this.height = height;
            this.now = now;
            this.doings = new HostDoings(run, now);
            this.title = new TableTitle(run, this.width, look, former);
            this.shown = selected();
            Set<HostView> visible = new HashSet<>(shown);
            this.rest = run.hosts().stream().filter(host -> !visible.contains(host)).toList();
            this.hostWidth = hostWidth();
            // What a host does now is worth more than old steps: it keeps 38 columns, on narrow terminals half.
            int room = width - hostWidth - 2 - Math.min(38, width / 2);
            int fitting = Math.max(0, room / (CELL + 1));
            int steps = run.steps().size();
            this.columns = Math.min(steps, fitting);
            this.folded = steps <= fitting ? 0 : fitting == 0 ? steps : steps - fitting + 1;
            this.foldWidth = Math.max(CELL, foldTitle().length());
        }

        List<String> lines() {
            List<String> lines = new ArrayList<>();
            lines.add(title.line(now));
            if (hasHeader()) {
                lines.addAll(header());
            }
            shown.forEach(host -> lines.add(row(host)));
            if (!rest.isEmpty()) {
                lines.add(restRow());
            }
            return lines.subList(0, Math.min(lines.size(), height - 1));
        }

        private boolean hasHeader() {
            return height > 6;
        }

        /** The hosts that get a row, in the spec's order. */
        private List<HostView> selected() {
            int rows = Math.max(1, height - (hasHeader() ? 4 : 2));
            if (run.hosts().size() <= rows) {
                return run.hosts();
            }
            List<HostView> byInterest = new ArrayList<>(run.hosts());
            byInterest.sort(Comparator.comparingInt(this::interest).thenComparing(this::since));
            // Many failures do not push out all hosts that still work; each failure is shown above the table, too.
            int failed = (int) byInterest.stream().filter(host -> host.failed().isPresent()).count();
            Collections.rotate(byInterest, -Math.max(0, failed - Math.max(1, rows / 2)));
            Set<HostView> chosen = new HashSet<>(byInterest.subList(0, Math.max(1, rows - 1)));
            return run.hosts().stream().filter(chosen::contains).toList();
        }

        private int interest(HostView host) {
            return switch (host.activity()) {
                case FAILED -> 0;
                case WORKING -> 1;
                case WAITING -> 2;
                case IDLE -> 3;
                case PENDING -> 4;
            };
        }

        /** The longest-running step comes first. */
        private Instant since(HostView host) {
            return host.current().map(StepView::startedAt).orElse(Instant.MAX);
        }

        private int hostWidth() {
            int longest = shown.stream().mapToInt(host -> Text.width(Wording.host(host.name()))).max().orElse(0);
            int withRest = rest.isEmpty() ? longest : Math.max(longest, Text.width(restTitle()));
            return Math.min(width, Math.max(4, Math.min(withRest, width / 5)));
        }

        /** Two lines; where steps are folded, their number of all that the run has met so far. */
        private List<String> header() {
            StringBuilder above = new StringBuilder(" ".repeat(hostWidth + 1));
            StringBuilder below = new StringBuilder(Text.pad("host", hostWidth)).append(' ');
            if (columns > 0 && folded > 0) {
                above.append(" ".repeat(foldWidth + 1));
                below.append(' ').append(Text.pad(foldTitle(), foldWidth));
            }
            for (int i = columns > 0 ? folded : run.steps().size(); i < run.steps().size(); i++) {
                StepTitle title = StepTitle.of(run.steps().get(i), CELL);
                above.append(' ').append(Text.pad(title.above(), CELL));
                below.append(' ').append(Text.pad(title.below(), CELL));
            }
            below.append("  ").append(run.ended() ? "in the end" : "now");
            return List.of(look.paint(Ink.FAINT, Text.fit(above.toString(), width, "").stripTrailing()),
                    look.paint(Ink.FAINT, Text.fit(below.toString(), width, "")));
        }

        private String foldTitle() {
            return folded + "/" + run.steps().size();
        }

        private String row(HostView host) {
            StringBuilder line = new StringBuilder(
                    Text.pad(Text.fit(Wording.host(host.name()), hostWidth, look.ellipsis()), hostWidth)).append(' ');
            if (columns > 0) {
                if (folded > 0) {
                    line.append(' ').append(telling(host).text(look)).append(" ".repeat(foldWidth - CELL));
                }
                for (int i = folded; i < run.steps().size(); i++) {
                    line.append(' ').append(cell(host, i).text(look));
                }
            }
            int used = hostWidth + 1 + columns * (CELL + 1) + (columns > 0 && folded > 0 ? foldWidth - CELL : 0) + 2;
            int room = Math.max(0, width - used);
            String doing = Text.fit(Text.printable(doings.of(host, room)), room, look.ellipsis());
            Ink ink = switch (host.activity()) {
                case FAILED -> Ink.BAD;
                case WAITING -> Ink.WAITING;
                case IDLE, PENDING -> Ink.FAINT;
                case WORKING -> Ink.NORMAL;
            };
            return (line + "  " + look.paint(ink, doing)).stripTrailing();
        }

        /** The folded steps' most telling mark. */
        private Cell telling(HostView host) {
            Cell telling = Cell.NONE;
            for (int i = 0; i < folded; i++) {
                Cell cell = cell(host, i);
                telling = cell.weight() > telling.weight() ? cell : telling;
            }
            return telling;
        }

        private Cell cell(HostView host, int index) {
            String name = run.steps().get(index);
            StepView step = host.steps().get(name);
            if (step == null) {
                boolean toCome = !run.ended() && host.failed().isEmpty() && !isPast(host, index);
                return toCome ? new Cell(look.dot(), Ink.FAINT, 1) : Cell.NONE;
            }
            return switch (step.state()) {
                case OK -> new Cell("ok", Ink.NORMAL, 3);
                case CHANGED -> new Cell("chg", Ink.GOOD, 4);
                case SKIPPED -> new Cell("skip", Ink.FAINT, 2);
                case ROLLED_BACK -> new Cell("back", Ink.WAITING, 4);
                case FAILED -> new Cell("FAIL", Ink.BAD, 7);
                case RETRYING -> new Cell(run.ended() ? "left" : "wait", Ink.WAITING, 5);
                case RUNNING -> run.ended()
                        ? new Cell("left", Ink.WAITING, 6)
                        : new Cell(Wording.count(step).filter(count -> count.length() <= CELL)
                                .orElseGet(() -> Durations.narrow(step.elapsed(now))), Ink.BUSY, 6);
            };
        }

        /** Whether the host has met a later step than this one, which then is none of this host's. */
        private boolean isPast(HostView host, int index) {
            return run.steps().subList(index + 1, run.steps().size()).stream().anyMatch(host.steps()::containsKey);
        }

        private String restTitle() {
            return rest.size() + " more";
        }

        /** Of the hosts without a row: how many have finished each step, and what they are at. */
        private String restRow() {
            StringBuilder line = new StringBuilder(
                    Text.pad(Text.fit(restTitle(), hostWidth, look.ellipsis()), hostWidth)).append(' ');
            if (columns > 0) {
                if (folded > 0) {
                    line.append(' ').append(Text.pad(finished(folded - 1), foldWidth));
                }
                for (int i = folded; i < run.steps().size(); i++) {
                    line.append(' ').append(finished(i));
                }
            }
            String doing = run.ended() ? "" : TableTitle.activities(rest, TableTitle.ALL);
            return Text.fit(line + "  " + doing, width, look.ellipsis()).stripTrailing();
        }

        private String finished(int index) {
            String name = run.steps().get(index);
            long count = rest.stream()
                    .filter(host -> host.steps().containsKey(name) && host.steps().get(name).state().ended())
                    .count();
            return Text.pad(count == 0 ? look.dot() : Long.toString(count), CELL);
        }
    }

    /** @param weight how much it tells, where several share a column */
    private record Cell(String mark, Ink ink, int weight) {
        static final Cell NONE = new Cell("", Ink.NORMAL, 0);

        String text(Look look) {
            return look.paint(ink, mark) + " ".repeat(Math.max(0, CELL - Text.width(mark)));
        }
    }
}
