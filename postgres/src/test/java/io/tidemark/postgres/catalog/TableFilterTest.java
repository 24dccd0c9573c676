package io.tidemark.postgres.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.api.model.TableName;
import java.util.List;
import org.junit.jupiter.api.Test;

class TableFilterTest {
  private static boolean selects(List<String> include, List<String> exclude, String table) {
    return new TableFilter(include, exclude).selects(TableName.parse(table));
  }

  @Test
  void takesWhatFitsAPatternAndNoneThatExcludes() {
    assertThat(selects(List.of("*.*"), List.of(), "a.b")).isTrue();
    assertThat(selects(List.of("*.*"), List.of("a.*"), "a.b")).isFalse();
    assertThat(selects(List.of("orders"), List.of(), "public.orders")).isTrue();
    assertThat(selects(List.of("orders"), List.of(), "sales.orders")).isFalse();
    assertThat(selects(List.of("sales.o?ders*"), List.of(), "sales.orders_2026")).isTrue();
    assertThat(selects(List.of("sales.a+b"), List.of(), "sales.aab")).isFalse();
  }

  @Test
  void neverTakesTheServersOwnTables() {
    assertThat(selects(List.of("*.*"), List.of(), "pg_catalog.pg_class")).isFalse();
    assertThat(selects(List.of("*.*"), List.of(), "information_schema.tables")).isFalse();
  }
}
