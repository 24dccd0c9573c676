package io.tidemark.testkit.seen;

import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.Column;
import io.tidemark.api.model.DataType;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.model.TableSchema.ReplicaIdentity;
import io.tidemark.api.model.TableState.Phase;
import io.tidemark.testkit.Batches;
import io.tidemark.testkit.Form;
import java.math.BigDecimal;
import java.util.List;
import java.util.Optional;

/**
 * A change of a table's form, as a sink sees it.
 *
 * @param name what happens at the source
 * @param comes how a sink learns of it
 * @param newest the form under which readers see the table at the end
 * @param steps what is given, one flush each
 * @param older a table that the source has no more, seen beside; null where there is none
 */
record FormCase(
    String name, String comes, TableSchema newest, List<Step> steps, ChangeBatch older) {
  private static final String FORM = "a new form";
  private static final String COPY = "a new form and a new copy";
  private static final String PARTITION = "rows of the partition";

  /** The table that changes. */
  private static final TableSchema FIRST =
      Form.of("public.v")
          .key("id", Form.BIGINT)
          .column("name", Form.TEXT)
          .column("v", Form.INTEGER)
          .schema();

  private static final TableSchema PARTS =
      Form.of("public.parts").key("id", Form.BIGINT).column("v", Form.TEXT).partitioned().schema();

  /**
   * One flush.
   *
   * @param phase of the table from this flush on
   */
  record Step(ChangeBatch rows, Phase phase) {}

  private static Step in(Phase phase, ChangeBatch rows) {
    return new Step(rows, phase);
  }

  private static Step step(ChangeBatch rows) {
    return in(Phase.MEMBER, rows);
  }

  private static FormCase of(String name, String comes, TableSchema newest, Step... steps) {
    return new FormCase(name, comes, newest, List.of(steps), null);
  }

  private static Batches first() {
    return Batches.of(FIRST).at(100).insert(1L, "a", 7L);
  }

  /** Rows of a form, then those of the next. */
  private static FormCase form(String name, TableSchema next, Batches rows) {
    return of(name, FORM, next, step(first().insert(2L, "b", 8L).batch()), step(rows.batch()));
  }

  private static FormCase copy(String name, TableSchema next, Batches rows) {
    return of(
        name,
        COPY,
        next,
        step(first().insert(2L, "b", 8L).batch()),
        in(Phase.COPYING, rows.batch()),
        step(Batches.of(next).at(400).delete(1L).batch()));
  }

  static List<FormCase> all() {
    return List.of(
        added(),
        backFilled(),
        addedByRewrite(),
        form(
            "DROP COLUMN",
            Form.next(FIRST).drop("name").schema(),
            Batches.of(Form.next(FIRST).drop("name").schema()).at(200).update(1L, 9L)),
        form(
            "RENAME COLUMN",
            Form.next(FIRST).rename("name", "title").schema(),
            Batches.of(Form.next(FIRST).rename("name", "title").schema())
                .at(200)
                .update(1L, "aa", 9L)),
        swapped(),
        dropAndAdd(),
        widened(),
        precision(),
        decimalToText(),
        narrowed(),
        retyped(),
        of(
            "new label of an enum",
            "nothing but rows",
            FIRST,
            step(first().batch()),
            step(Batches.of(FIRST).at(200).insert(2L, "a new label", 1L).batch())),
        keyAdded(),
        identityFull(),
        tableRenamed(),
        of(
            "DROP TABLE",
            "the table is detached, its rows stay",
            FIRST,
            step(first().batch()),
            in(Phase.DETACHED, new ChangeBatch(FIRST))),
        of(
            "TRUNCATE",
            "a TRUNCATE",
            FIRST,
            step(first().batch()),
            step(Batches.of(FIRST).at(200).truncate().insert(2L, "b").batch())),
        attached(),
        detached());
  }

  private static FormCase added() {
    TableSchema next = Form.next(FIRST).column("more", Form.TEXT).schema();
    return form("ADD COLUMN", next, Batches.of(next).at(200).insert(3L, "c", 1L, "new"));
  }

  private static FormCase backFilled() {
    TableSchema next = Form.next(FIRST).column("more", Form.MONEY, "4.20").schema();
    return form(
        "ADD COLUMN with a constant default",
        next,
        Batches.of(next).at(200).insert(3L, "c", 1L, new BigDecimal("1.00")));
  }

  private static FormCase addedByRewrite() {
    TableSchema next = Form.next(FIRST).column("more", Form.TEXT).schema();
    return copy(
        "ADD COLUMN with a volatile default",
        next,
        Batches.of(next).at(299).attempt().read(1L, "a", 7L, "x").read(2L, "b", 8L, "y"));
  }

  private static FormCase swapped() {
    TableSchema next =
        Form.next(
                Form.of("public.v")
                    .key("id", Form.BIGINT)
                    .column("v", Form.TEXT)
                    .column("name", Form.INTEGER)
                    .schema())
            .schema();
    return form(
        "two columns swap their names", next, Batches.of(next).at(200).update(1L, "aa", 9L));
  }

  private static FormCase dropAndAdd() {
    TableSchema next = Form.next(FIRST).drop("v").gone().column("v", Form.TEXT).schema();
    return form(
        "DROP and ADD of a column of one name",
        next,
        Batches.of(next).at(200).update(1L, "a", "another"));
  }

  private static FormCase widened() {
    TableSchema next = Form.next(FIRST).retype("v", Form.BIGINT).schema();
    return copy(
        "ALTER TYPE integer to bigint",
        next,
        Batches.of(next).at(299).attempt().read(1L, "a", 7L).read(2L, "b", 1L << 40));
  }

  private static FormCase precision() {
    TableSchema first = priced(new DataType.Decimal(8, 2));
    TableSchema next = Form.next(first).retype("v", new DataType.Decimal(20, 2)).schema();
    return of(
        "ALTER TYPE numeric(8,2) to numeric(20,2)",
        FORM,
        next,
        step(Batches.of(first).at(100).insert(1L, new BigDecimal("1.25")).batch()),
        step(Batches.of(next).at(200).insert(2L, new BigDecimal("123456789012.25")).batch()));
  }

  private static FormCase decimalToText() {
    TableSchema first = priced(new DataType.Decimal(8, 2));
    Column numeric =
        new Column(
            2, "v", new DataType.Text(), "numeric", 1700, -1, false, false, Optional.empty());
    TableSchema next =
        new TableSchema(
            first.name(),
            first.relationOid(),
            2,
            List.of(first.columns().get(0), numeric),
            first.key(),
            first.identity(),
            false);
    return of(
        "ALTER TYPE numeric(8,2) to numeric",
        FORM,
        next,
        step(Batches.of(first).at(100).insert(1L, new BigDecimal("1.25")).batch()),
        step(Batches.of(next).at(200).insert(2L, "0.00000000000000000001").batch()));
  }

  private static TableSchema priced(DataType type) {
    return Form.of("public.v").key("id", Form.BIGINT).column("v", type).schema();
  }

  private static FormCase narrowed() {
    TableSchema next = Form.next(FIRST).retype("v", new DataType.Int(16)).schema();
    return copy(
        "ALTER TYPE integer to smallint",
        next,
        Batches.of(next).at(299).attempt().read(1L, "a", 7L).read(2L, "b", 8L));
  }

  private static FormCase retyped() {
    TableSchema next = Form.next(FIRST).retype("v", new DataType.Date()).schema();
    return copy(
        "ALTER TYPE integer to date, USING",
        next,
        Batches.of(next)
            .at(299)
            .attempt()
            .read(1L, "a", java.time.LocalDate.of(2026, 1, 8))
            .read(2L, "b", null));
  }

  private static FormCase keyAdded() {
    TableSchema loose =
        Form.of("public.v")
            .column("id", Form.BIGINT)
            .column("v", Form.TEXT)
            .identity(ReplicaIdentity.FULL)
            .schema();
    TableSchema keyed =
        new TableSchema(
            loose.name(),
            loose.relationOid(),
            2,
            loose.columns(),
            List.of(1),
            loose.identity(),
            false);
    return of(
        "ADD PRIMARY KEY",
        FORM,
        keyed,
        step(Batches.of(loose).at(100).insert(1L, "a").insert(2L, "b").batch()),
        step(Batches.of(keyed).at(200).update(1L, "aa").oldRow(1L, "a").delete(2L, "b").batch()));
  }

  private static FormCase identityFull() {
    TableSchema next = Form.next(FIRST).identity(ReplicaIdentity.FULL).schema();
    return form(
        "REPLICA IDENTITY FULL",
        next,
        Batches.of(next).at(200).update(1L, "aa", 7L).oldRow(1L, "a", 7L).delete(2L, "b", 8L));
  }

  private static FormCase tableRenamed() {
    TableSchema next =
        Form.of("public.renamed")
            .key("id", Form.BIGINT)
            .column("name", Form.TEXT)
            .column("v", Form.INTEGER)
            .schema();
    return new FormCase(
        "RENAME TABLE",
        "the old one is detached, the new one copied",
        next,
        List.of(
            step(first().batch()),
            in(Phase.DETACHED, new ChangeBatch(FIRST)),
            in(Phase.COPYING, Batches.of(next).at(299).attempt().read(1L, "a", 7L).batch()),
            step(Batches.of(next).at(400).update(1L, "aa", 8L).batch())),
        first().batch());
  }

  private static FormCase attached() {
    return of(
        "ATTACH of a partition with rows",
        PARTITION,
        PARTS,
        step(Batches.of(PARTS).at(100).insert(1L, "a").leaf("public.p1").batch()),
        in(
            Phase.CATCHING_UP,
            Batches.of(PARTS)
                .at(199)
                .attempt()
                .leaf("public.p2")
                .read(2L, "b")
                .leaf("public.p2")
                .batch()),
        step(Batches.of(PARTS).at(300).update(2L, "bb").leaf("public.p2").batch()));
  }

  private static FormCase detached() {
    return of(
        "DETACH or DROP of a partition",
        "a TRUNCATE of the partition",
        PARTS,
        step(
            Batches.of(PARTS)
                .at(100)
                .insert(1L, "a")
                .leaf("public.p1")
                .insert(2L, "b")
                .leaf("public.p2")
                .batch()),
        step(Batches.of(PARTS).at(200).truncate().leaf("public.p2").batch()));
  }
}
