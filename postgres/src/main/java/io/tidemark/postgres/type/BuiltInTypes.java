package io.tidemark.postgres.type;

import io.tidemark.postgres.type.PgType.Kind;
import java.util.ArrayList;
import java.util.List;

/**
 * The types of pg_catalog that have the same OID in every database of PostgreSQL 14 to 18, as
 * src/include/catalog/pg_type.dat gives them. A test compares them with real servers.
 */
final class BuiltInTypes {
  /** OID, name, OID of the array type (0 for none), send function (- for none). */
  private static final String BASE =
      """
      16 bool 1000 boolsend
      17 bytea 1001 byteasend
      18 char 1002 charsend
      19 name 1003 namesend
      20 int8 1016 int8send
      21 int2 1005 int2send
      22 int2vector 1006 int2vectorsend
      23 int4 1007 int4send
      24 regproc 1008 regprocsend
      25 text 1009 textsend
      26 oid 1028 oidsend
      27 tid 1010 tidsend
      28 xid 1011 xidsend
      29 cid 1012 cidsend
      30 oidvector 1013 oidvectorsend
      114 json 199 json_send
      142 xml 143 xml_send
      194 pg_node_tree 0 pg_node_tree_send
      600 point 1017 point_send
      601 lseg 1018 lseg_send
      602 path 1019 path_send
      603 box 1020 box_send
      604 polygon 1027 poly_send
      628 line 629 line_send
      650 cidr 651 cidr_send
      700 float4 1021 float4send
      701 float8 1022 float8send
      718 circle 719 circle_send
      774 macaddr8 775 macaddr8_send
      790 money 791 cash_send
      829 macaddr 1040 macaddr_send
      869 inet 1041 inet_send
      1033 aclitem 1034 -
      1042 bpchar 1014 bpcharsend
      1043 varchar 1015 varcharsend
      1082 date 1182 date_send
      1083 time 1183 time_send
      1114 timestamp 1115 timestamp_send
      1184 timestamptz 1185 timestamptz_send
      1186 interval 1187 interval_send
      1266 timetz 1270 timetz_send
      1560 bit 1561 bit_send
      1562 varbit 1563 varbit_send
      1700 numeric 1231 numeric_send
      1790 refcursor 2201 textsend
      2202 regprocedure 2207 regproceduresend
      2203 regoper 2208 regopersend
      2204 regoperator 2209 regoperatorsend
      2205 regclass 2210 regclasssend
      2206 regtype 2211 regtypesend
      2950 uuid 2951 uuid_send
      2970 txid_snapshot 2949 txid_snapshot_send
      3220 pg_lsn 3221 pg_lsn_send
      3614 tsvector 3643 tsvectorsend
      3615 tsquery 3645 tsquerysend
      3642 gtsvector 3644 -
      3734 regconfig 3735 regconfigsend
      3769 regdictionary 3770 regdictionarysend
      3802 jsonb 3807 jsonb_send
      4072 jsonpath 4073 jsonpath_send
      4089 regnamespace 4090 regnamespacesend
      4096 regrole 4097 regrolesend
      4191 regcollation 4192 regcollationsend
      5038 pg_snapshot 5039 pg_snapshot_send
      5069 xid8 271 xid8send
      """;

  /** OID, name, OID of the array type, OID of the subtype or, for a multirange, of the range. */
  private static final String RANGES =
      """
      3904 int4range 3905 23
      3906 numrange 3907 1700
      3908 tsrange 3909 1114
      3910 tstzrange 3911 1184
      3912 daterange 3913 1082
      3926 int8range 3927 20
      4451 int4multirange 6150 3904
      4532 nummultirange 6151 3906
      4533 tsmultirange 6152 3908
      4534 tstzmultirange 6153 3910
      4535 datemultirange 6155 3912
      4536 int8multirange 6157 3926
      """;

  private BuiltInTypes() {}

  static List<PgType> all() {
    List<PgType> all = new ArrayList<>();
    for (String line : BASE.lines().toList()) {
      String[] part = line.split(" ");
      String send = part[3].equals("-") ? "" : part[3];
      char delimiter = part[1].equals("box") ? ';' : ',';
      int oid = Integer.parseInt(part[0]);
      all.add(
          new PgType(
              oid, "pg_catalog", part[1], Kind.BASE, 0, -1, delimiter, send, List.of(), List.of()));
      addArray(all, Integer.parseInt(part[2]), part[1], oid, delimiter);
    }
    for (String line : RANGES.lines().toList()) {
      String[] part = line.split(" ");
      Kind kind = part[1].endsWith("multirange") ? Kind.MULTIRANGE : Kind.RANGE;
      int oid = Integer.parseInt(part[0]);
      all.add(
          new PgType(
              oid,
              "pg_catalog",
              part[1],
              kind,
              Integer.parseInt(part[3]),
              -1,
              ',',
              kind == Kind.RANGE ? "range_send" : "multirange_send",
              List.of(),
              List.of()));
      addArray(all, Integer.parseInt(part[2]), part[1], oid, ',');
    }
    return all;
  }

  private static void addArray(
      List<PgType> all, int arrayOid, String name, int elementOid, char delimiter) {
    if (arrayOid != 0) {
      all.add(
          new PgType(
              arrayOid,
              "pg_catalog",
              "_" + name,
              Kind.ARRAY,
              elementOid,
              -1,
              delimiter,
              "array_send",
              List.of(),
              List.of()));
    }
  }
}
