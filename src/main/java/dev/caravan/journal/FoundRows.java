package dev.caravan.journal;

import dev.caravan.journal.Writer.Way;
import java.util.Collection;
import java.util.List;

/** What steps found on hosts, in the table {@code found}, whose lines are sealed. Thread-safe. */
final class FoundRows {
    static final String INSERT = "insert into found (run, host, address, step, line) values (?, ?, ?, ?, ?)";

    private final Reader reader;
    private final Writer writer;
    private final Vault vault;

    FoundRows(Reader reader, Writer writer, Vault vault) {
        this.reader = reader;
        this.writer = writer;
        this.vault = vault;
    }

    private static String about(String run, String address, String step) {
        return run + "\n" + address + "\n" + step;
    }

    /** The line as {@link #INSERT} takes it. */
    String seal(String run, String address, String step, String line) {
        return vault.seal(line, about(run, address, step));
    }

    /** Opens the newest line that is still needed, to see whether the key is the one that sealed it. */
    void requireKey() {
        reader.query("select * from found where not rolled_back order by id desc limit 1",
                row -> vault.open(row.getString("line"), about(row.getString("run"), row.getString("address"), row.getString("step"))));
    }

    /** What was found on that host and not rolled back, oldest first. */
    List<Found> of(String cluster, String address) {
        List<Found> sealed = reader.query("select found.* from found join run on run.id = found.run"
                        + " where run.cluster = ? and found.address = ? and not found.rolled_back order by found.id",
                row -> new Found(row.getLong("id"), row.getString("run"), row.getString("host"), row.getString("address"),
                        row.getString("step"), row.getString("line")),
                cluster, address);
        return sealed.stream()
                .map(one -> new Found(one.id(), one.run(), one.host(), one.address(), one.step(),
                        vault.open(one.line(), about(one.run(), one.address(), one.step()))))
                .toList();
    }

    /** The hosts of that cluster on which something was found and not rolled back, each by its newest record. */
    List<FoundHost> hosts(String cluster) {
        return reader.query("select host, address, run from found where id in (select max(found.id) from found"
                        + " join run on run.id = found.run where run.cluster = ? and not found.rolled_back group by found.address)"
                        + " order by id",
                row -> new FoundHost(row.getString("host"), row.getString("address"), row.getString("run")), cluster);
    }

    /** Whether something that this run found was not rolled back. */
    boolean has(String run) {
        return !reader.query("select id from found where run = ? and not rolled_back limit 1", row -> row.getLong("id"), run).isEmpty();
    }

    void markRolledBack(Collection<Found> found) {
        List<Long> ids = found.stream().map(Found::id).toList();
        writer.write(Way.DURABLE, (connection, engine) -> {
            for (Long id : ids) {
                Sql.update(connection, "update found set rolled_back = true where id = ?", id);
            }
            return null;
        });
    }
}
