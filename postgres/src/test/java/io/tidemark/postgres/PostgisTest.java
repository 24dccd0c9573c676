package io.tidemark.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import io.tidemark.api.model.DataType;
import io.tidemark.api.model.TableName;
import io.tidemark.embedded.EmbeddedPostgres;
import io.tidemark.embedded.Version;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** Types of PostGIS and pgvector, on this machine's own PostgreSQL where it has the extensions. */
class PostgisTest {
  private static final Path PROGRAMS = Path.of("/usr/lib/postgresql/15");
  private static final Path EXTENSIONS = Path.of("/usr/share/postgresql/15/extension");

  private static EmbeddedPostgres server(String extension, String debianPackage) {
    Assumptions.assumeTrue(
        Files.isExecutable(PROGRAMS.resolve("bin/initdb"))
            && Files.exists(EXTENSIONS.resolve(extension + ".control")),
        "left out: Debian's package " + debianPackage + " is not installed");
    return EmbeddedPostgres.of(Version.V15).programs(PROGRAMS).start();
  }

  @Test
  void shapesAreCapturedAsTheirOwnText() throws Exception {
    try (EmbeddedPostgres server = server("postgis", "postgresql-15-postgis-3");
        Capture capture = new Capture(server, "places")) {
      capture.execute(
          "CREATE EXTENSION postgis",
          "CREATE TABLE place (id int PRIMARY KEY, at geometry(Point, 4326), area geometry,"
              + " round geography, box box2d, cube box3d, many geometry[])",
          "INSERT INTO place VALUES"
              + " (1, 'SRID=4326;POINT(8.54 47.37)', 'POLYGON((0 0,4 0,4 4,0 4,0 0),(1 1,2 1,2 2,1"
              + " 2,1 1))', 'LINESTRING(-122.33 47.606, 0.0 51.5)', 'BOX(0 0,1 1)',"
              + " 'BOX3D(0 0 0,1 1 1)', ARRAY['POINT(1 2)'::geometry, 'POINT EMPTY'])",
          "INSERT INTO place (id) VALUES (2)",
          "INSERT INTO place (id, area) SELECT i, ST_Buffer(ST_MakePoint(i, i), i, 64)"
              + " FROM generate_series(3, 40) i");
      capture.with("tables.include", "public.place").open();
      capture.untilMember("place");
      capture.execute(
          "INSERT INTO place (id, at, area) VALUES (100, 'SRID=4326;POINT(-0.1 1e-9)',"
              + " 'GEOMETRYCOLLECTION Z(POINT Z(1 2 3),CIRCULARSTRING Z(0 0 0,1 1 1,2 0 0))')",
          "UPDATE place SET area = ST_Reverse(area) WHERE id % 5 = 0",
          "UPDATE place SET box = NULL, many = '{}' WHERE id = 1",
          "DELETE FROM place WHERE id % 7 = 0");
      capture.assertEqual("place");
      assertThat(
              capture.copy.schemas.get(TableName.parse("place")).lastEntry().getValue().columns())
          .filteredOn(column -> column.name().equals("at"))
          .singleElement()
          .satisfies(column -> assertThat(column.type()).isEqualTo(new DataType.Text()));
    }
  }

  @Test
  void vectorsAreCapturedAsTheirOwnText() throws Exception {
    try (EmbeddedPostgres server = server("vector", "postgresql-15-pgvector");
        Capture capture = new Capture(server, "vectors")) {
      capture.execute(
          "CREATE EXTENSION vector",
          "CREATE TABLE item (id int PRIMARY KEY, v vector(3), free vector)",
          "INSERT INTO item VALUES (1, '[1,2.5,-3e-7]', '[1]'), (2, NULL, '[0.1,0.2]')");
      capture.open();
      capture.untilMember("item");
      capture.execute(
          "INSERT INTO item VALUES (3, '[3.4e38,0,-0]', NULL)", "DELETE FROM item WHERE id = 2");
      capture.assertEqual("item");
    }
  }
}
