package io.tidemark.app.bank;

import java.util.List;
import java.util.Random;

/** Names of customers, with the letters that careless programs stumble over. */
final class Names {
  private static final List<String> FIRST =
      List.of(
          "Ada", "Amina", "Björk", "Carlos", "Chloé", "Dmitri", "Elena", "Fatima", "Grace", "Hiro",
          "Inès", "Jürgen", "Kofi", "Lakshmi", "Linus", "Māia", "Nguyễn", "Olga", "Pádraig",
          "Quinn", "Rosa", "Søren", "Tadeusz", "Uma", "Vera", "Wanjiru", "Xin", "Yusuf", "Zoë",
          "小明");
  private static final List<String> LAST =
      List.of(
          "Achebe",
          "Brontë",
          "Castillo",
          "D'Angelo",
          "Eriksson",
          "Fernández",
          "García",
          "Hoàng",
          "Ivanova",
          "Jansen",
          "Kowalski",
          "López",
          "Müller",
          "Nakamura",
          "O'Brien",
          "Park",
          "Quispe",
          "Rossi",
          "Schröder",
          "Tanaka",
          "Usman",
          "van den Berg",
          "Wójcik",
          "Xu",
          "Yılmaz",
          "Žižek",
          "王");

  private Names() {}

  static String first(Random random) {
    return FIRST.get(random.nextInt(FIRST.size()));
  }

  static String last(Random random) {
    return LAST.get(random.nextInt(LAST.size()));
  }
}
