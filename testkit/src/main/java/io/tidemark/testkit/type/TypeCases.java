package io.tidemark.testkit.type;

import java.util.List;

/** Every type of a stock PostgreSQL with its odd values. */
public final class TypeCases {
  private static final String NUMBERS = "Numbers";
  private static final String TEXTS = "Text, bytes and documents";
  private static final String TIMES = "Dates and times";
  private static final String NETWORK = "Network addresses and bits";
  private static final String GEOMETRY = "Geometry";
  private static final String SEARCH = "Text search";
  private static final String RANGES = "Ranges";
  private static final String SYSTEM = "Identifiers of the system";
  private static final String CONTAINERS = "Enums, domains, arrays and composites";
  private static final String EXTENSIONS = "Extensions";

  /** What the user-defined types below need, in order. */
  public static final List<String> SETUP =
      List.of(
          "CREATE EXTENSION hstore",
          "CREATE EXTENSION citext",
          "CREATE EXTENSION ltree",
          "CREATE EXTENSION cube",
          "CREATE TYPE mood AS ENUM ('sad', 'so so', 'quote\"d', 'NULL', '{,}', 'grün')",
          "CREATE DOMAIN positive AS int CHECK (value > 0)",
          "CREATE DOMAIN price AS numeric(10,2)",
          "CREATE DOMAIN fine_price AS price CHECK (value > 1)",
          "CREATE DOMAIN tags AS text[]",
          "CREATE TYPE pair AS (a int, b text)",
          "CREATE TYPE nested AS (p pair, ps pair[], m mood, at timestamptz, n numeric(6,2), d price,"
              + " \"odd \"\"name\" bytea)",
          "CREATE TYPE nothing AS ()",
          "CREATE TYPE textrange AS RANGE (subtype = text, collation = \"C\")",
          "CREATE TYPE pricerange AS RANGE (subtype = numeric)",
          "CREATE TYPE pairrange AS RANGE (subtype = pair)",
          "CREATE TYPE grants AS (who text, acl aclitem)",
          "CREATE DOMAIN acls AS aclitem[]",
          "CREATE TABLE plain_row (id int, gone int, name text)",
          "ALTER TABLE plain_row DROP COLUMN gone");

  private TypeCases() {}

  /** All of them, in the order of the reference page. */
  public static List<TypeCase> all() {
    return List.of(
        bool(),
        int2(),
        int4(),
        int8(),
        float4(),
        float8(),
        decimal(),
        wideDecimal(),
        scaleOnly(),
        numeric(),
        hugeNumeric(),
        oddScale(),
        money(),
        text(),
        varchar(),
        bpchar(),
        TypeCase.of(TEXTS, "name").fits("'pg_class'", "'Grüße'", "''"),
        TypeCase.of(TEXTS, "\"char\"").fits("'a'", "' '", "''", "'\\'"),
        bytea(),
        json(),
        jsonb(),
        TypeCase.of(TEXTS, "jsonpath").fits("'$.a[*] ? (@ > 3)'", "'strict $.\"ä\"'"),
        xml(),
        uuid(),
        date(),
        time(),
        timetz(),
        timestamp(),
        timestamptz(),
        interval(),
        inet(),
        TypeCase.of(NETWORK, "cidr")
            .fits("'10.0.0.0/8'", "'1.2.3.4/32'", "'0.0.0.0/0'", "'2001:db8::/32'", "'::1/128'"),
        TypeCase.of(NETWORK, "macaddr").fits("'08:00:2b:01:02:ff'", "'00:00:00:00:00:00'"),
        TypeCase.of(NETWORK, "macaddr8").fits("'08:00:2b:01:02:03:04:ff'"),
        TypeCase.of(NETWORK, "bit(9)").fits("B'101010101'", "B'000000000'"),
        TypeCase.of(NETWORK, "varbit").fits("B''", "B'1'", "B'00000000'", "B'110101011100101'"),
        TypeCase.of(GEOMETRY, "point")
            .fits(
                "'(1,2)'", "'(-0,1e300)'", "'(NaN,Infinity)'", "'(0.1,1e-7)'", "point(1/3.0,2e15)"),
        TypeCase.of(GEOMETRY, "line").fits("'{1,-2.5,3}'"),
        TypeCase.of(GEOMETRY, "lseg").fits("'[(1,2),(3.25,4)]'"),
        TypeCase.of(GEOMETRY, "box").fits("'(3,4),(1,2.5)'"),
        TypeCase.of(GEOMETRY, "path")
            .fits("'((1,2),(3,4))'", "'[(1,2),(3,4),(5.5,6)]'", "'[(0,0)]'"),
        TypeCase.of(GEOMETRY, "polygon").fits("'((0,0),(0,1),(1.5,1))'"),
        TypeCase.of(GEOMETRY, "circle").fits("'<(1,2),3.5>'"),
        tsvector(),
        tsquery(),
        TypeCase.of(SEARCH, "gtsvector[]").fits("'{}'"),
        TypeCase.of(RANGES, "int4range")
            .fits("'[1,5)'", "'(,)'", "'empty'", "'[-2147483648,)'", "'(,7]'"),
        TypeCase.of(RANGES, "int8range").fits("'[1,9223372036854775807)'", "'empty'"),
        TypeCase.of(RANGES, "numrange")
            .fits("'[1.50,2.5]'", "'(NaN,)'", "'[-Infinity,Infinity]'", "'empty'"),
        TypeCase.of(RANGES, "daterange")
            .fits("'[2024-01-01,2024-02-01)'", "'[-infinity,infinity]'", "'[0044-03-15 BC,)'"),
        TypeCase.of(RANGES, "tsrange")
            .fits("'[2024-01-01 10:00,2024-01-02)'", "'[-infinity,0001-01-01 BC]'", "'(,)'"),
        TypeCase.of(RANGES, "tstzrange").fits("'[2024-01-01 10:00+02,infinity)'"),
        TypeCase.of(RANGES, "textrange")
            .fits(
                "'[a,b]'",
                "textrange('', 'x')",
                "textrange('a b', 'c,\"\\)')",
                "textrange('(', NULL)"),
        TypeCase.of(RANGES, "pairrange").fits("pairrange((1,'a \"b'), (2,NULL), '[]')"),
        TypeCase.of(RANGES, "int4multirange").fits("'{}'", "'{[1,3),[5,)}'", "'{(,)}'"),
        TypeCase.of(RANGES, "nummultirange").fits("'{[1.0,2.50],(7,8)}'"),
        TypeCase.of(RANGES, "tstzmultirange").fits("'{[2024-01-01,2024-01-02),[2025-01-01,)}'"),
        TypeCase.of(RANGES, "datemultirange").fits("'{[2024-01-01,2024-01-02)}'"),
        TypeCase.of(SYSTEM, "oid").fits("0", "4294967295"),
        TypeCase.of(SYSTEM, "xid").fits("'4294967295'"),
        TypeCase.of(SYSTEM, "cid").fits("'7'"),
        TypeCase.of(SYSTEM, "xid8").fits("'0'", "'18446744073709551615'"),
        TypeCase.of(SYSTEM, "tid").fits("'(4294967295,65535)'", "'(0,1)'"),
        TypeCase.of(SYSTEM, "pg_lsn").fits("'16/B374D848'", "'0/0'", "'FFFFFFFF/FFFFFFFF'"),
        TypeCase.of(SYSTEM, "pg_snapshot").fits("'10:20:10,14,15'", "'10:10:'"),
        TypeCase.of(SYSTEM, "txid_snapshot").fits("'10:20:10,14,15'"),
        TypeCase.of(SYSTEM, "int2vector").fits("'1 -2 3'", "''"),
        TypeCase.of(SYSTEM, "oidvector").fits("'1 4294967295'", "''"),
        TypeCase.of(SYSTEM, "regclass").fits("'pg_class'", "'plain_row'", "'-'"),
        TypeCase.of(SYSTEM, "regtype").fits("'int'", "'pair[]'"),
        TypeCase.of(SYSTEM, "regproc").fits("'pg_catalog.now'"),
        TypeCase.of(SYSTEM, "regprocedure").fits("'abs(int)'"),
        TypeCase.of(SYSTEM, "regoper").fits("'||/'"),
        TypeCase.of(SYSTEM, "regoperator").fits("'+(int,int)'"),
        TypeCase.of(SYSTEM, "regconfig").fits("'english'"),
        TypeCase.of(SYSTEM, "regdictionary").fits("'simple'"),
        TypeCase.of(SYSTEM, "regnamespace").fits("'pg_catalog'"),
        TypeCase.of(SYSTEM, "regrole").fits("'postgres'"),
        TypeCase.of(SYSTEM, "regcollation").fits("'\"C\"'"),
        TypeCase.of(SYSTEM, "refcursor").fits("'c 1'"),
        TypeCase.of(SYSTEM, "aclitem").fits("'postgres=arwdDxt/postgres'"),
        TypeCase.of(SYSTEM, "aclitem[]").fits("'{postgres=r/postgres,=w/postgres}'"),
        TypeCase.of(CONTAINERS, "mood")
            .fits("'sad'", "'so so'", "'quote\"d'", "'NULL'", "'{,}'", "'grün'"),
        TypeCase.of(CONTAINERS, "positive").fits("1", "2147483647"),
        TypeCase.of(CONTAINERS, "fine_price").fits("12.34").misfits("NaN", "'NaN'"),
        TypeCase.of(CONTAINERS, "tags").fits("'{a,b}'").misfitsAsContainer("'{{a},{b}}'"),
        TypeCase.of(CONTAINERS, "acls").fits("'{postgres=r/postgres}'"),
        intArray(),
        textArray(),
        TypeCase.of(CONTAINERS, "numeric(10,2)[]")
            .fits("'{1.50,-2}'", "'{NULL}'")
            .misfitsAsContainer("'{1,NaN}'"),
        TypeCase.of(CONTAINERS, "numeric[]").fits("'{1.50,NaN,1e-20,Infinity}'"),
        TypeCase.of(CONTAINERS, "timestamptz[]")
            .fits("'{2024-01-01 10:00+02,0044-03-15 12:00:00 BC}'")
            .misfitsAsContainer("'{infinity}'"),
        TypeCase.of(CONTAINERS, "bool[]").fits("'{t,f,NULL}'"),
        TypeCase.of(CONTAINERS, "bytea[]").fits("ARRAY['\\x00ff'::bytea, '']"),
        TypeCase.of(CONTAINERS, "float8[]").fits("'{1,-0,NaN,1e300,-Infinity}'"),
        TypeCase.of(CONTAINERS, "jsonb[]").fits("ARRAY['{\"a\": [1, \"x\\\"y\"]}'::jsonb, 'null']"),
        TypeCase.of(CONTAINERS, "uuid[]").fits("'{00000000-0000-0000-0000-0000000000ff}'"),
        TypeCase.of(CONTAINERS, "interval[]").fits("'{1 year -2 days,03:04:05}'"),
        TypeCase.of(CONTAINERS, "box[]").fits("'{(1,2),(0,0);(3,4),(1,1)}'"),
        TypeCase.of(CONTAINERS, "point[]").fits("ARRAY[point(1,2), NULL]"),
        TypeCase.of(CONTAINERS, "int4range[]").fits("ARRAY['[1,2)'::int4range, 'empty']"),
        TypeCase.of(CONTAINERS, "money[]").fits("'{1.50,-2}'"),
        TypeCase.of(CONTAINERS, "mood[]")
            .fits("ARRAY['sad', 'quote\"d', 'NULL', '{,}', NULL]::mood[]"),
        TypeCase.of(CONTAINERS, "price[]").fits("'{1.50,2}'"),
        TypeCase.of(CONTAINERS, "tags[]").fits("$$ {\"{a,\\\"b c\\\"}\",\"{}\",NULL} $$"),
        TypeCase.of(CONTAINERS, "int2vector[]").fits("'{\"1 2\",3}'"),
        TypeCase.of(CONTAINERS, "pair")
            .fits(
                "(1, 'a')::pair",
                "(NULL, NULL)::pair",
                "(NULL, '')::pair",
                "(-1, 'q\"uo\\te,(b) r')::pair",
                "(1, 'ü')::pair"),
        pairArray(),
        nested(),
        TypeCase.of(CONTAINERS, "nothing").fits("ROW()::nothing"),
        TypeCase.of(CONTAINERS, "plain_row").fits("(1, 'x')::plain_row"),
        TypeCase.of(CONTAINERS, "grants").fits("('a b', 'postgres=r/postgres')::grants"),
        TypeCase.of(EXTENSIONS, "hstore")
            .fits("''", "'a=>1, \"b c\"=>NULL'", "hstore('q\"\\', 'ü''')", "hstore('', '')"),
        TypeCase.of(EXTENSIONS, "hstore[]").fits("ARRAY['a=>\"b,c\"'::hstore]"),
        TypeCase.of(EXTENSIONS, "citext").fits("'Grüße'", "''"),
        TypeCase.of(EXTENSIONS, "ltree").fits("'a.b_c.d'", "''"),
        TypeCase.of(EXTENSIONS, "lquery").fits("'a.*{1,2}.!b'"),
        TypeCase.of(EXTENSIONS, "ltxtquery").fits("'a & !b*'"),
        TypeCase.of(EXTENSIONS, "cube").fits("'(1,2),(3,4.5)'", "'(0.1)'"));
  }

  private static TypeCase bool() {
    return TypeCase.of(NUMBERS, "bool").fits("true", "false");
  }

  private static TypeCase int2() {
    return TypeCase.of(NUMBERS, "int2").fits("0", "'-32768'", "32767");
  }

  private static TypeCase int4() {
    return TypeCase.of(NUMBERS, "int4").fits("0", "'-2147483648'", "2147483647");
  }

  private static TypeCase int8() {
    return TypeCase.of(NUMBERS, "int8")
        .fits("0", "'-9223372036854775808'", "9223372036854775807", "-1");
  }

  private static TypeCase float4() {
    return TypeCase.of(NUMBERS, "float4")
        .fits("0", "'-0'", "'NaN'", "'Infinity'", "'-Infinity'", "0.1", "1e-45", "3.4028235e38")
        .fits("123456", "1234567", "16777216", "0.0001", "0.00001", "1.17549435e-38", "33554432")
        .fits("8.5e9", "1e10", "-12345.678", "9.5e-3", "4194304.5", "0.30000001");
  }

  private static TypeCase float8() {
    return TypeCase.of(NUMBERS, "float8")
        .fits("0", "'-0'", "'NaN'", "'Infinity'", "'-Infinity'", "0.1", "0.30000000000000004")
        .fits("5e-324", "1.7976931348623157e308", "2.2250738585072014e-308", "1e22", "1e23")
        .fits("123456789012345", "1234567890123456", "9007199254740993", "1e15", "1e14", "0.0001")
        .fits("0.00001", "-1.5", "100", "1e100", "9.5367431640625e-07", "2e-3", "4.35", "1e-4")
        .fits("5.684341886080802e-14", "9223372036854775807", "0.1::float4::float8", "1/3.0");
  }

  private static TypeCase decimal() {
    return TypeCase.of(NUMBERS, "numeric(12,2)")
        .fits("0", "0.01", "-0.01", "1", "9999.99", "10000", "-10000.10", "9999999999.99")
        .fits("-9999999999.99", "1234567.89", "100000000", "0.10")
        .misfits("NaN (PostgreSQL allows infinities only without a precision)", "'NaN'");
  }

  private static TypeCase wideDecimal() {
    return TypeCase.of(NUMBERS, "numeric(38,10)")
        .fits("0", "0.0000000001", "-0.0000000001", "9999999999999999999999999999.9999999999")
        .fits("-9999999999999999999999999999.9999999999", "1", "10000", "12345678901234567890.5")
        .fits("-18446744073709551616", "1844674407.3709551616", "100000000000000000000000000")
        .misfits("NaN", "'NaN'");
  }

  private static TypeCase scaleOnly() {
    return TypeCase.of(NUMBERS, "numeric(5,5)")
        .fits("0", "0.99999", "0.00001", "-0.1", "0.0001", "0.1234")
        .misfits("NaN", "'NaN'");
  }

  private static TypeCase numeric() {
    return TypeCase.of(NUMBERS, "numeric")
        .fits("0", "0.00", "'NaN'", "'Infinity'", "'-Infinity'", "1e131071", "1.50", "-0.0000123")
        .fits("('1e-16383')::numeric", "10000", "99990000.0001", "123456789012345678901234567890")
        .fits("repeat('9', 1000)::numeric", "1e-4", "0.00010", "10000.0000", "0.99999999");
  }

  private static TypeCase hugeNumeric() {
    return TypeCase.of(NUMBERS, "numeric(1000,3)").fits("1e900", "-1.5", "'NaN'");
  }

  private static TypeCase oddScale() {
    return TypeCase.of(NUMBERS, "numeric(3,-2)").fitsSince(15, "12300", "-99900", "0");
  }

  private static TypeCase money() {
    return TypeCase.of(NUMBERS, "money")
        .fits("1234567.89", "-0.01", "0", "'-92233720368547758.08'");
  }

  private static TypeCase text() {
    return TypeCase.of(TEXTS, "text")
        .fits("''", "'a'", "'NULL'", "'\\N'", "E'tab\\t, line\\n, return\\r, back\\\\slash'")
        .fits("'ünï😀'", "repeat('x', 100000)", "E'\\x01'");
  }

  private static TypeCase varchar() {
    return TypeCase.of(TEXTS, "varchar(20)").fits("''", "'trailing  '", "'ü'");
  }

  private static TypeCase bpchar() {
    return TypeCase.of(TEXTS, "char(5)").fits("''", "'ab'", "'abcde'");
  }

  private static TypeCase bytea() {
    return TypeCase.of(TEXTS, "bytea").fits("''", "'\\x00'", "'\\xdeadbeef'", "'abc\\\\'::bytea");
  }

  private static TypeCase json() {
    return TypeCase.of(TEXTS, "json").fits("'{\"a\":  1,\"a\":2}'", "'null'", "'\"\\u00e4\"'");
  }

  private static TypeCase jsonb() {
    return TypeCase.of(TEXTS, "jsonb")
        .fits("'{\"b\":  1,\"a\":[1.50, null, \"x\\ny\"]}'", "'1e400'", "'\"ä\"'", "'{}'");
  }

  private static TypeCase xml() {
    return TypeCase.of(TEXTS, "xml")
        .fits(
            "'<a b=\"c\">ü &amp; d</a>'",
            "'<?xml version=\"1.0\" encoding=\"UTF-8\"?><a/>'",
            "'<?xml version=\"1.1\" standalone=\"yes\"?><a/>'",
            "'content <b/> text'",
            "''");
  }

  private static TypeCase uuid() {
    return TypeCase.of(TEXTS, "uuid")
        .fits("'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'", "'ffffffff-ffff-ffff-ffff-ffffffffffff'");
  }

  private static TypeCase date() {
    return TypeCase.of(TIMES, "date")
        .fits("'2000-01-01'", "'1970-01-01'", "'1969-12-31'", "'2024-02-29'", "'0001-01-01'")
        .fits("'0001-12-31 BC'", "'0044-03-15 BC'", "'4714-11-24 BC'", "'5874897-12-31'")
        .fits("'10000-01-01'", "'1900-02-28'", "'1582-10-10'", "'0005-02-29 BC'")
        .misfits("the infinities", "'infinity'", "'-infinity'");
  }

  private static TypeCase time() {
    return TypeCase.of(TIMES, "time")
        .fits("'00:00'", "'23:59:59.999999'", "'12:34:56.7'", "'01:02:03.000001'")
        .misfits("24:00", "'24:00:00'", "'23:59:60'");
  }

  private static TypeCase timetz() {
    return TypeCase.of(TIMES, "timetz")
        .fits("'24:00:00+00'", "'10:00-03:30'", "'10:00:00.5+15:59:59'", "'23:59:59.999999-12'");
  }

  private static TypeCase timestamp() {
    return TypeCase.of(TIMES, "timestamp")
        .fits("'2000-01-01'", "'1969-12-31 23:59:59.999999'", "'2024-02-29 12:34:56.7'")
        .fits("'4714-11-24 00:00:00 BC'", "'0001-12-31 23:59:59.5 BC'", "'10000-01-01 01:02:03'")
        .fits("'294247-01-10 04:00:54.775807'")
        .misfits(
            "the infinities, and times past 294247-01-10 04:00:54.775807",
            "'infinity'",
            "'-infinity'",
            "'294247-01-10 04:00:54.775808'",
            "'294276-12-31 23:59:59.999999'");
  }

  private static TypeCase timestamptz() {
    return TypeCase.of(TIMES, "timestamptz")
        .fits("'2024-03-31 02:30+13:45'", "'1969-12-31 23:59:59.999999+00'", "'1900-01-01'")
        .fits("'4714-11-24 00:00:00+00 BC'", "'294247-01-10 04:00:54.775807+00'")
        .misfits(
            "the infinities, and times past 294247-01-10 04:00:54.775807",
            "'infinity'",
            "'-infinity'",
            "'294276-12-31 23:59:59.999999+00'");
  }

  private static TypeCase interval() {
    return TypeCase.of(TIMES, "interval")
        .fits("'0'", "'1 year 2 mons 3 days 04:05:06.789'", "'-1 year +2 days -03:04:05'")
        .fits("'1 mon -1 day'", "'-1 mon 1 day'", "'-00:00:00.000001'", "'1 day -00:00:01'")
        .fits("'-1 day 00:00:01'", "'178000000 years'", "'-1 mons'", "'1 year'")
        .fits("'-1 year 1 mon'", "'25:00:00'", "'100 days'")
        .fitsSince(15, "'2562047788:00:54.775807'", "'-2562047788:00:54.775807'")
        .fitsSince(17, "'infinity'", "'-infinity'");
  }

  private static TypeCase inet() {
    return TypeCase.of(NETWORK, "inet")
        .fits("'1.2.3.4'", "'1.2.3.4/24'", "'0.0.0.0/0'", "'::'", "'::1'", "'2001:db8::ff/64'")
        .fits("'::ffff:1.2.3.4'", "'::1.2.3.4'", "'1:0:0:2:0:0:0:3'", "'1:2:3:4:5:6:7:8/127'")
        .fits("'fe80::'", "'1::2:0:0:3:4'", "'::ffff:0:1.2.3.4'", "'1:0:2:3:4:5:6:7'", "'0:1::'")
        .fits("'::2:0'", "'::0:2'", "'::ffff'");
  }

  private static TypeCase tsvector() {
    return TypeCase.of(SEARCH, "tsvector")
        .fits("''", "'a fat cat'", "'cat:3A,5B,7C,9 fat:2'", "$$'it''s' 'back\\\\slash' ü$$")
        .fits("to_tsvector('english', 'The quick brown foxes jumped')");
  }

  private static TypeCase tsquery() {
    return TypeCase.of(SEARCH, "tsquery")
        .fits("''", "'a'", "'a & b | c'", "'a & (b | c)'", "'!a & !(b | c)'", "'!!a'")
        .fits("'a <-> b <2> c'", "'a <-> (b <-> c)'", "'(a | b) <-> c'", "'cat:*AB & dog:c'")
        .fits("$$'it''s' & 'b\\\\c'$$", "'!(a & b) | (c & !d) & e'", "'a <0> b'");
  }

  private static TypeCase intArray() {
    return TypeCase.of(CONTAINERS, "int4[]")
        .fits("'{}'", "'{1,NULL,-3}'", "'[1:2]={1,2}'")
        .misfitsAsContainer(
            "'{{1,2},{3,4}}'", "'[0:1]={1,2}'", "'[-1:0][2:3]={{1,2},{3,NULL}}'", "'{{{1}}}'");
  }

  private static TypeCase textArray() {
    return TypeCase.of(CONTAINERS, "text[]")
        .fits("ARRAY['a', '', NULL, 'NULL', 'null', 'q\"uote', 'back\\slash', 'com,ma', '{br}']")
        .fits("ARRAY[E'tab\\t', 'blank ', 'ünï😀', E'line\\n', ';']", "'{}'")
        .misfitsAsContainer("'{{\"a b\"},{NULL}}'");
  }

  private static TypeCase pairArray() {
    return TypeCase.of(CONTAINERS, "pair[]")
        .fits("ARRAY[(1, 'a \"b')::pair, NULL, (NULL, 'c\\d')::pair]", "'{}'")
        .misfitsAsContainer("ARRAY[[(1, 'a')::pair], [(2, 'b')::pair]]");
  }

  private static TypeCase nested() {
    return TypeCase.of(CONTAINERS, "nested")
        .fits(
            "((1, 'x,\"y')::pair, ARRAY[(2, 'z')::pair, NULL], 'so so', '2024-01-01 10:00+02', 1.5,"
                + " 2, '\\x00')::nested",
            "(NULL, NULL, NULL, NULL, NULL, NULL, NULL)::nested",
            "((NULL, NULL)::pair, '{}', 'NULL', NULL, 0, NULL, '')::nested")
        .misfitsAsContainer(
            "(NULL, NULL, NULL, 'infinity', NULL, NULL, NULL)::nested",
            "(NULL, NULL, NULL, NULL, 'NaN', NULL, NULL)::nested",
            "((1, 'a\\b')::pair, ARRAY[[(1, 'q\"\"q')::pair]], NULL, NULL, NULL, NULL,"
                + " NULL)::nested");
  }
}
