package io.tidemark.postgres.type;

import io.tidemark.api.model.DataType;
import io.tidemark.api.model.ListVector;
import io.tidemark.api.model.Vector;

/**
 * Arrays as lists. What does not fit: more than one dimension, a lower bound other than 1, and
 * elements that do not fit themselves.
 */
final class ListForm implements ValueForm {
  private final String type;
  private final int elementOid;
  private final char delimiter;
  private final DataType elementType;
  private final ValueForm element;

  /**
   * @param type what messages call the array type
   * @param elementOid its element type
   * @param delimiter what stands between elements in text
   * @param elementType how elements are held
   * @param element the form of an element
   */
  ListForm(String type, int elementOid, char delimiter, DataType elementType, ValueForm element) {
    this.type = type;
    this.elementOid = elementOid;
    this.delimiter = delimiter;
    this.elementType = elementType;
    this.element = element;
  }

  @Override
  public boolean fits(byte[] data, int offset, int length) {
    WireReader in = new WireReader(data, offset, length, type);
    int count = count(in);
    for (int i = 0; i < count; i++) {
      int elementLength = in.partLength();
      if (elementLength >= 0 && !element.fits(data, in.take(elementLength), elementLength)) {
        return false;
      }
    }
    if (count >= 0) {
      in.end();
    }
    return count >= 0;
  }

  /** Number of elements of a list, -1 where the array is none. */
  private int count(WireReader in) {
    int dimensions = in.int32();
    in.int32();
    boolean sameElements = in.int32() == elementOid;
    if (dimensions == 0) {
      return sameElements ? 0 : -1;
    }
    if (dimensions != 1) {
      return -1;
    }
    int count = in.int32();
    int lowerBound = in.int32();
    if (count <= 0 || count > in.remaining() / 4) {
      throw in.malformed("it has fewer elements than its dimensions say");
    }
    return lowerBound == 1 && sameElements ? count : -1;
  }

  @Override
  public boolean addBinary(byte[] data, int offset, int length, Vector out) {
    if (!fits(data, offset, length)) {
      return false;
    }
    ListVector list = (ListVector) out;
    WireReader in = new WireReader(data, offset, length, type);
    int count = count(in);
    for (int i = 0; i < count; i++) {
      int elementLength = in.partLength();
      if (elementLength < 0) {
        list.elements().addNull();
      } else {
        element.addBinary(data, in.take(elementLength), elementLength, list.elements());
      }
    }
    list.endList();
    return true;
  }

  @Override
  public boolean addText(byte[] data, int offset, int length, Vector out) {
    ArrayLiteral literal = new ArrayLiteral(data, offset, length, delimiter, type);
    if (!literal.isList()) {
      return false;
    }
    Vector elements = Vector.of(elementType);
    while (literal.next()) {
      if (literal.isNull()) {
        elements.addNull();
      } else if (!element.addText(literal.part().bytes(), 0, literal.part().length(), elements)) {
        return false;
      }
    }
    ListVector list = (ListVector) out;
    for (int i = 0; i < elements.size(); i++) {
      list.elements().addFrom(elements, i);
    }
    list.endList();
    return true;
  }

  @Override
  public void print(Vector in, int i, TextBuffer out) {
    ListVector list = (ListVector) in;
    out.put('{');
    for (int at = list.start(i); at < list.end(i); at++) {
      if (at > list.start(i)) {
        out.put(delimiter);
      }
      if (list.elements().isNull(at)) {
        out.ascii("NULL");
      } else {
        int from = out.length();
        element.print(list.elements(), at, out);
        Quoting.ARRAY.apply(out, from, delimiter);
      }
    }
    out.put('}');
  }
}
