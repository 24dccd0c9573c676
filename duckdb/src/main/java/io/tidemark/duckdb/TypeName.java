package io.tidemark.duckdb;

import java.util.ArrayList;
import java.util.List;

/**
 * A DuckDB type taken apart from the text that DuckDB writes for it: {@code STRUCT(a INTEGER, "b c"
 * DECIMAL(5,2)[])}.
 *
 * @param head the first word or words, with what stands in brackets behind a plain type: {@code
 *     DECIMAL(5,2)}, {@code STRUCT}, {@code MAP}; {@code []} for lists and arrays
 * @param fields names of the parts, where they have names
 * @param parts the types within; one for a list
 * @param length of an array, -1 for everything else
 */
record TypeName(String head, List<String> fields, List<TypeName> parts, int length) {
  /** Reads the text of a type. */
  static TypeName parse(String text) {
    return new Parser(text).type();
  }

  private static TypeName plain(String head) {
    return new TypeName(head, List.of(), List.of(), -1);
  }

  /** Whether it is a list or an array of fixed length. */
  boolean isList() {
    return head.equals("[]");
  }

  /** Whether values consist of values. */
  boolean isNested() {
    return !parts.isEmpty();
  }

  private static final class Parser {
    private final String text;
    private int at;

    Parser(String text) {
      this.text = text;
    }

    TypeName type() {
      skipBlanks();
      TypeName type = base();
      while (at < text.length() && text.charAt(at) == '[') {
        int end = text.indexOf(']', at);
        String length = text.substring(at + 1, end);
        type =
            new TypeName(
                "[]", List.of(), List.of(type), length.isEmpty() ? -1 : Integer.parseInt(length));
        at = end + 1;
      }
      return type;
    }

    private TypeName base() {
      int start = at;
      while (at < text.length() && (Character.isLetterOrDigit(text.charAt(at)) || inWords())) {
        at++;
      }
      String head = text.substring(start, at).strip();
      if (at >= text.length() || text.charAt(at) != '(') {
        return plain(head);
      }
      return switch (head) {
        case "STRUCT", "UNION" -> named(head);
        case "MAP", "TUPLE" -> unnamed(head);
        default -> {
          skipBrackets();
          yield plain(text.substring(start, at));
        }
      };
    }

    private boolean inWords() {
      return text.charAt(at) == '_'
          || (text.charAt(at) == ' '
              && at + 1 < text.length()
              && Character.isLetter(text.charAt(at + 1)));
    }

    private TypeName named(String head) {
      List<String> fields = new ArrayList<>();
      List<TypeName> parts = new ArrayList<>();
      do {
        at++;
        skipBlanks();
        fields.add(name());
        parts.add(type());
        skipBlanks();
      } while (text.charAt(at) == ',');
      at++;
      return new TypeName(head, fields, parts, -1);
    }

    private TypeName unnamed(String head) {
      List<TypeName> parts = new ArrayList<>();
      do {
        at++;
        parts.add(type());
        skipBlanks();
      } while (text.charAt(at) == ',');
      at++;
      return new TypeName(head, List.of(), parts, -1);
    }

    private String name() {
      StringBuilder name = new StringBuilder();
      if (text.charAt(at) != '"') {
        int end = text.indexOf(' ', at);
        name.append(text, at, end);
        at = end;
        return name.toString();
      }
      for (at++; text.charAt(at) != '"' || text.startsWith("\"\"", at); at++) {
        if (text.charAt(at) == '"') {
          at++;
        }
        name.append(text.charAt(at));
      }
      at++;
      return name.toString();
    }

    /** Leaves out what belongs to a plain type: precision and scale, the words of an ENUM. */
    private void skipBrackets() {
      boolean quoted = false;
      int depth = 0;
      do {
        char c = text.charAt(at++);
        quoted ^= c == '\'';
        depth += quoted ? 0 : c == '(' ? 1 : c == ')' ? -1 : 0;
      } while (depth > 0);
    }

    private void skipBlanks() {
      while (at < text.length() && text.charAt(at) == ' ') {
        at++;
      }
    }
  }
}
