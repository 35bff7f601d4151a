package dev.caravan.workflow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.caravan.history.RunState;
import dev.caravan.journal.MemoryJournal;
import dev.caravan.journal.RunRecord;
import dev.caravan.routes.BareContext;
import dev.caravan.run.NotReached;
import dev.caravan.run.Run;
import dev.caravan.run.RunRollback;
import dev.caravan.run.TestFacts;
import dev.caravan.run.TestRuns;
import dev.caravan.testkit.TestClusters;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.Predicate;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a failure rolls back, as a truth table. */
class FailedTest {
    private static final Pattern CHOICE = Pattern.compile("simple: (?:>-|\")((?:(?!steps:)[^\"])*?)\"?\n steps:\n"
            + " - (?:to: direct:|bean:\n ref: \\S+\n method: )(\\S+)");

    private final CamelContext context = BareContext.make();
    private final Map<String, Map<Predicate, String>> choices = new HashMap<>();

    private static Run run(String more) {
        MemoryJournal journal = new MemoryJournal();
        Run run = TestRuns.apply(TestClusters.of("demo", 2, 3, "192.0.2.", 22, more), journal);
        journal.begin(new RunRecord(run.id(), "demo", "apply", "command", false, "{}", "/", RunState.RUNNING, Instant.now(),
                Optional.empty()));
        return run;
    }

    /** What a route does after the first of its conditions that holds; empty if none does. */
    private String chosen(String route, Failed failed, boolean goesBack) throws Exception {
        Exchange exchange = new DefaultExchange(context);
        exchange.setVariable("failed", failed);
        exchange.setVariable("goesBack", goesBack);
        for (Map.Entry<Predicate, String> choice : choices(route).entrySet()) {
            if (choice.getKey().matches(exchange)) {
                return choice.getValue();
            }
        }
        return "";
    }

    private Map<Predicate, String> choices(String route) throws Exception {
        if (!choices.containsKey(route)) {
            context.start();
            String text = Files.readString(Path.of("routes", route + ".camel.yaml")).replaceAll(" +", " ");
            Map<Predicate, String> found = new LinkedHashMap<>();
            Matcher choice = CHOICE.matcher(text);
            while (choice.find()) {
                found.put(context.resolveLanguage("simple").createPredicate(choice.group(1).strip().replaceAll("\\s+", " ")),
                        choice.group(2));
            }
            assertThat(found).as(route).isNotEmpty();
            choices.put(route, found);
        }
        return choices.get(route);
    }

    private void assertHost(Failed failed, boolean expected, String why) throws Exception {
        assertThat(failed.isOfHostAlone()).as(why).isEqualTo(expected);
        assertThat(chosen("hosts/provision-hosts", failed, false).equals("rollback-host")).as(why).isEqualTo(expected);
        assertThat(chosen("steps/verify", failed, false)).as(why).isEqualTo(expected ? "leaveOut" : "");
    }

    private void assertRun(Failed failed, boolean expected, String why) throws Exception {
        assertThat(failed.isOfWholeRun()).as(why).isEqualTo(expected);
        for (String route : List.of("actions/apply", "actions/change-endpoint")) {
            assertThat(chosen(route, failed, false)).as(why + ", " + route).isEqualTo(expected ? "rollback-hosts" : "");
        }
        assertThat(chosen("hosts/renew-control-plane", failed, false)).as(why).isEqualTo(expected ? "rollback-host" : "");
    }

    /** All 256 combinations: the routes and the beans decide alike, and by these conditions alone. */
    @Test
    void aHostIsRolledBackAloneIfAllOfFiveHoldAndARunIfAllOfThreeDo() throws Exception {
        for (int bits = 0; bits < 1 << 8; bits++) {
            boolean[] is = new boolean[8];
            for (int at = 0; at < is.length; at++) {
                is[at] = (bits >> at & 1) == 1;
            }
            Failed failed = new Failed(is[0], is[1], is[2], is[3], is[4], is[5], is[6]);
            assertHost(failed, is[0] && is[2] && is[3] && is[4] && is[5], failed.toString());
            assertRun(failed, is[0] && is[1] && is[6], failed.toString());
            assertWorker(failed, is[7], is[0] && is[2] && is[3] && is[5]);
            boolean tooMany = is[3] && !is[5];
            boolean rolledBack = is[3] && is[0] && is[1];
            assertThat(failed.isOfAllWork()).isEqualTo(tooMany || rolledBack);
            assertThat(chosen("hosts/provision-hosts", failed, is[7])).as(failed + ", " + is[7]).isEqualTo(
                    is[0] && is[2] && is[3] && is[4] && is[5] ? "rollback-host"
                            : is[7] && is[0] && is[2] && is[3] && is[5] ? "restore-worker"
                            : tooMany || rolledBack ? "giveUpRun" : "");
            assertThat(chosen("hosts/migrate-host", failed, is[7])).isEqualTo(is[0] ? "rollback-host" : "");
        }
    }

    private void assertWorker(Failed failed, boolean goesBack, boolean expected) throws Exception {
        assertThat(failed.isOfWorker()).isEqualTo(expected);
        for (String route : List.of("hosts/upgrade-workers", "hosts/build-cluster")) {
            assertThat(chosen(route, failed, goesBack)).as(failed + ", " + goesBack + ", " + route)
                    .isEqualTo(expected && goesBack ? "restore-worker" : "");
        }
    }

    /** h1 and h2 are control planes, h3 to h5 workers. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            h3 |                                      | failed      | true
            h2 |                                      | failed      | true
            h1 |                                      | failed      | false
            h3 |                                      | not reached | false
            h3 |   onFailure: keep                    | failed      | false
            h3 |   maxFailedHosts: 1                  | failed      | true
            h3 |   maxFailedHosts: 0                  | failed      | false
            h3 |                                      | cancelled   | false
            h3 |                                      | given up    | false
            h3 |                                      | upgraded    | false
            h5 |                                      | upgraded    | true
            """)
    void whetherAHostIsRolledBackAlone(String host, String more, String how, boolean expected) throws Exception {
        Run run = run(more == null ? "" : "  " + more);
        run.hostFailed(host, how.equals("not reached") ? new NotReached("no answer") : new IllegalStateException("failed"));
        switch (how) {
            case "cancelled" -> run.cancel();
            case "given up" -> run.giveUp("another host failed");
            case "upgraded" -> {
                run.keepFacts("h1", TestFacts.of(1, true));
                run.keepFacts("h3", TestFacts.of(3, true));
                run.keepFacts("h5", TestFacts.of(5, false));
                upgrade(run);
            }
            default -> assertThat(how).isIn("failed", "not reached");
        }
        assertHost(Failed.of(run, host), expected, host + " " + how);
    }

    private static void upgrade(Run run) {
        run.rollback().keepFound(run.cluster().firstControlPlane(), "upgrade-control-plane",
                RunRollback.UPGRADED + "\tcontrol-plane\t1.19.0");
    }

    /** In verify: several nodes at once, or none, and workers that go back to their former kubelet. */
    @Test
    void nodesAreLeftOutIfTheClusterCanBeThereWithoutEachOfThem() throws Exception {
        Run run = run("  maxFailedHosts: 2");
        run.keepFacts("h3", TestFacts.of(3, true));

        assertHost(Failed.of(run, Set.of(), any -> true), false, "no host is at fault");
        assertHost(Failed.of(run, Set.of("h3", "h5"), any -> false), true, "two workers");
        assertHost(Failed.of(run, Set.of("h1", "h5"), any -> false), false, "one is the first control plane");
        assertHost(Failed.of(run, Set.of("h3", "h4", "h5"), any -> false), false, "more than maxFailedHosts");
        upgrade(run);
        assertHost(Failed.of(run, Set.of("h3", "h5"), any -> false), false, "one was upgraded");
        assertHost(Failed.of(run, Set.of("h3", "h5"), "h3"::equals), true, "it goes back");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            only hosts, all restored          | false
            only hosts, one not restored      | true
            something else                    | true
            only hosts, given up              | true
            something else, keep              | false
            something else, cancelled         | false
            something else, upgraded          | false
            """)
    void whetherARunIsRolledBack(String how, boolean expected) throws Exception {
        Run run = run(how.endsWith("keep") ? "  onFailure: keep" : "");
        boolean onlyHosts = how.startsWith("only hosts");
        if (onlyHosts) {
            run.hostFailed("h3", new IllegalStateException("failed"));
            run.hostFailed("h4", new IllegalStateException("failed"));
            run.rollback().hostRolledBack("h3");
            if (how.endsWith("all restored")) {
                run.rollback().leftBehind("h4", "what os-prepare changed");
            }
        }
        if (how.endsWith("given up")) {
            run.rollback().hostRolledBack("h4");
            run.giveUp("too many");
        } else if (how.endsWith("cancelled")) {
            run.cancel();
        } else if (how.endsWith("upgraded")) {
            upgrade(run);
        }
        assertRun(Failed.of(run, onlyHosts), expected, how);
    }
}
