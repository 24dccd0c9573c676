package io.tidemark.duckdb;

import static io.tidemark.duckdb.LakeTable.BIGINT;
import static io.tidemark.duckdb.LakeTable.INTEGER;
import static io.tidemark.duckdb.LakeTable.TEXT;
import static io.tidemark.duckdb.LakeTable.column;
import static io.tidemark.duckdb.LakeTable.schema;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.api.copy.CopiedTable;
import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.DataType;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.model.TableSchema.ReplicaIdentity;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files of several versions of a table's form, read as one table of the newest. */
class FormChangeTest {
  private static final ReplicaIdentity DEFAULT = ReplicaIdentity.DEFAULT;
  private static final DataType MONEY = new DataType.Decimal(9, 2);

  @TempDir Path folder;

  private static List<String> row(String... values) {
    return Arrays.asList(values);
  }

  private List<List<String>> rows(LakeTable lake) {
    return new Reading(folder).rows(lake);
  }

  private LakeTable evolved() throws Exception {
    return new LakeTable(
            folder,
            schema(
                "s.t",
                1,
                DEFAULT,
                List.of(1),
                column(1, "id", INTEGER),
                column(2, "a", TEXT),
                column(3, "b", TEXT),
                column(4, "n", MONEY)))
        .file(
            Change.of('c', 10, 0, "1", "a1", "b1", "1.50"),
            Change.of('c', 10, 1, "2", "a2", "b2", Cell.raw("NaN")),
            Change.of('c', 10, 2, "3", "a3", "b3", "3.00"))
        // a goes, b takes its name, n widens and id too, c comes with a default.
        .version(
            schema(
                "s.t",
                2,
                DEFAULT,
                List.of(1),
                column(1, "id", BIGINT),
                column(3, "a", TEXT),
                column(4, "n", new DataType.Decimal(20, 2)),
                column(5, "c", TEXT, "text", "it's")))
        .file(
            Change.of('u', 20, 0, "2", Cell.UNCHANGED, Cell.UNCHANGED, Cell.UNCHANGED),
            Change.of('c', 20, 1, "5000000000", "b5", "123456789012345678.25", null),
            Change.of('d', 20, 2, "3"))
        // n becomes a numeric without precision, a takes another name.
        .version(
            schema(
                "s.t",
                3,
                DEFAULT,
                List.of(1),
                column(1, "id", BIGINT),
                column(3, "z", TEXT),
                column(4, "n", TEXT, "numeric", null),
                column(5, "c", TEXT, "text", "it's"),
                column(6, "d", new DataType.ListOf(INTEGER), "integer[]", "{1,NULL}")))
        .file(
            Change.of('u', 30, 0, "1", Cell.UNCHANGED, Cell.UNCHANGED, Cell.UNCHANGED, "{7}"),
            Change.of('c', 30, 1, "6", "b6", "NaN", "c6", null));
  }

  @Test
  void columnsAreKnownByTheirNumberWhateverTheirName() throws Exception {
    assertThat(rows(evolved()))
        .containsExactly(
            row("1", "b1", "1.50", "it's", "{7}"),
            row("2", "b2", "NaN", "it's", "{1,NULL}"),
            row("6", "b6", "NaN", "c6", null),
            row("5000000000", "b5", "123456789012345678.25", null, "{1,NULL}"));
  }

  @Test
  void changesAreInTheNewestFormToo() throws Exception {
    assertThat(
            new Reading(folder)
                .json(
                    "SELECT id, z, n, c, d, _op, _lsn, _unchanged FROM t_changes ORDER BY _lsn, _seq"
                        + " LIMIT 4",
                    evolved()))
        .isEqualTo(
            """
            [{"id":1,"z":"b1","n":"1.50","c":"it's","d":[1,null],"_op":"c","_lsn":10,"_unchanged":null},\
            {"id":2,"z":"b2","n":"NaN","c":"it's","d":[1,null],"_op":"c","_lsn":10,"_unchanged":null},\
            {"id":3,"z":"b3","n":"3.00","c":"it's","d":[1,null],"_op":"c","_lsn":10,"_unchanged":null},\
            {"id":2,"z":null,"n":null,"c":null,"d":[1,null],"_op":"u","_lsn":20,"_unchanged":["a","n","c"]}]""");
  }

  @Test
  void aBackfillThatItsTypeCannotHoldIsRawText() throws Exception {
    LakeTable lake =
        new LakeTable(folder, schema("t", 1, DEFAULT, List.of(1), column(1, "id", INTEGER)))
            .file(Change.of('c', 10, 0, "1"))
            .version(
                schema(
                    "t",
                    2,
                    DEFAULT,
                    List.of(1),
                    column(1, "id", INTEGER),
                    column(2, "n", MONEY, "numeric(9,2)", "NaN")))
            .file(Change.of('c', 20, 0, "2", "5.00"));
    assertThat(rows(lake)).containsExactly(row("1", "NaN"), row("2", "5.00"));
  }

  @Test
  void theKeyMayBecomeAnother() throws Exception {
    TableSchema byId =
        schema("t", 1, DEFAULT, List.of(1), column(1, "id", INTEGER), column(2, "code", TEXT));
    TableSchema byCode =
        schema("t", 2, DEFAULT, List.of(2), column(1, "id", INTEGER), column(2, "code", TEXT));
    LakeTable lake =
        new LakeTable(folder, byId)
            .file(
                Change.of('c', 10, 0, "1", "a"),
                Change.of('c', 10, 1, "2", "b"),
                Change.of('c', 10, 2, "3", "c"),
                Change.of('d', 10, 3, "3"))
            .version(byCode)
            .file(
                Change.of('d', 20, 0, null, "a"),
                Change.of('u', 20, 1, "3", "b"),
                Change.of('c', 20, 2, "1", "d"))
            .version(schema("t", 3, DEFAULT, List.of(2), column(2, "code", TEXT)))
            .file(Change.of('c', 30, 0, "e"));
    assertThat(rows(lake)).containsExactly(row("b"), row("d"), row("e"));
  }

  @Test
  void aTableMadeAgainHasItsOwnColumnNumbers() throws Exception {
    TableSchema again =
        new TableSchema(
            evolved().newest().name(),
            99_999,
            4,
            List.of(column(1, "z", INTEGER), column(2, "id", BIGINT)),
            List.of(2),
            DEFAULT,
            false);
    LakeTable lake =
        evolved().version(again).file(Change.truncate(40, 0), Change.of('r', 40, 1, "7", "1"));
    assertThat(rows(lake)).containsExactly(row("7", "1"));
    // What z was before was text that is no number: its history stays readable.
    assertThat(
            new Reading(folder)
                .json(
                    "SELECT z, z__raw, id FROM t_changes WHERE _op <> 't' ORDER BY _lsn, _seq LIMIT 1",
                    lake))
        .isEqualTo("[{\"z\":null,\"z__raw\":null,\"id\":1}]");
    assertThat(
            new Reading(folder)
                .json("SELECT z, z__raw, id FROM t_changes WHERE _lsn = 30 AND _seq = 1", lake))
        .isEqualTo("[{\"z\":null,\"z__raw\":\"b6\",\"id\":6}]");
  }

  @Test
  void namesThatDifferInTheirCaseAloneStayApart() throws Exception {
    LakeTable lake =
        new LakeTable(
                folder,
                schema(
                    "t",
                    1,
                    DEFAULT,
                    List.of(1),
                    column(1, "id", INTEGER),
                    column(2, "Id", TEXT),
                    column(3, "odd \"name", TEXT)))
            .file(Change.of('c', 10, 0, "1", "x", "y"));
    assertThat(rows(lake)).containsExactly(row("1", "x", "y"));
    assertThat(new Reading(folder).json("FROM t", lake))
        .isEqualTo("[{\"id\":1,\"Id_2\":\"x\",\"odd \\\"name\":\"y\"}]");
  }

  @Test
  void aFileThatDoesNotFitItsVersionIsRefused() throws Exception {
    LakeTable lake = evolved();
    CopiedTable copied = lake.copied();
    List<CopiedTable.DataFile> swapped =
        List.of(new CopiedTable.DataFile(copied.files().get(0).path(), 1, 2, List.of(), false));
    Reading reading = new Reading(folder);
    try (DuckDbQuery query =
        DuckDbQuery.open(
            Reading.TIDEMARK,
            0,
            List.of(new CopiedTable(copied.versions(), copied.state(), swapped)),
            reading.options())) {
      assertThatThrownBy(() -> query.run("FROM t"))
          .isInstanceOf(TidemarkException.class)
          .hasMessageContaining("its column 3 is not 'n' of version 2 of s.t");
    }
  }
}
