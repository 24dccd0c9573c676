package io.tidemark.postgres.type;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.tidemark.api.error.TidemarkException;
import io.tidemark.api.model.Column;
import io.tidemark.api.model.ColumnData;
import io.tidemark.api.model.DataType;
import io.tidemark.api.model.Vector;
import io.tidemark.embedded.EmbeddedPostgres;
import io.tidemark.embedded.Version;
import io.tidemark.postgres.Tried;
import io.tidemark.postgres.type.PgType.Attribute;
import io.tidemark.postgres.type.PgType.Kind;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PgTypesTest {
  private EmbeddedPostgres server;
  private Connection connection;

  @BeforeAll
  void start() throws SQLException {
    server = EmbeddedPostgres.start(Tried.version(Version.V18));
    connection = server.connect();
    execute(
        "CREATE DOMAIN price AS numeric(10,2)",
        "CREATE TYPE mood AS ENUM ('sad', 'ok')",
        "ALTER TYPE mood ADD VALUE 'first' BEFORE 'sad'",
        "CREATE TYPE item AS (name text, price price, gone int, moods mood[])",
        "ALTER TYPE item DROP ATTRIBUTE gone",
        "CREATE TYPE itemrange AS RANGE (subtype = item)",
        "CREATE DOMAIN items AS item[]",
        "CREATE TYPE holder AS (acl aclitem)");
    execute(PinnedSettings.statements().toArray(String[]::new));
  }

  @AfterAll
  void stop() throws SQLException {
    connection.close();
    server.close();
  }

  @Test
  void builtInTypesAreThoseOfTheCatalog() throws SQLException {
    List<Integer> oids = BuiltInTypes.all().stream().map(PgType::oid).toList();
    List<PgType> read = new TypeCatalog(connection).read(oids, java.util.Set.of());
    assertThat(read).containsExactlyInAnyOrderElementsOf(BuiltInTypes.all());
  }

  /** A new base type of a newer version would be held as text, but would have to be asked for. */
  @Test
  void everyTypeThatAColumnMayHaveIsBuiltIn() throws SQLException {
    List<Integer> oids =
        oids(
            "SELECT oid::bigint FROM pg_type WHERE oid < 10000 AND typtype IN ('b', 'r', 'm')"
                // Statistics and summaries, which no table of a user has.
                + " AND typname !~ '^pg_(ndistinct|dependencies|mcv_list|brin_)'"
                + " AND typname NOT LIKE '\\_pg\\_%attribute' AND typname NOT IN"
                + " ('_pg_type', '_pg_proc', '_pg_class', '_cstring', '_record')");
    assertThat(oids).isNotEmpty();
    assertThat(oids.stream().filter(oid -> PgTypes.builtIn().find(oid).isEmpty())).isEmpty();
  }

  @Test
  void readsEverythingThatATypeIsMadeOf() throws SQLException {
    PgTypes types = PgTypes.load(connection, List.of(oid("itemrange"), oid("items")));
    PgType item = types.require(oid("item"));
    assertThat(item.attributes())
        .containsExactly(
            new Attribute(1, "name", 25, -1),
            new Attribute(2, "price", oid("price"), -1),
            new Attribute(4, "moods", oid("mood[]"), -1));
    assertThat(types.require(oid("mood")).labels()).containsExactly("first", "sad", "ok");
    assertThat(types.require(oid("price")).elementTypmod()).isEqualTo((10 << 16 | 2) + 4);
    assertThat(types.require(oid("itemrange")).elementOid()).isEqualTo(oid("item"));
    assertThat(types.base(oid("items")).kind()).isEqualTo(Kind.ARRAY);
    assertThat(types.own()).hasSize(7);
    assertThat(types.require(oid("items")).label()).isEqualTo("public.items");
  }

  @Test
  void keepsDefinitionsAsText() throws SQLException {
    PgTypes types =
        PgTypes.load(connection, List.of(oid("itemrange"), oid("items"), oid("holder")));
    PgTypes back = PgTypes.fromJson(types.toJson());
    assertThat(back.own()).isEqualTo(types.own());
    assertThat(PgTypes.fromJson(PgTypes.builtIn().toJson()).own()).isEmpty();

    PgTypes some = types.reachableFrom(List.of(oid("mood[]"), 1007));
    assertThat(some.own()).extracting(PgType::name).containsExactlyInAnyOrder("mood", "_mood");
  }

  @Test
  void refusesDamagedDefinitions() {
    assertThatThrownBy(() -> PgTypes.fromJson("[{\"oid\":1}]"))
        .isInstanceOf(TidemarkException.class)
        .hasMessage(
            "Cannot read stored type definitions: they are not of the form that was written."
                + " Restore the state or copy the table again.");
    PgType own =
        new PgType(20_000, "s", "t", Kind.ARRAY, 20_000, -1, ',', "", List.of(), List.of());
    String cycle = PgTypes.builtIn().with(List.of(own)).toJson();
    assertThatThrownBy(() -> PgTypes.fromJson(cycle)).isInstanceOf(TidemarkException.class);
  }

  @Test
  void namesATypeThatNobodyKnows() {
    assertThatThrownBy(() -> new TypeMapping(PgTypes.builtIn()).dataType(-7, -1, MisfitPolicy.TEXT))
        .isInstanceOf(TidemarkException.class)
        .hasMessage(
            "Cannot read type 4294967289: neither the catalog nor the stored history knows it."
                + " Copy the table again.");
  }

  @Test
  void tellsWhatABinaryStreamCannotCarry() throws SQLException {
    PgTypes types = PgTypes.load(connection, List.of(oid("holder"), oid("items")));
    assertThat(types.streamsInBinary(1033)).as("aclitem comes as text by itself").isTrue();
    assertThat(types.copiesInBinary(1033)).isFalse();
    assertThat(types.streamsInBinary(1034)).as("aclitem[]").isFalse();
    assertThat(types.streamsInBinary(oid("holder"))).isFalse();
    assertThat(types.streamsInBinary(790)).as("money").isFalse();
    assertThat(types.streamsInBinary(oid("items"))).isTrue();
    assertThat(types.copyExpression(oid("items"), "\"v\"")).isEqualTo("\"v\"");
    assertThat(types.copyExpression(790, "\"v\""))
        .isEqualTo(
            "CASE WHEN pg_catalog.num_nulls(\"v\") = 0 THEN pg_catalog.format('%s', \"v\") END");
  }

  @Test
  void valuesOutgrowTheDefinitionAndKeepTheirText() throws SQLException {
    execute(
        "CREATE TYPE public.pair AS (a int, b text)", "CREATE TABLE public.pairs (v public.pair)");
    int oid = oid("pair");
    PgTypes before = PgTypes.load(connection, List.of(oid));
    DataType held = new TypeMapping(before).dataType(oid, -1, MisfitPolicy.RAW);
    execute("INSERT INTO public.pairs VALUES ((1, 'x'))");
    byte[] old = CopyOut.binary(connection, "SELECT v FROM public.pairs").get(0);
    execute(
        "ALTER TYPE public.pair ADD ATTRIBUTE c inet",
        "ALTER TYPE public.pair ADD ATTRIBUTE m public.mood");
    execute("UPDATE public.pairs SET v.c = '1.2.3.4', v.m = 'ok'");
    byte[] inet = CopyOut.binary(connection, "SELECT v FROM public.pairs").get(0);

    // The field's type was not there when the definition was read.
    ColumnData first = new ColumnData(Vector.of(held));
    ColumnCodec codec = new Codecs(before).codec(oid, held, MisfitPolicy.RAW);
    codec.binary(old, 0, old.length, first);
    assertThatThrownBy(() -> codec.binary(inet, 0, inet.length, first))
        .isInstanceOf(MalformedValueException.class)
        .hasMessageContaining("public.pair: its field 4 is of type " + oid("public.mood"));

    // Known types, another definition: the whole value keeps its text; old values still fit.
    PgTypes after = PgTypes.load(connection, List.of(oid));
    for (PgTypes types : List.of(before.with(after.own()), after)) {
      ColumnData out = new ColumnData(Vector.of(held));
      ColumnCodec altered = new Codecs(types).codec(oid, held, MisfitPolicy.RAW);
      altered.binary(inet, 0, inet.length, out);
      altered.binary(old, 0, old.length, out);
      byte[] text = CopyOut.text(connection, "SELECT v FROM public.pairs").get(0);
      altered.text(text, 0, text.length, out);
      PgText printer = PgText.of(types, column(oid, held));
      assertThat(out.raw(0)).isEqualTo("(1,x,1.2.3.4,ok)");
      assertThat(out.raw(1)).isNull();
      assertThat(printer.text(out, 1)).contains("(1,x)");
      assertThat(out.raw(2)).isEqualTo("(1,x,1.2.3.4,ok)");
    }

    // A definition that lost what the column is held by: nothing fits, and nothing is guessed.
    execute("ALTER TYPE public.pair DROP ATTRIBUTE a");
    PgTypes shorter = PgTypes.load(connection, List.of(oid));
    ColumnData out = new ColumnData(Vector.of(held));
    new Codecs(shorter).codec(oid, held, MisfitPolicy.RAW).binary(old, 0, old.length, out);
    assertThat(out.raw(0)).isEqualTo("(1,x)");
    assertThat(PgText.of(shorter, column(oid, held)).text(first, 0)).contains("(1,x)");
  }

  @Test
  void textsThatAreNoUtf8KeepTheirBytes() {
    byte[] latin = {'a', (byte) 0xFC, 'b'};
    byte[] good = "grün, länger als acht".getBytes(java.nio.charset.StandardCharsets.UTF_8);
    ColumnCodec codec =
        new Codecs(PgTypes.builtIn(), Codecs.Texts.CHECKED)
            .codec(25, new DataType.Text(), MisfitPolicy.RAW);
    ColumnData out = new ColumnData(Vector.of(new DataType.Text()));
    codec.binary(latin, 0, 3, out);
    codec.text(latin, 0, 3, out);
    codec.binary(good, 0, good.length, out);
    codec.text(good, 0, good.length, out);
    PgText printer = PgText.of(PgTypes.builtIn(), column(25, new DataType.Text()));
    List<String> texts = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      texts.add(printer.text(out, i).orElseThrow());
    }
    assertThat(texts)
        .containsExactly(
            "\\x61fc62", "\\x61fc62", "grün, länger als acht", "grün, länger als acht");
    assertThat(out.raw(0)).isNotNull();
    assertThat(out.raw(2)).isNull();
  }

  private static Column column(int oid, DataType held) {
    return new Column(1, "v", held, "v", oid, -1, false, false, Optional.empty());
  }

  private int oid(String type) throws SQLException {
    String name = type.contains(".") ? type : "public." + type;
    return oids("SELECT '" + name + "'::regtype::oid::bigint").get(0);
  }

  private List<Integer> oids(String sql) throws SQLException {
    List<Integer> oids = new ArrayList<>();
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      while (rows.next()) {
        oids.add((int) rows.getLong(1));
      }
    }
    return oids;
  }

  private void execute(String... statements) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }
}
