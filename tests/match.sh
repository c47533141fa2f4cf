#!/bin/sh
# --match lists matching rows and counts everything. --fail-on exits with 3 and never hides a 1 or
# 2.
set -eu
. "${srcdir:-$(dirname "$0")/..}/tests/lib.sh"

# rows REPORT EXPECTED SAMPLE PATTERN: how many rows match.
rows() {
    found=$("$CONNAUDIT" -q -r "$1" --match="$4" "$3" | tail -n +2 | wc -l)
    [ "$found" -eq "$2" ] || fail "$3: '$4' has $found rows of $1, not $2"
}

# status EXPECTED OPTION...
status() {
    expected=$1
    shift
    got=0
    "$CONNAUDIT" -q "$@" >"$work/out" 2>"$work/errors" || got=$?
    [ "$got" -eq "$expected" ] || fail "$*: status $got, not $expected"
}

cd "$top/samples"

# Three exchanges on one connection differ in target, and in a value of the response.
rows exchanges 3 three-requests-pipelined.pcap example.test
rows exchanges 1 three-requests-pipelined.pcap third
rows exchanges 2 three-requests-pipelined.pcap '/second|third/'
rows exchanges 3 three-requests-pipelined.pcap '/^example\.test$/'
rows exchanges 0 three-requests-pipelined.pcap EXAMPLE
rows exchanges 3 three-requests-pipelined.pcap '/(?i)EXAMPLE/'
rows exchanges 1 third-of-three-requests-says-close.pcap close
rows connections 1 three-requests-pipelined.pcap third
rows connections 0 three-requests-pipelined.pcap fourth
rows connections 5 five-connections-each-closed.pcapng 192.0.2.80
# Findings belong to the exchange that breaks the rule, not to another one on the connection.
all=$("$CONNAUDIT" -q -r findings close-declared-then-reused.pcap | tail -n +2 | wc -l)
rows findings "$all" close-declared-then-reused.pcap example.test
rows findings 0 close-declared-then-reused.pcap nowhere

# The counted connections and verdicts are the same, whether rows match or not.
"$CONNAUDIT" close-declared-then-reused.pcap >"$work/out" 2>"$work/all"
"$CONNAUDIT" --match=nowhere close-declared-then-reused.pcap >"$work/out" 2>"$work/none"
grep contradicted "$work/all" >"$work/all.verdict"
grep contradicted "$work/none" | diff "$work/all.verdict" - || fail "--match changes what is counted"

status 2 --match= three-requests-pipelined.pcap
status 2 --match='/[/' three-requests-pipelined.pcap

status 3 --fail-on=contradicted close-declared-then-reused.pcap
status 3 --fail-on=error close-declared-then-reused.pcap
status 3 --fail-on=warning close-declared-then-reused.pcap
status 0 --fail-on=contradicted three-requests-pipelined.pcap
status 0 --fail-on=error three-requests-pipelined.pcap
status 0 --fail-on=error client-finished-and-server-never-closed.pcap
status 3 --fail-on=warning client-finished-and-server-never-closed.pcap
status 3 --fail-on=contradicted --match=nowhere close-declared-then-reused.pcap
status 3 --fail-on=contradicted -o "$work/report" close-declared-then-reused.pcap
status 2 --fail-on=contradicted -o "$work/report" close-declared-then-reused.pcap
status 2 --fail-on=anything close-declared-then-reused.pcap
status 1 --fail-on=contradicted close-declared-then-reused.pcap "$work/not-there.pcap"
head -c -20 close-declared-then-reused.pcap >"$work/cut.pcap"
status 3 --fail-on=contradicted "$work/cut.pcap"
status 1 --strict --fail-on=contradicted "$work/cut.pcap"

finish
