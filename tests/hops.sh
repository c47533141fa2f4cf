#!/bin/sh
# The report on hops against samples/hops/truth.tsv, which says what the clients and the servers logged: no
# pair is claimed that is none, nothing is said to have been answered without a back that had one, and at
# least nine of ten pairs are found. In blocks of few legs fewer are found, and none is wrong either; in
# blocks that hold all, the report is the same bytes. What is dropped at the bound is counted.
set -eu
. "${srcdir:-$(dirname "$0")/..}/tests/lib.sh"
cd "$top/samples/hops"

# count: the claims with the blocks of the environment; fails for each that is wrong.
count() {
    claims=0
    for sample in *.pcap *.pcapng; do
        "$CONNAUDIT" -q -a --columns=connection,client_ip,client_port,server_ip,server_port "$sample" >"$work/connections"
        "$CONNAUDIT" -q -r hops --columns=connection,exchange,back_connection,back_exchange,basis "$sample" >"$work/rows"
        awk -F '[,\t]' -v sample="${sample%%.pcap*}" '
            function endpoint(address, port) { return (address ~ /:/ ? "[" address "]" : address) ":" port }
            FILENAME ~ /truth.tsv$/ {
                if ($1 == sample && $6 == "pair") pairs[$2 "," $3 "," $4 "," $5] = 1
                if ($1 == sample && $6 == "no back") alone[$2 "," $3] = 1
                next
            }
            FNR == 1 { next }
            FILENAME ~ /connections$/ { name[$1] = endpoint($2, $3) "-" endpoint($4, $5); next }
            $5 == "none" { if (!((name[$1] "," $2) in alone)) print sample ": something was sent on for " $1 ", " $2 }
            $5 != "" && $5 != "none" {
                if ((name[$1] "," $2 "," name[$3] "," $4) in pairs) claims++
                else print sample ": " $1 ", " $2 " did not cause " $3 ", " $4
            }
            END { print "claims", claims + 0 }' truth.tsv "$work/connections" "$work/rows" >"$work/checked"
        claims=$((claims + $(sed -n 's/^claims //p' "$work/checked")))
        ! grep -v '^claims ' "$work/checked" || fail "$sample: a wrong claim"
    done
}

pairs=$(grep -c 'pair$' truth.tsv)
count
echo "$claims of $pairs pairs are claimed"
[ "$pairs" -gt 440 ] || fail "truth.tsv has few pairs"
[ $((claims * 10)) -ge $((pairs * 9)) ] || fail "fewer than nine of ten pairs are claimed"
for legs in 64 16; do
    CONNAUDIT_HOPS_BLOCK=$legs
    export CONNAUDIT_HOPS_BLOCK
    count
    echo "$claims in blocks of $legs legs"
    [ "$claims" -gt 0 ] || fail "nothing is claimed in blocks of $legs legs"
done
CONNAUDIT_HOPS_BLOCK=1000000 "$CONNAUDIT" -q -r hops *.pcap* >"$work/whole"

# What is dropped at the bound is counted, by the summary and by the manifest alike.
dropped() {
    rm -rf "$work/out"
    "$CONNAUDIT" -a -o "$work/out" nginx-keeps-connections.pcap 2>"$work/summary"
    in_manifest=$(sed -n 's/.*"exchanges_in_hops" : \([0-9]*\),/\1/p' "$work/out/manifest.json")
    in_summary=$(sed -n 's/^  given up *\([0-9]*\) exchanges* in hops (limit)$/\1/p' "$work/summary")
    echo "$in_manifest exchanges dropped with blocks of ${CONNAUDIT_HOPS_BLOCK:-all}"
    [ "$in_manifest" = "${in_summary:-0}" ] || fail "the summary and the manifest disagree: $in_summary"
}
CONNAUDIT_HOPS_BLOCK=8
dropped
[ "$in_manifest" -gt 0 ] || fail "nothing is dropped in blocks of 8 legs"
unset CONNAUDIT_HOPS_BLOCK
dropped
[ "$in_manifest" -eq 0 ] || fail "something is dropped though all has room"
"$CONNAUDIT" -q -r hops *.pcap* | cmp - "$work/whole" || fail "the size of a block shows"

# Whoever asks whether there is an error hears of those of proxies: here it is the only one.
status=0
"$CONNAUDIT" -q --fail-on=error nginx-turns-http2-into-http10.pcapng >/dev/null || status=$?
[ "$status" -eq 3 ] || fail "--fail-on=error passes over what a proxy broke"
finish
