package io.tidemark.app;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Holds what ARCHITECTURE.md says about rooms. */
class LayeringTest {
  /** Each room, and the other rooms that it may know. */
  private static final Map<String, List<String>> ROOMS =
      new TreeMap<>(
          Map.of(
              "api", List.of(),
              "engine", List.of("api"),
              "postgres", List.of("api"),
              "parquet", List.of("api"),
              "duckdb", List.of("api"),
              "snowflake", List.of("api", "parquet"),
              "kafka", List.of("api"),
              "embedded", List.of(),
              "testkit", List.of("api", "engine"),
              "app",
                  List.of(
                      "api",
                      "engine",
                      "postgres",
                      "parquet",
                      "duckdb",
                      "snowflake",
                      "kafka",
                      "embedded")));

  private static JavaClasses classes;

  @BeforeAll
  static void readClasses() {
    classes =
        new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("io.tidemark");
    for (String room : ROOMS.keySet()) {
      assertThat(classes.containPackage("io.tidemark." + room))
          .as("classes of room %s are looked at", room)
          .isTrue();
    }
  }

  @Test
  void roomsKnowOnlyTheRoomsTheyMay() {
    ROOMS.forEach((room, known) -> mayKnowOnly(room, known).check(classes));
  }

  /** A rule that cannot fail would hold nothing. */
  @Test
  void aRoomThatKnowsTooMuchIsFound() {
    assertThatThrownBy(() -> mayKnowOnly("engine", List.of()).check(classes))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("Move what is shared to api");
  }

  @Test
  void theNounsKnowOnlyTheJdk() {
    classes()
        .that()
        .resideInAPackage("io.tidemark.api..")
        .should()
        .onlyDependOnClassesThat(
            resideInAPackage("io.tidemark.api..").or(resideInAPackage("java..")))
        .because(
            "api is what everybody knows, so every library it knows would be everybody's. Move"
                + " what needs a library to the room that isolates it.")
        .check(classes);
  }

  @Test
  void namesSayWhatAThingIs() {
    noClasses()
        .should()
        .haveNameMatching(".*(Utils?|Helper|Manager)|.*\\.Abstract[^.]*")
        .because(
            "such a name says nothing about what it does. Name the class by its noun, or move the"
                + " method to the type that it is about.")
        .check(classes);
  }

  private static ArchRule mayKnowOnly(String room, List<String> known) {
    List<String> forbidden = new ArrayList<>(ROOMS.keySet());
    forbidden.remove(room);
    forbidden.removeAll(known);
    return noClasses()
        .that()
        .resideInAPackage("io.tidemark." + room + "..")
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            forbidden.stream().map(other -> "io.tidemark." + other + "..").toArray(String[]::new))
        .because(
            "rooms meet at the seams of api alone, see ARCHITECTURE.md. Move what is shared to api,"
                + " or let app's Wiring bring the two together.");
  }
}
