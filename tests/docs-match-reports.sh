#!/bin/sh
# docs/reports.md describes exactly the columns of the reports, in their order, each completely. In
# JSON, each column has the type that the page states.
set -eu
. "${srcdir:-$(dirname "$0")/..}/tests/lib.sh"
page=$top/docs/reports.md

empty_capture "$work/empty.pcap"

for report in connections exchanges findings servers pairs hops idle inputs; do
    # Under "## NAME": the names in the first cells of the table whose header begins with "column".
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
    [ -s "$work/program" ] || die "-r $report: no header row"
    diff -u "$work/program" "$work/page" || die "docs/reports.md is not the report $report"

    # "column type", where several columns share a row and a type, or have one each.
    awk -v heading="## $report" '
        /^\| type / { defining = 1 }
        !/^\|/ { defining = 0 }
        defining { split($0, cells, / *\| */); defined[cells[2]] = 1 }
        /^## / { here = $0 == heading; table = 0 }
        here && /^\| column / { table = 1; next }
        !/^\|/ { table = 0 }
        table && /^\| `/ {
            n = split($0, cells, / *\| */)
            for (i = 2; i <= 5; i++)
                if (cells[i] == "") print "a cell of this row is empty: " $0
            if (n != 6) print "no four cells: " $0
            columns = split(cells[2], names, /[`, ]+/)
            types = split(cells[3], kinds, /, /)
            for (i = 2; i < columns; i++) {
                kind = types > 1 ? kinds[i - 1] : cells[3]
                if (!(kind in defined) && kind !~ /^`/ && kind != "hexadecimal") print "no type: " kind
                print names[i], kind, cells[5] > types_of
            }
        }' types_of="$work/types" "$page" >"$work/wrong"
    [ ! -s "$work/wrong" ] || { cat "$work/wrong"; exit 1; }

    "$CONNAUDIT" -q -a -f jsonl -r "$report" "$top"/samples/*.pcap* \
        "$top"/samples/hops/*.pcap >"$work/rows" || :
    [ -s "$work/rows" ] || die "-r $report: no rows"
    while read -r column type empty; do
        case $type in
        number | decimal | seconds) form='null|[0-9.]+' ;;
        frame) form='null|[0-9]+' ;;
        words) form='\[\]|\["[^]]*"\]' ;;
        numbers | frames) form='\[\]|\[["0-9][^]]*\]' ;;
        *) form='null|"[^"]+.*"' ;;
        esac
        grep -Ev "[{,]\"$column\":($form)[,}]" "$work/rows" >"$work/wrong" || :
        [ ! -s "$work/wrong" ] || { echo "$report, $column: no $type"; head -n 1 "$work/wrong"; exit 1; }
        [ "$empty" = never ] || continue
        ! grep -E "[{,]\"$column\":(null|\[\])" "$work/rows" || die "$report, $column: empty"
    done <"$work/types"
done
