#!/bin/sh
# The reports on the samples agree with samples/truth.csv, which was written from the peers'
# configurations and logs. Every exchange and every connection has its row there.
set -eu
. "${srcdir:-$(dirname "$0")/..}/tests/lib.sh"

cd "$top/samples"

for sample in *.pcap*; do
    for report in connections exchanges; do
        # A sample may be broken on purpose; golden.sh looks at the exit status.
        "$CONNAUDIT" -q -r "$report" "$sample" >"$work/$report.$sample" || [ $? -eq 1 ]
    done
done

# Reads both reports of all samples, then the truth. Names come from the header rows.
awk '
    # Fills cells[] with the fields of an RFC 4180 line, names[] maps those of the header to places.
    function parse(line,    n, at, c, field, quoted) {
        n = 1
        field = ""
        for (at = 1; at <= length(line); at++) {
            c = substr(line, at, 1)
            if (c == "\"") quoted = !quoted
            else if (c == "," && !quoted) { cells[n++] = field; field = "" }
            else field = field c
        }
        cells[n] = field
        return n
    }
    function cell(name) { return cells[place[name]] }
    function complain(text) { print text; failures++ }

    FNR == 1 {
        delete place
        n = parse($0)
        for (i = 1; i <= n; i++) place[cells[i]] = i
        truth = FILENAME == "truth.csv"
        sample = FILENAME
        sub(/.*\/(connections|exchanges)\./, "", sample)
        exchanges = FILENAME ~ /\/exchanges\.[^\/]*$/
        for (i = 4; truth && i <= n; i++) compared[i] = cells[i]
        columns = n
        next
    }
    { parse($0) }
    !truth {
        row = sample " " cell("connection") " " (exchanges ? "exchange " cell("exchange") : "itself")
        for (name in place) ours[row, name] = cell(name)
        known[row] = 1
    }
    truth {
        row = cell("sample") " c1-" cell("connection_first_frame") " " \
            (cell("exchange") == "" ? "itself" : "exchange " cell("exchange"))
        rows++
        if (!(row in known)) { complain(row ": no such row in the report"); next }
        known[row] = 2
        for (i = 4; i <= columns; i++)
            if (cells[i] != "*" && cells[i] != ours[row, compared[i]])
                complain(row ": " compared[i] " is \"" cells[i] "\", reported as \"" \
                    ours[row, compared[i]] "\"")
    }
    END {
        for (row in known) if (known[row] == 1) complain(row ": the truth has no such row")
        print rows " rows, " failures + 0 " differences"
        exit failures > 0 || rows == 0
    }' "$work"/connections.* "$work"/exchanges.* truth.csv
