package dev.caravan.journal;

import static dev.caravan.journal.Records.note;
import static dev.caravan.journal.Records.run;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.caravan.history.Event;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.LongStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The journal in a real PostgreSQL server, where one is installed (Debian: package postgresql). */
@EnabledIf(value = "dev.caravan.journal.PostgresServer#isInstalled", disabledReason = PostgresServer.NOT_INSTALLED)
class PostgresJournalTest extends JournalContract {
    @RegisterExtension
    static final PostgresServer SERVER = new PostgresServer();
    private String url;

    @BeforeEach
    @Override
    void open() {
        url = SERVER.url();
        super.open();
    }

    @Override
    public JournalPlace place() {
        return new JournalPlace(data, Optional.of(url), Optional.of(PostgresServer.PASSWORD), Optional.empty(),
                EngineIdentity.ofThisProcess());
    }

    @Override
    public Database database() {
        return new PostgresDatabase(url, Optional.of(PostgresServer.PASSWORD));
    }

    @Test
    void saysWhyItCannotBeOpened() {
        JournalPlace wrong = new JournalPlace(data, Optional.of(url), Optional.of("canary-wrong"), Optional.empty(),
                EngineIdentity.ofThisProcess());

        assertThatThrownBy(() -> Journal.open(wrong)).isInstanceOf(JournalException.class).hasMessageContaining("127.0.0.1")
                .hasMessageContaining("password authentication failed")
                .hasMessageNotContaining("canary");
    }

    @Test
    void nothingIsLostOrDoubledWhereTheServerCrashesAndRestartsAsOneWrites() throws Exception {
        journal.close();
        // A server that was just started takes its time on a busy machine.
        journal = JdbcJournal.open(place(), database(),
                new Timing(Duration.ofMinutes(5), Duration.ofSeconds(5), Duration.ofMinutes(5)));
        journal.begin(run("a"));
        assertThat(journal.claim("a", List.of("host/1"))).isEmpty();
        CompletableFuture<Void> restarts = CompletableFuture.runAsync(() -> {
            try {
                for (int i = 0; i < 3; i++) {
                    SERVER.crashAndRestart();
                }
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });
        List<Event> kept = new ArrayList<>();
        List<String> found = new ArrayList<>();
        for (int number = 0; !restarts.isDone() || number % 10 != 0; number++) {
            kept.add(Records.note(journal, "a", "event " + number));
            found.add("file\t/x" + number + "\tabsent");
            journal.keepFound("a", "h1", "10.0.0.1", "step", found.get(number));
        }
        restarts.get();

        assertThat(kept).extracting(Event::seq).isEqualTo(LongStream.rangeClosed(1, kept.size()).boxed().toList());
        assertThat(journal.events("a", 0)).isEqualTo(kept);
        assertThat(journal.found("demo", "10.0.0.1")).extracting(Found::line).isEqualTo(found);
        assertThat(journal.claim("b", List.of("host/1"))).as("claims outlive the server as well").contains("a");
    }

    @Test
    void aServerThatStaysAwayIsAFailureAndWhenItIsBackTheJournalWorks() throws Exception {
        try (Journal impatient = JdbcJournal.open(place(), database(),
                new Timing(Duration.ofSeconds(1), Duration.ofSeconds(5), Duration.ofSeconds(60)))) {
            impatient.begin(run("a"));
            note(impatient, "a", "before");
            SERVER.stop();
            try {
                assertThatThrownBy(() -> note(impatient, "a", "meanwhile")).isInstanceOf(JournalException.class)
                        .hasMessageContaining("did not come back within 1 s");
                long began = System.nanoTime();
                ExecutorService threads = Executors.newFixedThreadPool(20);
                List<Callable<Event>> appends = Collections.nCopies(20, () -> note(impatient, "a", "meanwhile"));
                for (Future<Event> append : threads.invokeAll(appends)) {
                    assertThatThrownBy(append::get).hasMessageContaining("did not come back");
                }
                threads.shutdown();
                assertThat(Duration.ofNanos(System.nanoTime() - began)).as("one by one it would be 20 s")
                        .isLessThan(Duration.ofSeconds(15));
                assertThatThrownBy(() -> impatient.events("a", 0)).isInstanceOf(JournalException.class);
            } finally {
                SERVER.startAgain();
            }
            assertThat(note(impatient, "a", "after").seq()).isEqualTo(2);
        }
    }

    private Journal with(Duration heartbeat, Duration silence) {
        return JdbcJournal.open(place(), database(), new Timing(Duration.ofMinutes(5), heartbeat, silence));
    }

    /** A process that is there may hang all the same. */
    @Test
    void anEngineOfThisMachineIsGoneAsWellWhenItIsSilentForLong() {
        try (Journal silent = with(Duration.ofHours(1), Duration.ofSeconds(1)); Journal here = with(Duration.ofMillis(100),
                Duration.ofSeconds(1))) {
            assertThat(silent.claim("a", List.of("host/1"))).isEmpty();
            await().until(() -> here.claim("b", List.of("host/1")).isEmpty());
            assertThat(silent.isOwn("a")).as("it stopped before that").isFalse();
        }
    }

    @Test
    void timeInWhichTheServerWasAwayIsNoSilence() throws Exception {
        Duration silence = Duration.ofMinutes(30);
        try (Journal silent = with(Duration.ofHours(1), silence); Journal here = with(Duration.ofHours(1), silence)) {
            assertThat(silent.claim("a", List.of("host/1"))).isEmpty();
            SERVER.crashAndRestart();
            try (Connection connection = database().connect(); Statement statement = connection.createStatement()) {
                statement.execute("update engine set seen_at = seen_at - interval '1 hour'");
                connection.commit();
            }
            assertThat(here.claim("b", List.of("host/1"))).contains("a");
            assertThat(here.orphans()).isEmpty();
        }
    }

    /** Until version 6 of the tables the column had another name. */
    @Test
    void whatAnEarlierVersionRolledBackStaysRolledBack() throws Exception {
        journal.begin(run("a"));
        journal.keepFound("a", "h1", "10.0.0.1", "os-prepare", "file\t/etc/a\tabsent");
        journal.keepFound("a", "h1", "10.0.0.1", "os-prepare", "file\t/etc/b\tabsent");
        journal.markRolledBack(journal.found("demo", "10.0.0.1").subList(0, 1));
        journal.close();
        try (Connection connection = database().connect(); Statement statement = connection.createStatement()) {
            statement.execute("alter table found rename column rolled_back to given_back");
            statement.execute("alter table run drop column spec_values, drop column begun_by");
            statement.execute("drop table cancel_request; drop index run_ended");
            statement.execute("delete from \"flyway_schema_history\" where \"version\" in ('6', '7', '8', '9')");
            connection.commit();
        }
        journal = Journal.open(place());

        assertThat(journal.found("demo", "10.0.0.1")).extracting(Found::line).containsExactly("file\t/etc/b\tabsent");
    }
}
