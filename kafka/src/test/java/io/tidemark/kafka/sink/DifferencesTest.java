package io.tidemark.kafka.sink;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** A comparison that cannot find a planted difference would prove nothing. */
class DifferencesTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String KEY = "{\"id\":1}";
  private static final String VALUE =
      "{\"schema\":{\"fields\":[{\"type\":\"int32\",\"field\":\"id\"}]},\"payload\":{\"id\":1}}";

  private static List<String> found(String key, String value, Map<String, String> headers)
      throws Exception {
    Differences differences = new Differences();
    differences.compare(
        "t",
        List.of(new DebeziumEvents.Event(KEY, JSON.readTree(KEY), JSON.readTree(VALUE), Map.of())),
        List.of(
            new Topic.Record(
                0,
                0,
                key.getBytes(StandardCharsets.UTF_8),
                value == null ? null : value.getBytes(StandardCharsets.UTF_8),
                headers)));
    return differences.found().stream().map(Differences.Difference::path).toList();
  }

  @Test
  void everyPlantedDifferenceIsFound() throws Exception {
    assertThat(found(KEY, VALUE, Map.of())).isEmpty();
    assertThat(found("{\"id\":2}", VALUE, Map.of())).containsExactly("t[0] key/id");
    assertThat(found(KEY, VALUE.replace("{\"id\":1}", "{\"id\":null}"), Map.of()))
        .containsExactly("t[0] value/payload/id");
    assertThat(found(KEY, VALUE.replace("int32", "int64"), Map.of()))
        .containsExactly("t[0] value/schema/fields/id/type");
    assertThat(found(KEY, null, Map.of())).containsExactly("t[0] value");
    assertThat(found(KEY, VALUE, Map.of("h", "1"))).containsExactly("t[0] headers/h");
    Differences missing = new Differences();
    missing.compare("t", List.of(), List.of(new Topic.Record(0, 0, null, null, Map.of())));
    assertThat(missing.found())
        .extracting(Differences.Difference::path)
        .containsExactly("t events");
  }
}
