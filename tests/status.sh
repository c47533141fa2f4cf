#!/bin/sh
# The exit status: each row of the table in docs/usage.md, and which one wins where several hold.
set -eu
. "${srcdir:-$(dirname "$0")/..}/tests/lib.sh"
cd "$work"
samples=$top/samples
contradicted=$samples/close-declared-then-reused.pcap            # with two errors
undetermined=$samples/only-the-servers-direction.pcap            # without a finding
warning=$samples/request-crossed-the-idle-close-seen-by-the-server.pcap # contradicted, a warning
note=$samples/idle-connection-reset.pcap                         # as declared, a note
declared=$samples/close-declared-and-left-to-the-client.pcap     # without a finding

cp "$contradicted" whole.pcap
head -c -3 "$contradicted" >cut.pcap
empty_capture nothing.pcap
{
    cat nothing.pcap
    printf '\1\2\3'
} >cut-nothing.pcap
echo 'no capture' >text.pcap

# What the samples are, as their truth says: verdict, and severities of findings.
is() {
    [ "$("$CONNAUDIT" -q --columns=verdict "$1" | sed 1d | sort -u | tr '\n' ' ')" = "$2" ] ||
        fail "$1 is not $2"
    [ "$("$CONNAUDIT" -q -r findings --columns=severity "$1" | sed 1d | sort -u | tr '\n' ' ')" = "$3" ] ||
        fail "$1 has not the findings $3"
}
is "$contradicted" 'contradicted ' 'error '
is "$undetermined" 'undetermined ' ''
is "$warning" 'contradicted ' 'warning '
is "$note" 'as_declared ' 'note '
is "$declared" 'as_declared ' ''

# ends STATUS ARGUMENT...
ends() {
    expected=$1
    shift
    status=0
    "$CONNAUDIT" "$@" >out 2>errors </dev/null || status=$?
    [ "$status" -eq "$expected" ] || fail "$*: status $status instead of $expected: $(cat errors)"
}

# 0: every input was read to its end. A verdict changes nothing unless it is asked for.
ends 0 "$contradicted" "$undetermined" "$note"
ends 0 nothing.pcap
ends 0 --fail-on=contradicted,undetermined,error,warning,nothing "$note"
# A capture that is still being written is a note; the report covers what there is.
ends 0 cut.pcap
grep -q 'cut short' errors || fail "cut: nothing is said: $(cat errors)"
ends 0 -q -r inputs --columns=cut_short cut.pcap
[ "$(tail -n 1 out)" = yes ] || fail "cut: the report inputs says $(cat out)"
ends 0 -q -r inputs --columns=cut_short whole.pcap
[ "$(tail -n 1 out)" = no ] || fail "not cut: the report inputs says $(cat out)"

# 1: an input or an output failed.
ends 1 missing.pcap
ends 1 whole.pcap missing.pcap
[ "$(wc -l <out)" -gt 1 ] || fail "a missing input: the others are not reported"
ends 1 text.pcap
ends 1 --strict cut.pcap
ends 0 --strict whole.pcap
[ ! -c /dev/full ] || {
    status=0
    "$CONNAUDIT" -q whole.pcap >/dev/full 2>errors || status=$?
    [ "$status" -eq 1 ] || fail "a full disk: status $status"
}

# 2: wrong usage, nothing is done.
ends 2
ends 2 --nonsense whole.pcap
ends 2 -q --fail-on=contradicted,nonsense whole.pcap
grep -q nonsense errors || fail "--fail-on: $(cat errors)"
ends 2 -q --fail-on= whole.pcap
ends 2 --show=c9-9 whole.pcap
mkdir report
: >report/findings.csv
ends 2 -q -o report whole.pcap

# 3: each word of --fail-on, on what has it and on what has not.
# word FILES-WITH-IT -- FILES-WITHOUT-IT
word() {
    word=$1
    wanted=3
    shift
    for file; do
        if [ "$file" = -- ]; then
            wanted=0
        else
            ends "$wanted" -q --fail-on="$word" "$file"
        fi
    done
}
word contradicted "$contradicted" "$warning" -- "$undetermined" "$note" "$declared" nothing.pcap
word undetermined "$undetermined" -- "$contradicted" "$warning" "$note" "$declared" nothing.pcap
word error "$contradicted" -- "$warning" "$undetermined" "$note" "$declared" nothing.pcap
word warning "$contradicted" "$warning" -- "$undetermined" "$note" "$declared" nothing.pcap
word nothing nothing.pcap cut-nothing.pcap -- "$contradicted" "$undetermined" "$note" "$declared" cut.pcap
word undetermined,nothing "$undetermined" nothing.pcap -- "$contradicted" "$declared"
ends 3 -q --fail-on=error "$declared" "$contradicted" "$note"
ends 3 -q --fail-on=contradicted -o fresh whole.pcap
[ -e fresh/manifest.json ] || fail "--fail-on: no report was written"
# What is not listed counts as well.
ends 3 -q --fail-on=contradicted --match=nowhere --only=as_declared --top=1 whole.pcap

# The summary says what matched, and how often; -q says nothing.
matched() {
    ends 3 --fail-on="$1" "$3"
    [ "$(grep '^  fail-on ' errors)" = "  fail-on       $2" ] || fail "--fail-on=$1: $(cat errors)"
}
matched contradicted,error 'contradicted 1, error 2' "$contradicted"
matched undetermined,contradicted,error 'undetermined 1' "$undetermined"
matched error,warning 'warning 1' "$warning"
matched warning 'warning or error 2' "$contradicted"
matched nothing 'nothing was judged' nothing.pcap
ends 3 -q --fail-on=error "$contradicted"
[ ! -s errors ] || fail "-q --fail-on: $(cat errors)"
ends 0 --fail-on=error "$note"
! grep 'fail-on' errors || fail "--fail-on without a match says so"

# Several: 2 before 1 before 3. A match in an input that was cut is 3 without --strict.
ends 3 -q --fail-on=contradicted cut.pcap
ends 1 -q --fail-on=contradicted --strict cut.pcap
ends 1 -q --fail-on=contradicted whole.pcap missing.pcap
ends 1 -q --fail-on=nothing nothing.pcap text.pcap
ends 2 -q --fail-on=contradicted --report=nonsense whole.pcap
ends 2 --show=c9-9 whole.pcap missing.pcap
ends 2 -q --strict --show=c9-9 cut.pcap
ends 2 -q --fail-on=contradicted -o report whole.pcap
ends 2 -q -o report missing.pcap whole.pcap

finish
