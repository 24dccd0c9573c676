package io.tidemark.postgres.sink;

import io.tidemark.api.copy.CopiedTable;
import io.tidemark.api.copy.CopyReader;
import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.Position;
import io.tidemark.api.model.TableName;
import io.tidemark.api.sink.SinkState;
import io.tidemark.postgres.catalog.Sql;
import io.tidemark.postgres.sink.TargetForm.Part;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.SortedMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Reads a copy in a PostgreSQL at one tidemark: in one transaction, REPEATABLE READ, which holds
 * back the vacuum of the copy's database as long as it is open.
 *
 * <p>TRUNCATE is not bound to transactions as rows are (the manual's page of it): a table that was
 * truncated after this was opened is refused by name instead of being shown empty.
 */
public final class PostgresCopy implements CopyReader {
  private final PostgresSinkConfig config;
  private final TargetSession session;
  private final SinkState state;
  private final List<CopiedTable> tables;
  private final Map<String, HeldTable> forms;

  private PostgresCopy(
      PostgresSinkConfig config,
      TargetSession session,
      SinkState state,
      List<CopiedTable> tables,
      Map<String, HeldTable> forms) {
    this.config = config;
    this.session = session;
    this.state = state;
    this.tables = List.copyOf(tables);
    this.forms = forms;
  }

  /**
   * Opens a copy.
   *
   * @param tables reads the tables and their states out of the pipeline's state
   * @throws TidemarkException DESTINATION when it cannot be read
   */
  public static PostgresCopy open(
      PostgresSinkConfig config, Function<SortedMap<String, String>, List<CopiedTable>> tables) {
    try {
      TargetSession session = TargetSession.reading(config);
      try {
        if (!PostgresLook.exists(session, config)) {
          throw new TidemarkException(
              ErrorCode.DESTINATION,
              "Cannot read the copy at "
                  + config.endpoint()
                  + ": nothing was written there yet. Start the pipeline first.");
        }
        SinkState state = StateTables.read(session, config);
        return new PostgresCopy(
            config,
            session,
            state,
            tables.apply(state.entries()),
            new FormStore(session, config).load());
      } catch (SQLException | RuntimeException e) {
        session.close();
        throw e;
      }
    } catch (SQLException e) {
      throw PostgresLook.unread(config, e);
    }
  }

  @Override
  public Position tidemark() {
    return state.tidemark();
  }

  /** The pipeline's state, as of the same commit. */
  public SortedMap<String, String> entries() {
    return state.entries();
  }

  @Override
  public List<CopiedTable> tables() {
    return tables;
  }

  @Override
  public Iterator<List<String>> rows(TableName table, KeyRange range) {
    return query(table, held -> select(held) + where(held.form(), range) + order(held.form()));
  }

  @Override
  public Iterator<List<String>> lookUp(TableName table, List<List<String>> keys) {
    return query(
        table,
        held ->
            select(held)
                + (keys.isEmpty() ? " WHERE false" : " WHERE " + isOneOf(held.form(), keys)));
  }

  private static String isOneOf(TargetForm form, List<List<String>> keys) {
    String names =
        form.keyParts().stream().map(Part::quoted).collect(Collectors.joining(", ", "(", ")"));
    return names
        + " IN (VALUES "
        + keys.stream()
            .map(key -> "(" + String.join(", ", literals(form, key)) + ")")
            .collect(Collectors.joining(", "))
        + ")";
  }

  private Iterator<List<String>> query(TableName table, Function<HeldTable, String> sql) {
    HeldTable held = forms.get(table.toString());
    if (held == null) {
      return List.<List<String>>of().iterator();
    }
    try {
      ResultSet rows = session.cursor(sql.apply(held));
      requireSameFile(table, held);
      return new Rows(rows, held.form().columns().size());
    } catch (SQLException e) {
      throw PostgresLook.unread(config, e);
    }
  }

  private static String select(HeldTable held) {
    return "SELECT "
        + held.form().columns().stream().map(Part::quoted).collect(Collectors.joining(", "))
        + " FROM ONLY "
        + held.sql();
  }

  private static String where(TargetForm form, KeyRange range) {
    List<String> conditions = new ArrayList<>();
    range.from().ifPresent(key -> conditions.add(bound(form, ">=", key)));
    range.to().ifPresent(key -> conditions.add(bound(form, "<", key)));
    return conditions.isEmpty() ? "" : " WHERE " + String.join(" AND ", conditions);
  }

  private static String order(TargetForm form) {
    return form.hasKey()
        ? form.keyParts().stream()
            .map(PostgresCopy::ordered)
            .collect(Collectors.joining(", ", " ORDER BY ", ""))
        : "";
  }

  /** Texts by their bytes: that is the order which is the same on every server. */
  private static String ordered(Part part) {
    boolean text = part.type().equals("text") || part.type().startsWith("character varying");
    return part.quoted() + (text ? " COLLATE \"C\"" : "");
  }

  private static String bound(TargetForm form, String operator, List<String> key) {
    return "ROW("
        + form.keyParts().stream().map(PostgresCopy::ordered).collect(Collectors.joining(", "))
        + ") "
        + operator
        + " ROW("
        + String.join(", ", literals(form, key))
        + ")";
  }

  private static List<String> literals(TargetForm form, List<String> key) {
    List<String> values = new ArrayList<>();
    for (int i = 0; i < key.size(); i++) {
      values.add(Sql.text(key.get(i)) + "::" + form.keyParts().get(i).type());
    }
    return values;
  }

  /** The table is locked against TRUNCATE by now; was it truncated since the snapshot was taken? */
  private void requireSameFile(TableName table, HeldTable held) throws SQLException {
    boolean same =
        session.ask(
            "SELECT relfilenode = pg_catalog.pg_relation_filenode(oid) FROM pg_catalog.pg_class"
                + " WHERE oid = "
                + Sql.text(held.sql())
                + "::pg_catalog.regclass",
            row -> row.getBoolean(1));
    if (!same) {
      throw new TidemarkException(
          ErrorCode.DESTINATION,
          "Cannot read table "
              + table
              + " of the copy at "
              + config.endpoint()
              + ": it was truncated or rewritten since this reader was opened. Open it again.");
    }
  }

  @Override
  public void close() {
    session.close();
  }

  /** Rows as they come. */
  private final class Rows implements Iterator<List<String>> {
    private final ResultSet rows;
    private final int columns;
    private Optional<List<String>> next;

    private Rows(ResultSet rows, int columns) throws SQLException {
      this.rows = rows;
      this.columns = columns;
      this.next = read();
    }

    private Optional<List<String>> read() throws SQLException {
      if (!rows.next()) {
        rows.close();
        return Optional.empty();
      }
      List<String> row = new ArrayList<>(columns);
      for (int i = 1; i <= columns; i++) {
        row.add(rows.getString(i));
      }
      return Optional.of(row);
    }

    @Override
    public boolean hasNext() {
      return next.isPresent();
    }

    @Override
    public List<String> next() {
      List<String> row = next.orElseThrow(NoSuchElementException::new);
      try {
        next = read();
      } catch (SQLException e) {
        throw PostgresLook.unread(config, e);
      }
      return row;
    }
  }
}
