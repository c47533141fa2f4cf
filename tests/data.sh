#!/bin/sh
# docs/data.md shows how the reports are loaded: its commands run as they stand, as far as their
# programs are installed. All samples together load with one type a column, and every join of the
# page finds its partner. With --update, the script writes docs/reports.duckdb.sql instead.
set -eu
. "${srcdir:-$(dirname "$0")/..}/tests/lib.sh"
. "$top/tests/pages.sh"
mode=${1:-compare}
export LC_ALL=C
reports='connections exchanges findings servers pairs hops idle inputs'

# The columns and types of each report, as docs/reports.md states them: "REPORT COLUMN SQL JSON
# DUCKDB".
cd "$work"
awk '
    BEGIN {
        sql["number"] = sql["frame"] = "integer"
        sql["decimal"] = sql["seconds"] = "real"
        json["number"] = json["frame"] = json["decimal"] = json["seconds"] = "number"
        duckdb["number"] = duckdb["frame"] = "BIGINT"
        duckdb["decimal"] = duckdb["seconds"] = "DOUBLE"
        duckdb["time"] = "TIMESTAMPTZ"
        json["words"] = json["numbers"] = json["frames"] = "array"
    }
    /^## / { report = $2; table = 0 }
    /^\| column / { table = 1; next }
    !/^\|/ { table = 0 }
    table && /^\| `/ {
        split($0, cells, / *\| */)
        columns = split(cells[2], names, /[`, ]+/)
        types = split(cells[3], kinds, /, /)
        for (i = 2; i < columns; i++) {
            kind = types > 1 ? kinds[i - 1] : cells[3]
            print report, names[i], kind in sql ? sql[kind] : "text",
                kind in json ? json[kind] : "string", kind in duckdb ? duckdb[kind] : "VARCHAR"
        }
    }' "$top/docs/reports.md" >columns
[ "$(wc -l <columns)" -gt 100 ] || die "docs/reports.md has few columns: $(wc -l <columns)"
# A name means one type, whatever the report: but one.
grep -v '^hops undetermined ' columns | cut -d ' ' -f 2- | sort -u | cut -d ' ' -f 1 | uniq -d >two
[ ! -s two ] || fail "two types: $(cat two)"

# What DuckDB loads (dev/duckdb lets it) has these types, too.
awk '
    BEGIN {
        print "-- Loads a report directory (connaudit -o report ...) into DuckDB, with types. Start it beside"
        print "-- the directory \"report\"; tables that are there already are replaced:"
        print "--"
        print "--     duckdb audit.duckdb -f reports.duckdb.sql"
        print "--"
        print "-- Made from docs/reports.md: dev/update-golden."
    }
    function finish() {
        if (report == "") return
        printf "\n);\nCOPY %s FROM '\''report/%s.csv'\'' (HEADER, DELIMITER '\'','\'', QUOTE '\''\"'\'', ESCAPE '\''\"'\'');\n", report, report
    }
    $1 != report {
        finish()
        report = $1
        printf "\nCREATE OR REPLACE TABLE %s (\n    %s %s", report, $2, $5
        next
    }
    { printf ",\n    %s %s", $2, $5 }
    END { finish() }' columns >reports.duckdb.sql
if [ "$mode" = --update ]; then
    cp reports.duckdb.sql "$top/docs"
    finish
fi
diff -u "$top/docs/reports.duckdb.sql" reports.duckdb.sql || fail "docs/reports.duckdb.sql: dev/update-golden"

mkdir "$work/page"
cd "$work/page"
ln -s "$top/samples" "$top/docs" .
run_pages docs/data.md
[ "$absent" -lt "$count" ] || fail "no command of the page was run"

mkdir "$work/all"
cd "$work/all"
ln -s "$top/samples" .
connaudit -q -a -o report samples/*.pcap* samples/timeouts/*.pcap* samples/hops/*.pcap
connaudit -q -a -f jsonl -o lines samples/*.pcap* samples/timeouts/*.pcap* samples/hops/*.pcap

# -f sqlite and --sqlite write what docs/reports.sql loads: the same columns, types and values.
same_database() {
    connaudit -q -a -o base -f sqlite samples/*.pcap* samples/timeouts/*.pcap* samples/hops/*.pcap
    holds base SHA256SUMS manifest.json report.html reports.sqlite
    connaudit -q -a -r inputs --sqlite=beside.db samples/*.pcap* samples/timeouts/*.pcap* samples/hops/*.pcap | diff - report/inputs.csv ||
        fail "--sqlite changes what goes to standard output"
    cmp base/reports.sqlite beside.db || fail "--sqlite and -f sqlite differ"
    grep -q "\"$(sha256sum <beside.db | cut -d ' ' -f 1)\"" base/manifest.json || fail "no sum of the database"
    sqlite3 beside.db .dump >dump
    connaudit -q -a -r inputs --force --sqlite=beside.db samples/*.pcap* samples/timeouts/*.pcap* samples/hops/*.pcap >/dev/null
    sqlite3 beside.db .dump | cmp - dump || fail "a second run gives another dump"
    [ "$(sqlite3 beside.db 'PRAGMA integrity_check; PRAGMA foreign_key_check')" = ok ] || fail "the keys do not hold"
    for report in $reports; do
        for db in all.db beside.db; do
            sqlite3 "$db" "SELECT name, type FROM pragma_table_info('$report')" >"$db.columns"
            sqlite3 "$db" "SELECT * FROM $report ORDER BY rowid" >"$db.rows"
        done
        diff all.db.columns beside.db.columns || fail "$report: other columns"
        cmp all.db.rows beside.db.rows || fail "$report: other rows"
    done
    # What refers to something finds it, and every table has something that can refer.
    for table in connections exchanges findings hops idle; do
        [ "$(sqlite3 beside.db "SELECT count(*) > 0 FROM pragma_foreign_key_list('$table')")" = 1 ] ||
            fail "$table refers to nothing"
    done
    # With --match a finding of a proxy may be listed whose connection is not.
    connaudit -q -r inputs --sqlite=some.db --match=example samples/*.pcap samples/hops/*.pcap >/dev/null
    [ "$(sqlite3 some.db 'PRAGMA foreign_key_check; SELECT count(*) > 0 FROM findings')" = 1 ] || fail "--match: the keys"
    for view in who_loses_requests which_server_closes_early who_abuses_connection_options what_is_undetermined \
        worst_connections; do
        [ "$(sqlite3 beside.db "SELECT count(*) > 0 FROM $view")" = 1 ] || fail "the view $view is empty"
    done
    [ "$(sqlite3 beside.db 'SELECT sum(lost_requests) FROM who_loses_requests')" = \
        "$(sqlite3 all.db 'SELECT sum(lost_requests) FROM pairs')" ] || fail "who_loses_requests"
    [ "$(sqlite3 beside.db 'SELECT sum(connections) FROM what_is_undetermined')" = \
        "$(awk -F , 'NR == 1 { for (i = 1; i <= NF; i++) if ($i == "undetermined") at = i } NR > 1 { n += $at }
            END { print n }' report/servers.csv)" ] || fail "what_is_undetermined"
    [ "$(sqlite3 beside.db "SELECT count(*) FROM worst_connections WHERE verdict = 'contradicted'")" = \
        "$(sqlite3 all.db "SELECT count(*) FROM connections WHERE verdict = 'contradicted'")" ] ||
        fail "worst_connections"
}

if command -v sqlite3 >/dev/null; then
    sqlite3 all.db ".read $top/docs/reports.sql" >out 2>&1 || fail "reports.sql: $(cat out)"
    [ ! -s out ] || fail "reports.sql: $(cat out)"
    sqlite3 all.db .dump >dump
    sqlite3 all.db ".read $top/docs/reports.sql" >out 2>&1 || fail "reports.sql again: $(cat out)"
    [ ! -s out ] || fail "reports.sql again: $(cat out)"
    sqlite3 all.db .dump | cmp - dump || fail "reports.sql again: another database"
    # ask SQL EXPECTED
    ask() {
        got=$(sqlite3 all.db "$1" | tr '\n' ' ')
        [ "$got" = "$2" ] || fail "$1: $got instead of $2"
    }
    for report in $reports; do
        ask "SELECT count(*) FROM $report" "$(($(wc -l <"lines/$report.jsonl"))) "
        sqlite3 all.db "SELECT name FROM pragma_table_info('$report')" >loaded
        awk -v report="$report" '$1 == report { print $2 }' ../columns | diff - loaded ||
            fail "docs/reports.sql has not the columns of $report"
    done
    while read -r report column type _; do
        ask "SELECT DISTINCT typeof($column) FROM $report WHERE typeof($column) NOT IN ('null', '$type')" ''
        ask "SELECT count(*) FROM $report WHERE $column = ''" '0 '
    done <../columns

    # orphans TABLE TABLE COLUMNS CONDITION: every row of the first finds one of the second.
    orphans() {
        ask "SELECT count(*) FROM $1 AS a LEFT JOIN $2 AS b ON $3 WHERE ($4) AND b.rowid IS NULL" '0 '
        ask "SELECT count(*) > 0 FROM $1 AS a JOIN $2 AS b ON $3" '1 '
    }
    exchange='a.connection = b.connection AND a.exchange = b.exchange'
    server='a.server_ip = b.server_ip AND a.server_port = b.server_port'
    orphans exchanges connections 'a.connection = b.connection' 1
    orphans findings connections 'a.connection = b.connection' 1
    orphans findings exchanges "$exchange" 'a.exchange IS NOT NULL'
    orphans connections exchanges "$exchange" 'a.verdict IS NOT NULL'
    orphans hops exchanges "$exchange" 'a.exchange IS NOT NULL'
    orphans hops exchanges 'a.back_connection = b.connection AND a.back_exchange = b.exchange' 'a.back_exchange IS NOT NULL'
    orphans connections servers "$server" 'a.verdict IS NOT NULL'
    orphans connections pairs "$server AND a.client_ip = b.client_ip" 'a.verdict IS NOT NULL'
    orphans idle servers "$server" 1
    for column in connections.last_input connections.end_input findings.proof_input \
        exchanges.request_input exchanges.response_end_input exchanges.outcome_input; do
        name=${column#*.}
        orphans "${column%.*}" inputs "a.$name = b.input" "a.$name IS NOT NULL"
    done
    ask 'SELECT count(*) FROM findings JOIN inputs ON input = proof_input WHERE proof_file <> inputs.file' '0 '
    # What is counted twice is the same.
    ask 'SELECT sum(connections) = (SELECT count(verdict) FROM connections) FROM servers' '1 '
    ask 'SELECT count(*) FROM connections AS c WHERE exchanges <>
        (SELECT count(*) FROM exchanges AS x WHERE x.connection = c.connection)' '0 '
    same_database
    # The histogram holds the idle closes that the servers count, in bins that follow each other.
    ask 'SELECT count(*) FROM servers AS s WHERE idle_close_n <> (SELECT coalesce(sum(closed), 0) FROM idle AS i
        WHERE i.server_ip = s.server_ip AND i.server_port = s.server_port)' '0 '
    ask 'SELECT count(*) FROM idle AS a JOIN idle AS b USING (server_ip, server_port)
        WHERE b.bin > a.bin AND b.idle_from_s < a.idle_to_s' '0 '
    ask 'SELECT count(*) FROM idle WHERE reused + closed + lost + censored = 0' '0 '
else
    echo "no sqlite3: nothing is loaded"
fi

if command -v jq >/dev/null; then
    for report in $reports; do
        awk -v report="$report" '$1 == report { print $2, $4 }' ../columns | sort >stated
        jq -r 'to_entries[] | select(.value != null) | .key + " " + (.value | type)' \
            "lines/$report.jsonl" | sort -u >found
        [ -s found ] || fail "jq: no value in $report"
        comm -13 stated found >wrong
        [ ! -s wrong ] || fail "jq, $report: $(tr '\n' ';' <wrong)"
    done
fi

if command -v python3 >/dev/null; then
    python3 - ../columns >out 2>&1 <<'END' || :
import csv, re, sys

def time(text):
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z", text), text

types = {}
for line in open(sys.argv[1]):
    report, column, sql, _, duckdb = line.split()
    types[report, column] = time if duckdb == "TIMESTAMPTZ" else {"integer": int, "real": float}.get(sql, str)
for report in sorted({report for report, _ in types}):
    with open(f"report/{report}.csv", newline="", encoding="ascii" if report != "inputs" else "utf-8") as file:
        for row in csv.DictReader(file, strict=True):
            assert None not in row and None not in row.values(), (report, row)
            for column, value in row.items():
                if value:
                    types[report, column](value)
print("read")
END
    [ "$(cat out)" = read ] || fail "python3: $(cat out)"
    # Every value of the database is that of the CSV, with its type; numbers to the last bit.
    [ ! -e beside.db ] || python3 - ../columns >out 2>&1 <<'END' || :
import csv, sqlite3, sys

types = {}
for line in open(sys.argv[1]):
    report, column, sql, *_ = line.split()
    types.setdefault(report, []).append({"integer": int, "real": float}.get(sql, str))
base = sqlite3.connect("beside.db")
for report, kinds in types.items():
    stored = base.execute(f"SELECT * FROM {report} ORDER BY rowid").fetchall()
    with open(f"report/{report}.csv", newline="") as file:
        rows = list(csv.reader(file))[1:]
    assert len(stored) == len(rows), (report, len(stored), len(rows))
    for row, own in zip(rows, stored):
        wanted = tuple(kind(value) if value else None for kind, value in zip(kinds, row))
        assert own == wanted and [type(a) for a in own] == [type(a) for a in wanted], (report, own, wanted)
print("equal")
END
    [ ! -e beside.db ] || [ "$(cat out)" = equal ] || fail "beside.db: $(cat out)"
fi
# The lines for pandas, in the first Python that has it.
for python in python3 /usr/bin/python3; do
    "$python" -c 'import pandas' 2>/dev/null && break
    python=
done
if [ -n "$python" ]; then
    ln -s "$top/docs" .
    sed -n '/^```python$/,/^```$/p' docs/data.md | sed '/^```/d' >lines.py
    cat >>lines.py <<'END'

import json

stated = {}
for line in open("../columns"):
    report, column, sql, _, duckdb = line.split()
    type = {"integer": "Int64", "real": "Float64"}.get(sql, "string")
    stated.setdefault(report, {})[column] = "datetime64[ns, UTC]" if duckdb == "TIMESTAMPTZ" else type
for report, columns in stated.items():
    frame = load(report)
    assert {name: str(type) for name, type in frame.dtypes.items()} == columns, frame.dtypes.to_string()
    rows = [json.loads(line) for line in open("lines/%s.jsonl" % report, encoding="utf-8")]
    assert len(rows) == len(frame)
    for name, type in columns.items():
        for row, value in zip(rows, frame[name]):
            wanted = row[name]
            if isinstance(wanted, list):
                if wanted and value is not pd.NA:
                    value = [item if isinstance(like, str) else float(item)
                             for item, like in zip(value.split(" "), wanted, strict=True)]
                wanted = wanted or None
            if type.startswith("datetime") and wanted:
                wanted = pd.Timestamp(wanted)
            assert value is pd.NaT or value is pd.NA if wanted is None else value == wanted, (report, name, value, wanted)
assert len(lost) == sum(row["actual"] == "request_lost" for row in
                        map(json.loads, open("lines/exchanges.jsonl")))
print("read")
END
    "$python" lines.py >out 2>&1 || :
    [ "$(tail -n 1 out)" = read ] || fail "pandas: $(cat out)"
else
    echo "no pandas: its lines are not run"
fi
finish "$count commands, $absent without their program"
