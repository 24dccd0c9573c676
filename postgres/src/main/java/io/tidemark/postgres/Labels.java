package io.tidemark.postgres;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The labels of one enum, as they were told. */
final class Labels {
  private final Map<Long, String> byOid;
  private final List<byte[]> texts = new ArrayList<>();

  private Labels(Map<Long, String> byOid) {
    this.byOid = byOid;
    byOid.values().forEach(label -> texts.add(label.getBytes(StandardCharsets.UTF_8)));
  }

  /** The labels of a type of a definition; none where it is a domain. */
  static Labels of(JsonNode type) {
    Map<Long, String> byOid = new LinkedHashMap<>();
    type.path("labels")
        .forEach(each -> byOid.put(each.path("oid").asLong(), each.path("label").asText()));
    return new Labels(byOid);
  }

  /** Them by pg_enum.oid. */
  Map<Long, String> byOid() {
    return byOid;
  }

  /** Whether a label is among them; enums have few, so it is looked for one by one. */
  boolean contains(byte[] data, int from, int to) {
    for (byte[] text : texts) {
      if (Arrays.equals(text, 0, text.length, data, from, to)) {
        return true;
      }
    }
    return false;
  }
}
