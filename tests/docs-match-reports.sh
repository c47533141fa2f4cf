#!/bin/sh
# docs/reports.md describes exactly the columns that the reports have, in their order.
set -eu
page=${srcdir:-$(dirname "$0")/..}/docs/reports.md
: "${CONNAUDIT:?is the program to test}"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# A capture without a frame: little-endian pcap 2.4, Ethernet.
printf '\324\303\262\241\002\000\004\000\000\000\000\000\000\000\000\000\377\377\000\000\001\000\000\000' \
    >"$work/empty.pcap"

for report in connections exchanges findings; do
    # Under "## NAME", the names in the first cell of the rows of the table that begins with "column".
    awk -v heading="## $report" '
        /^## / { here = $0 == heading; table = 0 }
        here && /^\| column / { table = 1; next }
        !/^\|/ { table = 0 }
        table && /^\| `/ {
            split($0, cells, "|")
            n = split(cells[2], parts, "`")
            for (i = 2; i <= n; i += 2) print parts[i]
        }' "$page" >"$work/page"
    "$CONNAUDIT" -q -r "$report" "$work/empty.pcap" | head -n 1 | tr , '\n' >"$work/program"
    [ -s "$work/program" ] || { echo "-r $report: no header row"; exit 1; }
    diff -u "$work/program" "$work/page" || { echo "docs/reports.md is not the report $report"; exit 1; }
done
