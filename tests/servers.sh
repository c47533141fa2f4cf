#!/bin/sh
# The inferences about the servers in samples/timeouts/ fit samples/timeouts.csv, which was written
# from the servers' configurations and logs. Every timeout lies within its bounds, and is missing if
# there is too little evidence. The same holds for the request limit. A mismatch is reported where a
# timeout lost requests.
set -eu
. "${srcdir:-$(dirname "$0")/..}/tests/lib.sh"

cd "$top/samples/timeouts"
for sample in *.pcap.gz; do
    "$CONNAUDIT" -q -r servers "$sample" >"$work/servers.$sample"
done

# No field of these files is quoted.
awk -F , '
    function cell(name) {
        if (!(name in place)) { print FILENAME ": no column " name; broken = 1; exit }
        return $(place[name])
    }
    function complain(text) { print cell("sample") ": " text; failures++ }
    function hold(what, truth, found) {
        compared++
        if (truth != found) complain(what " " truth ", reported \"" found "\"")
    }
    /"/ { print FILENAME ": a quoted field"; broken = 1; exit }
    FNR == 1 {
        delete place
        for (i = 1; i <= NF; i++) place[$i] = i
        truth = FILENAME ~ /timeouts\.csv$/
        sample = FILENAME
        sub(/.*\/servers\./, "", sample)
        next
    }
    !truth {
        key = sample " " cell("server_ip") " " cell("server_port")
        seen[key] = 1
        timeouts[key] = cell("inferred_timeout_s")
        limit[key] = cell("inferred_max")
        closes[key] = cell("idle_close_n")
        connections[key] = cell("connections")
        mismatch[key] = cell("timeout_mismatch")
    }
    truth {
        key = cell("sample") " " cell("server_ip") " " cell("server_port")
        if (!(key in seen)) { complain("no such server reported"); next }
        n = split(cell("inferred_low_s"), low, " ")
        split(cell("inferred_high_s"), high, " ")
        hold("number of timeouts", n, split(timeouts[key], found, " "))
        for (i = 1; i <= n; i++) {
            compared++
            if (found[i] + 0 < low[i] + 0 || found[i] + 0 > high[i] + 0)
                complain("timeout from " low[i] " to " high[i] ", reported " found[i])
        }
        hold("limit of requests", cell("inferred_max"), limit[key])
        hold("idle closes", cell("idle_closes") + cell("crossed"), closes[key])
        hold("connections", cell("connections"), connections[key])
        if (cell("timeout_mismatch") != "*")
            hold("mismatch", cell("timeout_mismatch") == "yes" ? "confirmed" : cell("timeout_mismatch"), \
                 mismatch[key])
    }
    END {
        print compared + 0 " values compared, " failures + 0 " differences"
        exit broken || failures > 0 || compared == 0
    }' "$work"/servers.* ../timeouts.csv
