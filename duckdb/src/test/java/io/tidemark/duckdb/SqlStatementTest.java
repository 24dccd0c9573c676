package io.tidemark.duckdb;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.api.model.TableName;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What a statement is, and the tables that it may read. */
class SqlStatementTest {
  @Test
  void wordsAreFoundWhereverTheyStand() {
    assertThat(
            SqlStatement.of(
                    "/* a /* b */ c */ SELECT x.\"Odd \"\"T\"\"\", 'it''s', e'\\'s', $$no$$ FROM Bar -- baz\n;")
                .words())
        .containsExactlyInAnyOrder("select", "x", "odd \"t\"", "it's", "e", "'s", "from", "bar");
  }

  @Test
  void semicolonsInTextsEndNothing() {
    assertThat(SqlStatement.of("SELECT ';' , \";\", $t$;$t$ ; -- end").text())
        .isEqualTo("SELECT ';' , \";\", $t$;$t$ ");
  }

  @Test
  void theTablesThatAStatementMayReadAreKnownBeforeAnyIsOpened() {
    List<TableName> tables =
        List.of(
            new TableName("a", "orders"),
            new TableName("b", "Orders"),
            new TableName("a", "items"),
            new TableName("a", "order"));
    assertThat(tables.stream().filter(DuckDbQuery.mayRead("FROM ORDERS")))
        .containsExactly(tables.get(0), tables.get(1));
    assertThat(tables.stream().filter(DuckDbQuery.mayRead("SELECT 1 FROM a.\"items_changes\"")))
        .containsExactly(tables.get(2));
    assertThat(tables.stream().filter(DuckDbQuery.mayRead("SHOW TABLES"))).hasSize(4);
    assertThat(tables.stream().filter(DuckDbQuery.mayRead("FROM tidemark_tables"))).hasSize(4);
    assertThat(tables.stream().filter(DuckDbQuery.mayRead("FROM tidemark"))).isEmpty();
  }

  @Test
  void typesAreTakenApart() {
    assertThat(TypeName.parse("STRUCT(a TIMESTAMP WITH TIME ZONE, \"b \"\"c\" DECIMAL(5,2)[3][])"))
        .satisfies(
            type -> {
              assertThat(type.head()).isEqualTo("STRUCT");
              assertThat(type.fields()).containsExactly("a", "b \"c");
              assertThat(type.parts().get(0).head()).isEqualTo("TIMESTAMP WITH TIME ZONE");
              TypeName lists = type.parts().get(1);
              assertThat(lists.isList()).isTrue();
              assertThat(lists.parts().get(0).length()).isEqualTo(3);
              assertThat(lists.parts().get(0).parts().get(0).head()).isEqualTo("DECIMAL(5,2)");
            });
    assertThat(TypeName.parse("MAP(VARCHAR, ENUM('a)', 'b'))").parts())
        .extracting(TypeName::head)
        .containsExactly("VARCHAR", "ENUM('a)', 'b')");
  }
}
