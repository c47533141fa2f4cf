#!/bin/sh
# The reports on the many connections in samples/timeouts/ agree with samples/timeouts.csv, which
# was written from the peers' configurations and logs. For each capture, the numbers of connections
# that ended in each way agree, and so do the numbers of answered and lost requests.
set -eu
. "${srcdir:-$(dirname "$0")/..}/tests/lib.sh"

cd "$top/samples/timeouts"

for sample in *.pcap.gz; do
    for report in connections exchanges; do
        "$CONNAUDIT" -q -r "$report" "$sample" >"$work/$report.$sample"
    done
done

# Reads both reports of all captures, then the truth. Names come from the header rows.
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
    function cell(name) {
        if (!(name in place)) { print FILENAME ": no column " name; exit_status = 1; exit }
        return cells[place[name]]
    }
    function complain(text) { print cell("sample") ": " text; failures++ }
    function hold(what, truth, found) {
        compared++
        if (truth + 0 != found + 0) complain(truth " " what ", " found + 0 " reported")
    }
    function ended(cause) { return count["connections", sample, cause] }

    FNR == 1 {
        delete place
        n = parse($0)
        for (i = 1; i <= n; i++) place[cells[i]] = i
        kind = FILENAME ~ /\/connections\.[^\/]*$/ ? "connections" : \
            FILENAME ~ /\/exchanges\.[^\/]*$/ ? "exchanges" : "truth"
        sample = FILENAME
        sub(/.*\/(connections|exchanges)\./, "", sample)
        if (kind != "truth") recorded[sample] = 1
        next
    }
    { parse($0) }
    kind == "connections" {
        count[kind, sample]++
        count[kind, sample, cell("cause")]++
    }
    kind == "exchanges" {
        count[kind, sample, cell("status") == "" ? "lost" : "answered"]++
    }
    kind == "truth" {
        sample = cell("sample")
        if (!(sample in recorded)) complain("there is no such capture")
        recorded[sample] = 2
        hold("connections", cell("connections"), count["connections", sample])
        hold("requests answered", cell("answered"), count["exchanges", sample, "answered"])
        hold("requests lost", cell("lost"), count["exchanges", sample, "lost"])
        hold("502s", cell("status_502"), ended("keepalive_race"))
        hold("requests that crossed", cell("crossed"), ended("keepalive_race"))
        hold("others lost", cell("lost") - cell("crossed"), ended("closed_unanswered"))
        hold("idle closes", cell("idle_closes") - cell("within_prompt_close"), ended("idle_timeout"))
        hold("early idle closes", cell("within_prompt_close"), ended("undeclared_close"))
        hold("closes after close", cell("told"), ended("closed"))
        hold("closes by the client", cell("client_closes"), ended("client_finished"))
        hold("left open", cell("open"), ended("held_open") + ended("capture_ended"))
    }
    END {
        for (sample in recorded)
            if (recorded[sample] == 1) { print sample ": the truth has no such row"; failures++ }
        print compared " numbers compared, " failures + 0 " differences"
        exit exit_status || failures > 0 || compared == 0
    }' "$work"/connections.* "$work"/exchanges.* ../timeouts.csv
