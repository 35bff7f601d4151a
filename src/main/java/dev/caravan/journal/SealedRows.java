package dev.caravan.journal;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;

/** What the journal keeps encrypted of runs besides what was found on hosts: keys of requests, and values of specs. Thread-safe. */
final class SealedRows {
    static final String KEEP_VALUES = "update run set spec_values = ? where id = ?";
    private static final String INSERT_KEY = "insert into request_key (name, digest, run) values (?, ?, ?)";

    private final Reader reader;
    private final Vault vault;

    SealedRows(Reader reader, Vault vault) {
        this.reader = reader;
        this.vault = vault;
    }

    /** Inserts a key; it is encrypted when this is called, and not while the transaction lasts. */
    Update insert(RequestKey key, String run) {
        String digest = vault.seal(key.digest(), aboutKey(key.name()));
        return connection -> Sql.update(connection, INSERT_KEY, key.name(), digest, run);
    }

    /** Work within a transaction. */
    interface Update {
        int with(Connection connection) throws SQLException;
    }

    Optional<RequestKey.Used> usedKey(String name) {
        return reader.query("select digest, run from request_key where name = ?",
                        row -> new RequestKey.Used(new RequestKey(name, vault.open(row.getString("digest"), aboutKey(name))),
                                row.getString("run")), name)
                .stream().findFirst();
    }

    String sealedValues(String run, String values) {
        return vault.seal(values, aboutValues(run));
    }

    Optional<String> values(String run) {
        return reader.query("select spec_values from run where id = ?", row -> row.getString("spec_values"), run).stream().findFirst()
                .filter(sealed -> !sealed.isEmpty()).map(sealed -> vault.open(sealed, aboutValues(run)));
    }

    private static String aboutKey(String name) {
        return "request\n" + name;
    }

    private static String aboutValues(String run) {
        return "values\n" + run;
    }
}
