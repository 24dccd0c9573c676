package io.tidemark.parquet.state;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.tidemark.api.error.ErrorCode;
import io.tidemark.api.error.TidemarkException;
import java.io.IOException;

/** State objects as JSON. */
final class StateCodec {
  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .build();

  private StateCodec() {}

  static byte[] write(StateObject object) {
    try {
      return JSON.writeValueAsBytes(object);
    } catch (JsonProcessingException e) {
      throw new TidemarkException(
          ErrorCode.INTERNAL, "Cannot write state object " + object.number() + ".", e);
    }
  }

  static StateObject read(String where, byte[] content) {
    try {
      JsonNode tree = JSON.readTree(content);
      int version = tree.path("formatVersion").asInt(0);
      if (version > StateObject.FORMAT_VERSION) {
        throw new TidemarkException(
            ErrorCode.STATE_TOO_NEW,
            "Cannot read "
                + where
                + ": it has format version "
                + version
                + ", this program knows versions up to "
                + StateObject.FORMAT_VERSION
                + ". Use a newer Tidemark for this lake.");
      }
      if (version < 1) {
        throw notState(where, null);
      }
      return JSON.treeToValue(tree, StateObject.class);
    } catch (IOException e) {
      throw notState(where, e);
    }
  }

  private static TidemarkException notState(String where, Exception cause) {
    return new TidemarkException(
        ErrorCode.DESTINATION_CHANGED,
        "Cannot read "
            + where
            + ": it is no state object. Restore the folder _tidemark from a backup, or let the"
            + " pipeline begin in an empty place.",
        cause);
  }

  /** A sealed piece as text. */
  static String writeFile(LakeFile file) {
    try {
      return JSON.writeValueAsString(file);
    } catch (JsonProcessingException e) {
      throw new TidemarkException(ErrorCode.INTERNAL, "Cannot describe a data file.", e);
    }
  }

  /** Reads what {@link #writeFile} wrote. */
  static LakeFile readFile(String text) {
    try {
      return JSON.readValue(text, LakeFile.class);
    } catch (JsonProcessingException e) {
      throw new TidemarkException(
          ErrorCode.INTERNAL, "Cannot read the description of a data file.", e);
    }
  }
}
