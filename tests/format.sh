#!/bin/sh
# --format gives the same bytes on standard output and in a directory. Every line is a JSON object,
# there are as many as rows in CSV, and a wrong format is refused.
set -eu
. "${srcdir:-$(dirname "$0")/..}/tests/lib.sh"

cd "$top/samples"
for sample in close-declared-then-reused.pcap three-requests-pipelined.pcap ipv6-idle-timeout.pcap; do
    rm -rf "$work/csv" "$work/jsonl"
    "$CONNAUDIT" -q -o "$work/csv" "$sample"
    "$CONNAUDIT" -q -f jsonl -o "$work/jsonl" "$sample"
    for report in connections exchanges findings; do
        "$CONNAUDIT" -q -f jsonl -r "$report" "$sample" >"$work/out"
        cmp "$work/out" "$work/jsonl/$report.jsonl" || fail "$sample: -o and -r $report differ"
        rows=$(($(wc -l <"$work/csv/$report.csv") - 1))
        lines=$(wc -l <"$work/out")
        [ "$lines" -eq "$rows" ] || fail "$sample: $rows rows of $report, $lines lines"
        objects=$(grep -c '^{"[a-z_]*":.*}$' "$work/out" || :)
        [ "$objects" -eq "$rows" ] || fail "$sample: $report has lines that are no objects"
        [ ! -e "$work/jsonl/$report.csv" ] || fail "$sample: there is a $report.csv beside it"
        grep -q "\"$report.jsonl\"" "$work/jsonl/manifest.json" ||
            fail "$sample: the manifest does not name $report.jsonl"
    done
done

# A report without rows is an empty file, and that is correct.
empty_capture "$work/empty.pcap"
"$CONNAUDIT" -q -f jsonl "$work/empty.pcap" >"$work/out"
[ ! -s "$work/out" ] || fail "no connection, and a line"

status=0
"$CONNAUDIT" -f xml "$work/empty.pcap" >"$work/out" 2>"$work/errors" || status=$?
[ "$status" -eq 2 ] && [ ! -s "$work/out" ] || fail "an unknown format ends with status $status"

finish
