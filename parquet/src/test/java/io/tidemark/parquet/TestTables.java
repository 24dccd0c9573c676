package io.tidemark.parquet;

import io.tidemark.api.model.Column;
import io.tidemark.api.model.DataType;
import io.tidemark.api.model.TableName;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.model.TableSchema.ReplicaIdentity;
import java.util.List;
import java.util.Optional;

/** Tables that tests write. */
public final class TestTables {
  private TestTables() {}

  /** The bank's {@code transactions}. */
  public static TableSchema transactions() {
    return new TableSchema(
        new TableName("public", "transactions"),
        16400,
        1,
        List.of(
            column(1, "id", new DataType.Int(64), "bigint"),
            column(2, "account_id", new DataType.Int(64), "bigint"),
            column(3, "txn_type", new DataType.Text(), "text"),
            column(4, "amount", new DataType.Decimal(12, 2), "numeric(12,2)"),
            column(5, "related_account_id", new DataType.Int(64), "bigint"),
            column(6, "status", new DataType.Text(), "text"),
            column(7, "created_at", new DataType.Timestamp(true), "timestamp with time zone")),
        List.of(1),
        ReplicaIdentity.DEFAULT,
        false);
  }

  /** A column without any peculiarity. */
  public static Column column(int attnum, String name, DataType type, String pgType) {
    return new Column(attnum, name, type, pgType, 0, -1, false, false, Optional.empty());
  }
}
