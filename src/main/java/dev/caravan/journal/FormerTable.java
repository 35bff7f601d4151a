package dev.caravan.journal;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.util.Locale;
import java.util.StringJoiner;

/** Copies a table from one database to another one that has a table of the same name and columns. */
final class FormerTable {
    private FormerTable() {}

    /** The number of rows. They are in the same order, and are sent in groups of that many. */
    static long copy(String table, Connection from, Connection to, int atOnce) throws SQLException {
        try (Statement select = from.createStatement(); ResultSet row = select.executeQuery("select * from " + table + " order by 1, 2");
                PreparedStatement insert = to.prepareStatement(insert(table, row.getMetaData()))) {
            long rows = 0;
            while (row.next()) {
                for (int column = 1; column <= row.getMetaData().getColumnCount(); column++) {
                    insert.setObject(column, value(row, column));
                }
                insert.addBatch();
                rows++;
                if (rows % atOnce == 0) {
                    insert.executeBatch();
                }
            }
            insert.executeBatch();
            return rows;
        }
    }

    private static String insert(String table, ResultSetMetaData columns) throws SQLException {
        StringJoiner names = new StringJoiner(", ");
        for (int column = 1; column <= columns.getColumnCount(); column++) {
            names.add(columns.getColumnName(column).toLowerCase(Locale.ROOT));
        }
        return "insert into " + table + " (" + names + ") values " + Sql.places(columns.getColumnCount());
    }

    private static Object value(ResultSet row, int column) throws SQLException {
        switch (row.getMetaData().getColumnType(column)) {
            case Types.CLOB:
                return row.getString(column);
            case Types.TIMESTAMP_WITH_TIMEZONE:
                return row.getTimestamp(column);
            default:
                return row.getObject(column);
        }
    }
}
