// A JDBC program run by test_jdbc.py against both sides: prints what every step gave.
//
//   java -cp postgresql.jar:. JdbcClient PORT DATABASE USER [STEP,STEP…]      the steps named are left out

import java.io.ByteArrayOutputStream;
import java.io.StringReader;
import java.lang.reflect.Method;
import java.math.BigDecimal;
import java.sql.Array;
import java.sql.BatchUpdateException;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.Date;
import java.sql.DriverManager;
import java.sql.ParameterMetaData;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.Savepoint;
import java.sql.Statement;
import java.sql.Timestamp;
import java.sql.Types;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Properties;
import java.util.TimeZone;
import java.util.UUID;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;
import org.postgresql.copy.CopyManager;
import org.postgresql.util.PGobject;
import org.postgresql.util.PSQLException;

public class JdbcClient {
  static String url;
  static String user;
  static StringBuilder out = new StringBuilder();

  static void say(Object... words) {
    for (Object word : words) out.append(word).append(' ');
    out.append('|');
  }

  static Connection connect(String... options) throws SQLException {
    Properties properties = new Properties();
    properties.setProperty("user", user);
    for (int i = 0; i < options.length; i += 2) properties.setProperty(options[i], options[i + 1]);
    return DriverManager.getConnection(url, properties);
  }

  static void rows(ResultSet result) throws SQLException {
    ResultSetMetaData meta = result.getMetaData();
    for (int i = 1; i <= meta.getColumnCount(); i++) {
      say(meta.getColumnName(i), meta.getColumnTypeName(i), meta.getColumnType(i), meta.getPrecision(i), meta.getScale(i));
    }
    while (result.next()) {
      for (int i = 1; i <= meta.getColumnCount(); i++) say(result.getString(i));
    }
    result.close();
  }

  static void query(Connection connection, String sql, Object... parameters) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      for (int i = 0; i < parameters.length; i++) statement.setObject(i + 1, parameters[i]);
      if (statement.execute()) {
        rows(statement.getResultSet());
      } else {
        say(statement.getUpdateCount());
      }
    }
  }

  // ---- the steps, in the order of their numbers

  static void step01_schema(Connection c) throws SQLException {
    try (Statement s = c.createStatement()) {
      s.execute("CREATE TABLE jcustomers(customer_id int PRIMARY KEY, name varchar(40), balance numeric(12,2), born date, "
          + "seen timestamptz, made timestamp, ref uuid, ok boolean, score float8, tags text[], raw bytea, big bigint)");
      s.execute("CREATE TABLE jorders(customer_id int, id int, total numeric, note text, PRIMARY KEY (customer_id, id))");
      s.execute("CREATE TABLE jcountries(code text PRIMARY KEY, name text)");
      s.execute("CREATE TABLE jnotes(id serial PRIMARY KEY, body text)");
      s.execute("CREATE INDEX jorders_total ON jorders(total)");
    }
  }

  static void step02_simple(Connection c) throws SQLException {
    try (Statement s = c.createStatement()) {
      for (int i = 1; i <= 10; i++) {
        say(s.executeUpdate("INSERT INTO jcustomers(customer_id, name, balance) VALUES (" + i + ", 'n" + i + "', " + i + ".5)"));
      }
      rows(s.executeQuery("SELECT customer_id, name, balance FROM jcustomers WHERE customer_id = 3"));
      rows(s.executeQuery("SELECT customer_id, name FROM jcustomers ORDER BY customer_id"));
      rows(s.executeQuery("SELECT count(*), sum(balance), avg(balance) FROM jcustomers"));
    }
  }

  static void several(Connection c, String sql) throws SQLException {
    try (Statement s = c.createStatement()) {
      boolean more = s.execute(sql);
      while (true) {
        if (more) {
          rows(s.getResultSet());
        } else {
          if (s.getUpdateCount() < 0) break;
          say(s.getUpdateCount());
        }
        more = s.getMoreResults();
      }
    }
  }

  static void step02b_several_statements(Connection c) throws SQLException {
    several(c, "UPDATE jcustomers SET name = 'x' WHERE customer_id = 1; SELECT name FROM jcustomers WHERE customer_id = 1");
    several(c, "SELECT 1; SELECT 2; SELECT name FROM jcustomers WHERE customer_id = 2");
  }

  static void step02c_read_here_write_there(Connection c) throws SQLException {
    several(c, "SELECT 1; UPDATE jcustomers SET name = 'y' WHERE customer_id = 1");
  }

  static void step03_types(Connection c) throws SQLException {
    String insert = "INSERT INTO jcustomers VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
    try (PreparedStatement p = c.prepareStatement(insert)) {
      for (int n = 20; n < 34; n++) {
        p.setInt(1, n);
        p.setString(2, "Ünï " + n);
        p.setBigDecimal(3, new BigDecimal("12345.67").add(new BigDecimal(n)));
        p.setObject(4, LocalDate.of(2000, 1, n - 19));
        p.setObject(5, OffsetDateTime.of(2020, 1, 1, 12, n, 0, 123456000, ZoneOffset.UTC));
        p.setTimestamp(6, Timestamp.valueOf("2021-02-03 04:05:06.789"));
        p.setObject(7, new UUID(n, n));
        p.setBoolean(8, n % 2 == 0);
        p.setDouble(9, n / 8.0);
        p.setArray(10, c.createArrayOf("text", new Object[] {"a", null, "it's \"" + n}));
        p.setBytes(11, new byte[] {0, (byte) n, -1});
        p.setLong(12, Long.MAX_VALUE - n);
        say(p.executeUpdate());
      }
      p.setInt(1, 40);
      for (int i = 2; i <= 12; i++) p.setNull(i, Types.NULL);
      say(p.executeUpdate());
    }
    try (PreparedStatement p = c.prepareStatement("SELECT * FROM jcustomers WHERE customer_id = ?")) {
      for (int n = 20; n < 34; n++) {
        p.setInt(1, n);
        ResultSet r = p.executeQuery();
        while (r.next()) {
          say(r.getInt(1), r.getString(2), r.getBigDecimal(3), r.getDate(4), r.getTimestamp(5).toInstant(), r.getTimestamp(6),
              r.getObject(7), r.getBoolean(8), r.getDouble(9), Arrays.toString((Object[]) r.getArray(10).getArray()),
              Arrays.toString(r.getBytes(11)), r.getLong(12));
        }
      }
    }
    query(c, "SELECT * FROM jcustomers WHERE customer_id = ?", 40);
    query(c, "SELECT customer_id, born, seen, ref, ok, score, big FROM jcustomers WHERE customer_id >= ? ORDER BY customer_id DESC", 20);
    query(c, "SELECT count(*), min(born), max(seen), sum(big), avg(big) FROM jcustomers WHERE false");
    query(c, "SELECT min(born), max(seen), sum(big), max(balance) FROM jcustomers");
    query(c, "SELECT name FROM jcustomers WHERE customer_id = ANY (?) ORDER BY customer_id", c.createArrayOf("int4", new Object[] {1, 25, 9}));
    query(c, "SELECT name FROM jcustomers WHERE customer_id IN (?, ?) ORDER BY customer_id", 2, 30);
  }

  // After five executions the driver names its statements, and then asks for binary results.
  static void step04_server_prepared(Connection c) throws SQLException {
    try (PreparedStatement p = c.prepareStatement("SELECT customer_id, name, balance, score FROM jcustomers WHERE customer_id = ?")) {
      for (int n = 1; n <= 30; n++) {
        p.setInt(1, n % 34);
        ResultSet r = p.executeQuery();
        while (r.next()) say(r.getInt(1), r.getString(2), r.getBigDecimal(3), r.getObject(4));
      }
      say(((org.postgresql.PGStatement) p).isUseServerPrepare());
    }
    try (PreparedStatement p = c.prepareStatement("SELECT customer_id, balance FROM jcustomers WHERE balance > ? ORDER BY customer_id LIMIT ?")) {
      for (int n = 1; n <= 12; n++) {
        p.setBigDecimal(1, new BigDecimal(n));
        p.setInt(2, n);
        ResultSet r = p.executeQuery();
        while (r.next()) say(r.getInt(1), r.getBigDecimal(2));
      }
    }
    try (PreparedStatement p = c.prepareStatement("UPDATE jcustomers SET name = ? WHERE customer_id = ?")) {
      for (int n = 1; n <= 12; n++) {
        p.setString(1, "prepared " + n);
        p.setInt(2, n);
        say(p.executeUpdate());
      }
    }
    query(c, "SELECT name FROM jcustomers ORDER BY customer_id");
  }

  // A wider type than the column's: the key is an int, the parameter a bigint, a smallint, a numeric, a text.
  static void step05_other_types_of_keys(Connection c) throws SQLException {
    for (Object key : new Object[] {3L, (short) 3, new BigDecimal(3)}) {
      query(c, "SELECT name FROM jcustomers WHERE customer_id = ?", key);
    }
    try (PreparedStatement p = c.prepareStatement("SELECT name FROM jcustomers WHERE customer_id = ?")) {
      p.setObject(1, "3", Types.OTHER);
      rows(p.executeQuery());
    }
  }

  static void step06_batches(Connection c) throws SQLException {
    c.setAutoCommit(false);
    try (PreparedStatement p = c.prepareStatement("INSERT INTO jorders VALUES (?, ?, ?, ?)")) {
      for (int n = 0; n < 200; n++) {
        p.setInt(1, 7);
        p.setInt(2, n);
        p.setBigDecimal(3, new BigDecimal(n));
        p.setString(4, n % 3 == 0 ? null : "note " + n);
        p.addBatch();
      }
      say(Arrays.toString(p.executeBatch()));
    }
    c.commit();
    try (Statement s = c.createStatement()) {
      for (int n = 0; n < 20; n++) s.addBatch("UPDATE jorders SET total = total + 1 WHERE customer_id = 7 AND id = " + n);
      say(Arrays.toString(s.executeBatch()));
    }
    c.commit();
    try (PreparedStatement p = c.prepareStatement("INSERT INTO jorders VALUES (?, ?, 0, '')")) {
      for (int n : new int[] {1000, 1001, 5, 1002}) {
        p.setInt(1, 7);
        p.setInt(2, n);
        p.addBatch();
      }
      p.executeBatch();
    } catch (BatchUpdateException e) {
      say(e.getSQLState(), Arrays.toString(e.getUpdateCounts()));
    }
    c.rollback();
    c.setAutoCommit(true);
    query(c, "SELECT count(*), sum(total) FROM jorders WHERE customer_id = 7");
  }

  static void step07_batch_autocommit(Connection c) throws SQLException {
    try (PreparedStatement p = c.prepareStatement("UPDATE jorders SET note = ? WHERE customer_id = ? AND id = ?")) {
      for (int n = 0; n < 30; n++) {
        p.setString(1, "batch");
        p.setInt(2, 7);
        p.setInt(3, n);
        p.addBatch();
      }
      say(Arrays.toString(p.executeBatch()));
    }
  }

  static void step08_batch_over_several_shards(Connection c) throws SQLException {
    try (PreparedStatement p = c.prepareStatement("INSERT INTO jorders VALUES (?, 1, 5, 'several')")) {
      for (int n = 1; n < 7; n++) {
        p.setInt(1, n);
        p.addBatch();
      }
      say(Arrays.toString(p.executeBatch()));
    }
  }

  static void step09_rewritten_batch(Connection unused) throws SQLException {
    try (Connection c = connect("reWriteBatchedInserts", "true");
         PreparedStatement p = c.prepareStatement("INSERT INTO jorders(customer_id, id, total, note) VALUES (?, ?, ?, ?)")) {
      for (int n = 0; n < 100; n++) {
        p.setInt(1, 8);
        p.setInt(2, n);
        p.setBigDecimal(3, new BigDecimal(n));
        p.setString(4, "many");
        p.addBatch();
      }
      say(p.executeBatch().length);
      query(c, "SELECT count(*), sum(total) FROM jorders WHERE customer_id = 8");
    }
  }

  static void step10_generated_keys(Connection c) throws SQLException {
    try (PreparedStatement p = c.prepareStatement("INSERT INTO jnotes(body) VALUES (?)", Statement.RETURN_GENERATED_KEYS)) {
      for (int n = 0; n < 7; n++) {
        p.setString(1, "note " + n);
        p.executeUpdate();
        ResultSet keys = p.getGeneratedKeys();
        while (keys.next()) say(keys.getInt("id"), keys.getString("body"));
      }
    }
    try (PreparedStatement p = c.prepareStatement("INSERT INTO jcustomers(customer_id, name) VALUES (?, ?)", new String[] {"customer_id", "name"})) {
      p.setInt(1, 60);
      p.setString(2, "returned");
      p.executeUpdate();
      rows(p.getGeneratedKeys());
    }
  }

  static void step11_fetch_size_of_one_shard(Connection c) throws SQLException {
    c.setAutoCommit(false);
    try (PreparedStatement p = c.prepareStatement("SELECT id, total FROM jorders WHERE customer_id = ? ORDER BY id")) {
      p.setFetchSize(17);
      p.setInt(1, 7);
      ResultSet r = p.executeQuery();
      int count = 0, sum = 0;
      while (r.next()) {
        count++;
        sum += r.getInt(2);
        if (count == 40) query(c, "SELECT name FROM jcustomers WHERE customer_id = 7");  // in between
      }
      say(count, sum);
    }
    try (Statement s = c.createStatement()) {
      s.setFetchSize(10);
      ResultSet r = s.executeQuery("SELECT * FROM generate_series(1, 55)");
      int count = 0;
      while (r.next()) count++;
      say(count);
      s.setMaxRows(7);
      r = s.executeQuery("SELECT * FROM generate_series(1, 55)");
      count = 0;
      while (r.next()) count++;
      say(count);
    }
    c.commit();
    c.setAutoCommit(true);
  }

  static void step12_fetch_size_of_several_shards(Connection c) throws SQLException {
    c.setAutoCommit(false);
    try (PreparedStatement p = c.prepareStatement("SELECT customer_id FROM jcustomers ORDER BY customer_id")) {
      p.setFetchSize(6);
      ResultSet r = p.executeQuery();
      while (r.next()) say(r.getInt(1));
    } finally {
      c.rollback();
      c.setAutoCommit(true);
    }
  }

  static void step13_max_rows(Connection c) throws SQLException {
    try (PreparedStatement p = c.prepareStatement("SELECT customer_id FROM jcustomers ORDER BY customer_id")) {
      p.setMaxRows(5);
      for (int i = 0; i < 7; i++) {
        ResultSet r = p.executeQuery();
        while (r.next()) say(r.getInt(1));
      }
    }
  }

  static void step14_transactions(Connection c) throws SQLException {
    c.setAutoCommit(false);
    for (int level : new int[] {Connection.TRANSACTION_READ_COMMITTED, Connection.TRANSACTION_REPEATABLE_READ, Connection.TRANSACTION_SERIALIZABLE}) {
      c.setTransactionIsolation(level);
      say(c.getTransactionIsolation());
      query(c, "UPDATE jcustomers SET balance = balance + ? WHERE customer_id = ?", 1, 5);
      Savepoint point = c.setSavepoint("here");
      query(c, "UPDATE jcustomers SET balance = 0 WHERE customer_id = 5");
      c.rollback(point);
      Savepoint unnamed = c.setSavepoint();
      try {
        query(c, "INSERT INTO jcustomers(customer_id) VALUES (5)");
      } catch (SQLException e) {
        say(e.getSQLState(), ((PSQLException) e).getServerErrorMessage().getConstraint(), ((PSQLException) e).getServerErrorMessage().getTable());
      }
      try {
        query(c, "SELECT 1");
      } catch (SQLException e) {
        say(e.getSQLState());
      }
      c.rollback(unnamed);
      c.releaseSavepoint(unnamed);
      query(c, "SELECT balance FROM jcustomers WHERE customer_id = 5");
      c.commit();
    }
    query(c, "UPDATE jcustomers SET balance = 0 WHERE customer_id = 5");
    c.rollback();
    query(c, "SELECT balance FROM jcustomers WHERE customer_id = 5");
    c.commit();
    c.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
    c.setReadOnly(true);
    try {
      query(c, "UPDATE jcustomers SET balance = 0 WHERE customer_id = 5");
    } catch (SQLException e) {
      say(e.getSQLState());
    }
    c.rollback();
    c.setReadOnly(false);
    c.setAutoCommit(true);
  }

  static void step15_autosave(Connection unused) throws SQLException {
    try (Connection c = connect("autosave", "always")) {
      c.setAutoCommit(false);
      query(c, "SELECT name FROM jcustomers WHERE customer_id = 5");
      try {
        query(c, "SELECT 1/0");
      } catch (SQLException e) {
        say(e.getSQLState());
      }
      query(c, "UPDATE jcustomers SET name = 'autosaved' WHERE customer_id = 5");
      try {
        query(c, "INSERT INTO jcustomers(customer_id) VALUES (5)");
      } catch (SQLException e) {
        say(e.getSQLState());
      }
      c.commit();
      query(c, "SELECT name FROM jcustomers WHERE customer_id = 5");
      c.commit();
    }
  }

  static void step16_errors(Connection c) throws SQLException {
    for (String sql : new String[] {"SELEC 1", "SELECT nothing FROM jcustomers WHERE customer_id = 1", "SELECT * FROM nowhere", "SELECT 1/0",
        "INSERT INTO jcustomers(customer_id) VALUES (1)", "SELECT 'x'::int", "SELECT name FROM jcustomers WHERE customer_id = 'x'"}) {
      try {
        query(c, sql);
      } catch (PSQLException e) {
        say(e.getSQLState(), e.getServerErrorMessage().getMessage(), e.getServerErrorMessage().getPosition(), e.getServerErrorMessage().getConstraint());
      }
    }
    try {
      query(c, "SELECT name FROM jcustomers WHERE customer_id = ? AND name = ?", 1);
    } catch (PSQLException e) {
      say(e.getSQLState());
    }
    query(c, "SELECT 1");
  }

  static void step17_warnings(Connection c) throws SQLException {
    try (Statement s = c.createStatement()) {
      s.execute("DROP TABLE IF EXISTS not_there");
      for (SQLWarning w = s.getWarnings(); w != null; w = w.getNextWarning()) say(w.getSQLState(), w.getMessage());
      s.execute("CREATE TABLE IF NOT EXISTS jcustomers(customer_id int)");
      for (SQLWarning w = s.getWarnings(); w != null; w = w.getNextWarning()) say(w.getSQLState(), w.getMessage());
    }
  }

  static void step18_metadata(Connection c) throws SQLException {
    DatabaseMetaData meta = c.getMetaData();
    say(meta.getDatabaseProductName(), meta.getDatabaseMajorVersion(), meta.getUserName(), meta.getMaxConnections() > 0);
    rows(meta.getTables(null, "public", "j%", new String[] {"TABLE"}));
    for (String table : new String[] {"jcustomers", "jorders", "jnotes"}) {
      rows(meta.getColumns(null, "public", table, "%"));
      rows(meta.getPrimaryKeys(null, "public", table));
      ResultSet indexes = meta.getIndexInfo(null, "public", table, false, false);
      while (indexes.next()) say(indexes.getString("INDEX_NAME"), indexes.getString("COLUMN_NAME"), indexes.getBoolean("NON_UNIQUE"));
    }
    rows(meta.getSchemas());
    rows(meta.getImportedKeys(null, "public", "jorders"));
    say(meta.getTypeInfo().next(), meta.getTableTypes().next(), meta.getSQLKeywords().length() > 100);
    rows(meta.getTablePrivileges(null, "public", "jcustomers"));
    try (PreparedStatement p = c.prepareStatement("SELECT name, balance + ? FROM jcustomers WHERE customer_id = ?")) {
      ParameterMetaData parameters = p.getParameterMetaData();
      for (int i = 1; i <= parameters.getParameterCount(); i++) say(parameters.getParameterTypeName(i));
      ResultSetMetaData columns = p.getMetaData();
      for (int i = 1; i <= columns.getColumnCount(); i++) {
        say(columns.getColumnLabel(i), columns.getColumnTypeName(i), columns.getTableName(i), columns.isNullable(i), columns.isAutoIncrement(i));
      }
    }
    try (PreparedStatement p = c.prepareStatement("SELECT c.name, count(*) FROM jcustomers c GROUP BY c.name")) {
      ResultSetMetaData columns = p.getMetaData();
      for (int i = 1; i <= columns.getColumnCount(); i++) say(columns.getColumnLabel(i), columns.getColumnTypeName(i), columns.getTableName(i));
    }
  }

  static void step19_copy(Connection c) throws Exception {
    CopyManager copy = c.unwrap(PGConnection.class).getCopyAPI();
    StringBuilder csv = new StringBuilder("customer_id,id,total,note\n");
    for (int n = 0; n < 500; n++) csv.append(100 + n % 50).append(',').append(n).append(",1.5,\"a \"\"quoted\"\" ").append(n).append("\"\n");
    say(copy.copyIn("COPY jorders FROM STDIN (FORMAT csv, HEADER)", new StringReader(csv.toString())));
    say(copy.copyIn("COPY jnotes(body) FROM STDIN", new StringReader("one\ntwo\\tand\n\\N\n")));
    query(c, "SELECT count(*), sum(total) FROM jorders WHERE note LIKE 'a %'");
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    say(copy.copyOut("COPY jorders(customer_id, id, total) TO STDOUT", bytes));
    List<String> lines = new ArrayList<>(Arrays.asList(bytes.toString("UTF-8").split("\n")));
    Collections.sort(lines);
    say(lines.size(), lines.hashCode());
    bytes.reset();
    say(copy.copyOut("COPY (SELECT id FROM jorders WHERE customer_id = 110 ORDER BY id) TO STDOUT (FORMAT csv, HEADER)", bytes), bytes.toString("UTF-8"));
    try {
      copy.copyIn("COPY jorders FROM STDIN", new StringReader("1\tx\t1\t1\n"));
    } catch (PSQLException e) {
      say(e.getSQLState(), e.getServerErrorMessage().getMessage());
    }
    org.postgresql.copy.CopyIn in = copy.copyIn("COPY jorders FROM STDIN");
    byte[] row = "900\t1\t1\t1\n".getBytes("UTF-8");
    in.writeToCopy(row, 0, row.length);
    in.cancelCopy();
    query(c, "SELECT count(*) FROM jorders WHERE customer_id = 900");
  }

  static void step20_cancel(Connection c) throws Exception {
    for (String sql : new String[] {"SELECT pg_sleep(30)", "SELECT pg_sleep(30) FROM jcustomers WHERE customer_id = 1"}) {
      try (Statement s = c.createStatement()) {
        Thread canceller = new Thread(() -> {
          try {
            Thread.sleep(400);
            s.cancel();
          } catch (Exception e) {
            say("cancel failed");
          }
        });
        canceller.start();
        try {
          s.execute(sql);
          say("not cancelled");
        } catch (SQLException e) {
          say(e.getSQLState());
        }
        canceller.join();
      }
      try (PreparedStatement p = c.prepareStatement(sql)) {
        p.setQueryTimeout(1);
        p.execute();
        say("no timeout");
      } catch (SQLException e) {
        say(e.getSQLState());
      }
    }
    query(c, "SELECT 1");
  }

  static void step21_settings(Connection unused) throws SQLException {
    TimeZone before = TimeZone.getDefault();
    TimeZone.setDefault(TimeZone.getTimeZone("Asia/Tokyo"));
    try (Connection c = connect("ApplicationName", "jdbc test", "options", "-c statement_timeout=12345 -c IntervalStyle=iso_8601", "currentSchema", "public, pg_catalog")) {
      for (String name : new String[] {"application_name", "statement_timeout", "search_path", "IntervalStyle", "TimeZone", "extra_float_digits", "client_encoding"}) {
        query(c, "SELECT current_setting('" + name + "')");
      }
      query(c, "SELECT made, seen FROM jcustomers WHERE customer_id = 21");
      c.setSchema("pg_catalog");
      say(c.getSchema());
      c.setSchema("public");
      say(c.getSchema(), c.getCatalog(), c.isValid(5));
      c.setClientInfo("ApplicationName", "changed");
      query(c, "SHOW application_name");
      c.setNetworkTimeout(null, 10000);
      query(c, "SELECT name FROM jcustomers WHERE customer_id = 21");
    } finally {
      TimeZone.setDefault(before);
    }
  }

  static void step22_modes(Connection unused) throws SQLException {
    for (String mode : new String[] {"simple", "extended", "extendedForPrepared", "extendedCacheEverything"}) {
      try (Connection c = connect("preferQueryMode", mode, "prepareThreshold", "2", "preparedStatementCacheQueries", "3")) {
        for (int n = 1; n < 6; n++) {
          query(c, "SELECT name, balance, score FROM jcustomers WHERE customer_id = ?", n * 5);
          query(c, "SELECT count(*) FROM jcustomers WHERE balance > ?", new BigDecimal(n));
          query(c, "UPDATE jcustomers SET score = ? WHERE customer_id = ?", 1.5 * n, n);
          query(c, "SELECT " + n + ", customer_id FROM jcustomers WHERE customer_id < ? ORDER BY customer_id", 4);
        }
      }
    }
    try (Connection c = connect("binaryTransfer", "false", "prepareThreshold", "1")) {
      query(c, "SELECT balance, born, score FROM jcustomers WHERE customer_id = ?", 22);
    }
    try (Connection c = connect("prepareThreshold", "-1")) {  // binary at once
      query(c, "SELECT balance, born, score, big, ref FROM jcustomers WHERE customer_id = ?", 22);
      query(c, "SELECT customer_id, score FROM jcustomers WHERE score > ? ORDER BY score, customer_id", 3.0);
    }
  }

  static void step23_update_in_result(Connection c) throws SQLException {
    try (PreparedStatement p = c.prepareStatement("SELECT customer_id, name FROM jcustomers WHERE customer_id = ?", ResultSet.TYPE_SCROLL_INSENSITIVE, ResultSet.CONCUR_UPDATABLE)) {
      p.setInt(1, 9);
      ResultSet r = p.executeQuery();
      r.next();
      r.updateString(2, "updated in place");
      r.updateRow();
      r.last();
      say(r.getRow(), r.getString(2));
    }
    query(c, "SELECT name FROM jcustomers WHERE customer_id = 9");
  }

  static void step24_objects(Connection c) throws SQLException {
    PGobject json = new PGobject();
    json.setType("jsonb");
    json.setValue("{\"a\": 1}");
    query(c, "SELECT ?::jsonb -> 'a', ?::text", json, "x");
    query(c, "SELECT ?::int[] || 4", c.createArrayOf("int4", new Object[] {1, 2}));
  }

  static void step25_procedures(Connection c) throws SQLException {
    try (Statement s = c.createStatement()) {
      s.execute("CREATE OR REPLACE FUNCTION jdouble(x int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT x * 2'");
    }
    try (java.sql.CallableStatement call = c.prepareCall("{? = call jdouble(?)}")) {
      call.registerOutParameter(1, Types.INTEGER);
      for (int n = 1; n < 8; n++) {
        call.setInt(2, n);
        call.execute();
        say(call.getInt(1));
      }
    }
  }

  static void step26_notify(Connection c) throws Exception {
    try (Connection listener = connect(); Statement s = listener.createStatement()) {
      s.execute("LISTEN jdbc_channel");
      query(c, "SELECT pg_notify('jdbc_channel', ?)", "hello");
      PGNotification[] got = listener.unwrap(PGConnection.class).getNotifications(10000);
      for (PGNotification n : got) say(n.getName(), n.getParameter());
      s.execute("UNLISTEN *");
    }
  }

  static void step27_describe_after_change(Connection c) throws SQLException {
    try (PreparedStatement p = c.prepareStatement("SELECT * FROM jcountries WHERE code = ?"); Statement s = c.createStatement()) {
      query(c, "INSERT INTO jcountries VALUES (?, ?)", "at", "Austria");
      for (int i = 0; i < 8; i++) {
        p.setString(1, "at");
        rows(p.executeQuery());
        if (i == 6) s.execute("ALTER TABLE jcountries ADD COLUMN more int DEFAULT 5");
      }
    }
  }

  static void step28_deallocate(Connection c) throws SQLException {
    try (PreparedStatement p = c.prepareStatement("SELECT name FROM jcustomers WHERE customer_id = ?"); Statement s = c.createStatement()) {
      for (int i = 0; i < 9; i++) {
        p.setInt(1, 4);
        rows(p.executeQuery());
        if (i == 7) s.execute("DISCARD ALL");
      }
    }
  }

  static void step29_delete(Connection c) throws SQLException {
    for (int n = 1; n < 12; n++) query(c, "DELETE FROM jorders WHERE customer_id = ? AND id < ?", n, 3);
    query(c, "DELETE FROM jcustomers WHERE customer_id = ? RETURNING customer_id", 33);
    query(c, "TRUNCATE jorders");
    query(c, "SELECT count(*) FROM jorders");
  }

  public static void main(String[] arguments) throws Exception {
    TimeZone.setDefault(TimeZone.getTimeZone("UTC"));
    url = "jdbc:postgresql://127.0.0.1:" + arguments[0] + "/" + arguments[1];
    user = arguments[2];
    List<String> left_out = arguments.length > 3 ? Arrays.asList(arguments[3].split(",")) : List.of();
    List<Method> steps = new ArrayList<>();
    for (Method method : JdbcClient.class.getDeclaredMethods()) {
      if (method.getName().startsWith("step")) steps.add(method);
    }
    steps.sort((a, b) -> a.getName().compareTo(b.getName()));
    Connection connection = connect();
    for (Method method : steps) {
      if (left_out.contains(method.getName())) continue;
      out.setLength(0);
      try {
        method.invoke(null, connection);
      } catch (java.lang.reflect.InvocationTargetException wrapped) {
        Throwable e = wrapped.getCause();
        String state = e instanceof SQLException ? ((SQLException) e).getSQLState() : "-";
        say("FAILED", state, e.getClass().getSimpleName(), e.getMessage());
        if (connection.isClosed() || !connection.isValid(5)) connection = connect();
        if (!connection.getAutoCommit()) {
          connection.rollback();
          connection.setAutoCommit(true);
        }
      }
      System.out.println(method.getName() + "\t" + out.toString().replace("\\", "\\\\").replace("\n", "\\n"));
    }
    connection.close();
  }
}
