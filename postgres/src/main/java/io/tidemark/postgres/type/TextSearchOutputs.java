package io.tidemark.postgres.type;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;

/** tsvector and tsquery. */
final class TextSearchOutputs {
  private static final int OPERAND = 1;
  private static final int OPERATOR = 2;
  private static final int NOT = 1;
  private static final int AND = 2;
  private static final int OR = 3;
  private static final int PHRASE = 4;

  private TextSearchOutputs() {}

  static void register(Map<String, Output> map) {
    map.put("tsvectorsend", TextSearchOutputs::vector);
    map.put("tsquerysend", TextSearchOutputs::query);
  }

  private static void vector(byte[] data, int offset, int length, TextBuffer out) {
    WireReader in = new WireReader(data, offset, length, "tsvector");
    int lexemes = in.count(3);
    for (int i = 0; i < lexemes; i++) {
      if (i > 0) {
        out.put(' ');
      }
      lexeme(in, out);
      int positions = in.uint16();
      for (int j = 0; j < positions; j++) {
        int position = in.uint16();
        out.put(j == 0 ? ':' : ',').number(position & 0x3FFF);
        int weight = position >> 14;
        if (weight > 0) {
          out.put('D' - weight);
        }
      }
    }
    in.end();
  }

  /** Appends a text that ends with a zero byte in single quotes; quotes and backslashes double. */
  private static void lexeme(WireReader in, TextBuffer out) {
    int from = in.at();
    int count = in.untilZero();
    out.put('\'');
    for (int i = from; i < from + count; i++) {
      byte character = in.data()[i];
      if (character == '\'' || character == '\\') {
        out.put(character);
      }
      out.put(character);
    }
    out.put('\'');
  }

  /**
   * A query comes in prefix order, right operand before left. It is read without recursion because
   * its depth is the sender's: the head of each open operator waits on a stack for its operands.
   */
  private static void query(byte[] data, int offset, int length, TextBuffer out) {
    WireReader in = new WireReader(data, offset, length, "tsquery");
    int count = in.count(2);
    if (count > 0) {
      int read = 0;
      Deque<Operator> open = new ArrayDeque<>();
      TextBuffer result = null;
      while (result == null) {
        if (read++ == count) {
          throw in.malformed("an operand is missing");
        }
        Operator next = node(in);
        if (next.missing > 0) {
          open.push(next);
          continue;
        }
        while (!open.isEmpty() && open.peek().takes(next)) {
          next = open.pop();
        }
        result = open.isEmpty() && next.missing == 0 ? next.text : null;
      }
      if (read != count) {
        throw in.malformed("it has more operands than operators");
      }
      out.copy(result.bytes(), 0, result.length());
    }
    in.end();
  }

  private static Operator node(WireReader in) {
    int kind = in.uint8();
    if (kind == OPERAND) {
      Operator operand = new Operator(0, 5, "");
      int weight = in.uint8();
      boolean prefix = in.uint8() != 0;
      lexeme(in, operand.text);
      if (weight != 0 || prefix) {
        operand.text.put(':');
      }
      if (prefix) {
        operand.text.put('*');
      }
      for (int i = 3; i >= 0; i--) {
        if ((weight & 1 << i) != 0) {
          operand.text.put('D' - i);
        }
      }
      return operand;
    }
    if (kind != OPERATOR) {
      throw in.malformed("it has a part of an unknown kind");
    }
    return switch (in.uint8()) {
      case NOT -> new Operator(1, 4, "!");
      case AND -> new Operator(2, 2, " & ");
      case OR -> new Operator(2, 1, " | ");
      case PHRASE -> {
        int distance = in.uint16();
        yield new Operator(2, 3, distance == 1 ? " <-> " : " <" + distance + "> ");
      }
      default -> throw in.malformed("it has an unknown operator");
    };
  }

  /** An operator that still misses operands, or text that is complete. */
  private static final class Operator {
    private final int priority;
    private final String sign;
    private final boolean unary;
    private int missing;
    private TextBuffer text = new TextBuffer();
    private TextBuffer right;

    Operator(int missing, int priority, String sign) {
      this.missing = missing;
      this.unary = missing == 1;
      this.priority = priority;
      this.sign = sign;
    }

    /** Takes an operand and says whether it was the last. */
    boolean takes(Operator operand) {
      TextBuffer given = operand.text;
      boolean phraseAtRight = missing == 2 && priority == 3 && operand.priority == 3;
      if (operand.priority < priority || phraseAtRight) {
        given.insert(0, 2);
        given.bytes()[0] = '(';
        given.bytes()[1] = ' ';
        given.ascii(" )");
      }
      missing--;
      if (missing == 1) {
        right = given;
        return false;
      }
      if (unary) {
        text.ascii(sign).copy(given.bytes(), 0, given.length());
      } else {
        text = given.ascii(sign).copy(right.bytes(), 0, right.length());
        right = null;
      }
      return true;
    }
  }
}
