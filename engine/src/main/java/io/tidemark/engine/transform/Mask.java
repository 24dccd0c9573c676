package io.tidemark.engine.transform;

import io.tidemark.api.model.BytesVector;
import io.tidemark.api.model.ChangeBatch;
import io.tidemark.api.model.Column;
import io.tidemark.api.model.ColumnData;
import io.tidemark.api.model.DataType;
import io.tidemark.api.model.TablePatterns;
import io.tidemark.api.model.TableSchema;
import io.tidemark.api.model.Vector;
import io.tidemark.api.transform.Transform;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * Hides values of columns, in new rows, old rows and defaults alike. Each value is masked by
 * itself, so an unchanged TOAST value stays unchanged: the copy holds it masked already. Equal
 * values give equal hashes under one key, so hashed columns can still be joined, and a key that is
 * hashed still tells rows apart; other masks are refused for a key.
 */
final class Mask implements Transform {
  private static final String NAME = "mask";

  /** How a value is hidden. */
  enum Way {
    /** A fixed text. */
    REDACT,
    /** 64 hexadecimal digits of HMAC-SHA256 under the key. */
    HASH,
    /** Stars for all but the last signs. */
    PARTIAL,
    /** No value. */
    NULL
  }

  /**
   * What a mask does.
   *
   * @param columns column name to the way it is hidden
   * @param key of hashes; empty where none is hashed
   * @param text what a redacted value becomes
   * @param keep how many signs at the end a partial mask leaves
   */
  record Config(
      TablePatterns tables, Map<String, Way> columns, String key, String text, int keep) {}

  private final Config config;
  private final Mac mac;

  Mask(Config config) {
    this.config = config;
    this.mac = config.key().isEmpty() ? null : mac(config.key());
  }

  private static Mac mac(String key) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(key.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
      return mac;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("Cannot hash: this JVM lacks HMAC-SHA256.", e);
    }
  }

  @Override
  public Optional<TableSchema> schema(TableSchema schema) {
    if (!config.tables().fit(schema.name())) {
      return Optional.of(schema);
    }
    for (String name : config.columns().keySet()) {
      if (schema.column(name).isEmpty() && config.tables().name(schema.name())) {
        throw Misfit.missing(NAME, schema, name);
      }
    }
    List<Column> columns = new ArrayList<>();
    for (Column column : schema.columns()) {
      Way way = config.columns().get(column.name());
      columns.add(way == null ? column : masked(schema, column, way));
    }
    return Optional.of(Misfit.with(schema, columns));
  }

  private Column masked(TableSchema schema, Column column, Way way) {
    if (schema.key().contains(column.attnum()) && way != Way.HASH) {
      throw Misfit.of(
          NAME,
          schema.name(),
          "column '"
              + column.name()
              + "' is part of the key, and "
              + way.name().toLowerCase(java.util.Locale.ROOT)
              + " would make rows alike. Use hash.");
    }
    boolean nested =
        column.type() instanceof DataType.ListOf || column.type() instanceof DataType.Struct;
    if (nested && (way == Way.HASH || way == Way.PARTIAL)) {
      throw Misfit.of(
          NAME,
          schema.name(),
          "column '" + column.name() + "' is no single value. Use redact or null.");
    }
    boolean none = way == Way.NULL;
    return new Column(
        column.attnum(),
        column.name(),
        none ? column.type() : new DataType.Text(),
        none ? column.pgType() : "text",
        none ? column.typeOid() : 25,
        none ? column.typmod() : -1,
        column.notNull() && !none,
        column.generated(),
        none ? Optional.empty() : column.backfill().map(text -> hidden(way, text)));
  }

  @Override
  public boolean alters(TableSchema schema) {
    return config.tables().fit(schema.name());
  }

  @Override
  public ChangeBatch apply(ChangeBatch batch) {
    if (!config.tables().fit(batch.table())) {
      return batch;
    }
    TableSchema schema = schema(batch.schema()).orElseThrow();
    return batch.as(
        schema,
        masked(batch, batch.columns()),
        batch.hasBefore() ? masked(batch, batch.before()) : null);
  }

  private List<ColumnData> masked(ChangeBatch batch, List<ColumnData> columns) {
    List<ColumnData> masked = new ArrayList<>();
    for (int c = 0; c < columns.size(); c++) {
      Column column = batch.schema().columns().get(c);
      Way way = config.columns().get(column.name());
      masked.add(way == null ? columns.get(c) : masked(column.type(), columns.get(c), way));
    }
    return masked;
  }

  private ColumnData masked(DataType type, ColumnData from, Way way) {
    int size = from.vector().size();
    if (way == Way.NULL) {
      ColumnData none = new ColumnData(Vector.of(type, Math.max(1, size)));
      for (int i = 0; i < size; i++) {
        none.vector().addNull();
      }
      return none;
    }
    ColumnData to = new ColumnData(Vector.of(new DataType.Text(), Math.max(1, size)));
    BytesVector texts = (BytesVector) to.vector();
    for (int i = 0; i < size; i++) {
      if (from.isUnchanged(i)) {
        to.addUnchanged();
      } else if (from.isSourceNull(i)) {
        texts.addNull();
      } else {
        String raw = from.raw(i);
        texts.add(hidden(way, raw != null ? raw : ValueText.of(type, from.vector(), i)));
      }
    }
    return to;
  }

  private String hidden(Way way, String value) {
    return switch (way) {
      case REDACT, NULL -> config.text();
      case HASH -> HexFormat.of().formatHex(mac.doFinal(value.getBytes(StandardCharsets.UTF_8)));
      case PARTIAL -> partial(value);
    };
  }

  private String partial(String value) {
    int signs = value.codePointCount(0, value.length());
    if (signs <= config.keep()) {
      return "*".repeat(signs);
    }
    int from = value.offsetByCodePoints(0, signs - config.keep());
    return "*".repeat(signs - config.keep()) + value.substring(from);
  }
}
