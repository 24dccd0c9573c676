package io.tidemark.snowflake;

import com.fasterxml.jackson.annotation.JsonAutoDetect;
import com.fasterxml.jackson.annotation.PropertyAccessor;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;

/**
 * A sealed file on the stage, with all that a committer needs.
 *
 * @param folder within the stage
 * @param file its name there
 * @param rows how many it has
 */
record Piece(String folder, String file, long rows, Segment segment) {
  /** Records have no other properties than their components. */
  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .disable(MapperFeature.AUTO_DETECT_GETTERS, MapperFeature.AUTO_DETECT_IS_GETTERS)
          .visibility(PropertyAccessor.FIELD, JsonAutoDetect.Visibility.ANY)
          .build();

  String text() {
    return json(this);
  }

  static Piece of(String text) {
    return read(text, Piece.class);
  }

  /** A record of this package as text. */
  static String json(Object value) {
    try {
      return JSON.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /** What {@link #json} has written. */
  static <T> T read(String text, Class<T> type) {
    try {
      return JSON.readValue(text, type);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("Cannot read the state of a table: " + e.getMessage(), e);
    }
  }
}
