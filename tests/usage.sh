#!/bin/sh
# Usage errors give one clear line on standard error, nothing else, and the exit status that the man
# page states.
set -eu
. "${srcdir:-$(dirname "$0")/..}/tests/lib.sh"

# judge NAME STATUS EXPECTED-STATUS WORDS: the file "errors" has one line, and it contains the
# words.
judge() {
    [ "$2" -eq "$3" ] || fail "$1: status $2, not $3: $(cat errors)"
    [ "$(wc -l <errors)" -eq 1 ] || fail "$1: not one line: $(cat errors)"
    grep -q "^connaudit: .*$4" errors || fail "$1: nothing of '$4': $(cat errors)"
}

# refuses STATUS WORDS OPTION...: the program fails with that status and prints no report.
refuses() {
    expected=$1
    words=$2
    shift 2
    status=0
    "$CONNAUDIT" "$@" >out 2>errors </dev/null || status=$?
    judge "$*" "$status" "$expected" "$words"
    [ ! -s out ] || fail "$*: something was printed"
}

# cannot_write NAME WORDS STATUS: judges a run whose output could not be written.
cannot_write() {
    judge "$1" "$3" 1 "standard output: $2"
}

cd "$work"
cp "$top/samples/websocket-upgrade.pcap" good.pcap
cp "$top/README.md" text.pcap
chmod u+w good.pcap text.pcap
: >empty.pcap
mkdir nothing texts reports
cp text.pcap texts/notes
head -c 700 good.pcap >cut.pcap
head -c 10 good.pcap >head.pcap
ln -s loop loop

refuses 2 'name a capture file'
refuses 2 'name a capture file' -q
refuses 2 'the name of an input is empty' ''
refuses 2 'only once' - -
refuses 2 "no report 'nonsense'" -r nonsense good.pcap
refuses 2 "no format 'xml'" -f xml good.pcap
refuses 2 'a page for a browser: --html=FILE' -f html good.pcap
refuses 2 -- --nonsense good.pcap
refuses 2 "no rule 'nonsense' (--list-rules)" --explain=nonsense
refuses 2 "no rule 'foo' (--list-rules)" --explain=foo
refuses 2 "'idle_timeout' is no rule but the cause of a verdict: docs/judgement.md" --explain=Idle-Timeout
refuses 2 "no rule 'Obs_fald'; near ones: obs-fold (" --explain=Obs_fald
for name in obs-fold OBS_FOLD keepalive_race; do
    "$CONNAUDIT" --explain="$name" >out 2>errors || fail "--explain=$name: $(cat errors)"
    head -n 1 out | grep -q '^\(obs-fold\|keepalive-race\): ' || fail "--explain=$name: $(cat out)"
done
refuses 2 'Missing argument' good.pcap --match
refuses 2 "not ''" --show= good.pcap
refuses 2 "no connection c1-999" --show=c1-999 good.pcap
refuses 2 'c2-1 in what was read; its name depends on the inputs: give all those' --show=c2-1 good.pcap
refuses 2 'no connection stream:999 in what was read$' --show=stream:999 good.pcap
refuses 2 'filter' -F 'port and' good.pcap
refuses 1 'missing.pcap: No such file' missing.pcap
refuses 1 'missing.pcap: No such file' -o new missing.pcap
refuses 1 'nothing: no capture in this directory' nothing
refuses 1 'texts: no capture in this directory' -q texts
refuses 1 'text.pcap: not a capture file' text.pcap
refuses 1 'text.pcap: not a capture file' --show=c1-1 text.pcap
refuses 1 'empty.pcap: empty' empty.pcap
refuses 1 '/dev/null: empty' /dev/null
refuses 1 'standard input: empty' -
refuses 1 'head.pcap: cut short' head.pcap
refuses 1 'loop: Too many' loop
refuses 1 'Not a directory' -o text.pcap good.pcap
refuses 1 'nowhere/reports: No such file.*: only the last directory is made, first make nowhere$' -o nowhere/reports good.pcap
refuses 1 'first make nowhere/a$' --html=nowhere/a/b/x.html good.pcap
mkdir -p upper/lower sticky
cp good.pcap upper/lower
chmod 1777 sticky
refuses 1 'upper: no capture in this directory, and what lies in its subdirectories is not read' upper
refuses 2 'such as a new one in it: sticky/report/x.html' --html=sticky/x.html good.pcap
refuses 2 'such as a new one in it: sticky/report' -o sticky good.pcap
refuses 1 'no-such-place: no such directory: --inputs' --verify=upper --inputs=no-such-place
[ ! -e new ] || fail "a directory for the reports of nothing"
if [ "$(id -u)" -ne 0 ]; then
    cp good.pcap closed.pcap
    chmod 0 closed.pcap
    refuses 1 'closed.pcap: Permission denied' closed.pcap
fi
cp good.pcap reports/connections.csv
refuses 2 'connections.csv: exists already' -o reports good.pcap
cmp good.pcap reports/connections.csv || fail "what exists was overwritten"

# A capture that is cut in the middle is reported as far as it was read.
status=0
"$CONNAUDIT" -q cut.pcap >out 2>errors || status=$?
judge cut.pcap "$status" 0 'cut.pcap: cut short in packet 6, 5 packets read'
[ "$(wc -l <out)" -eq 2 ] || fail "cut.pcap: $(cat out)"

# Of many files that are no captures, the message names a few.
for n in 1 2 3 4 5 6 7 8 9; do cp text.pcap "texts/notes.$n"; done
cp good.pcap texts
"$CONNAUDIT" texts >out 2>errors || fail "texts: status $?"
[ "$(grep -c '^connaudit: ' errors)" -eq 4 ] || fail "texts: $(cat errors)"
grep -q '^connaudit: and 7 more files' errors || fail "texts: $(cat errors)"
"$CONNAUDIT" -q texts >out 2>errors || fail "-q texts: status $?"
[ ! -s errors ] || fail "-q texts: $(cat errors)"

# The disk is full, or there is no descriptor. That nobody reads the output is no error.
for option in -q --help --version --list-rules --explain=aborted --show=c1-1; do
    status=0
    "$CONNAUDIT" "$option" good.pcap 2>errors >&- || status=$?
    cannot_write "$option, closed" 'Bad file descriptor' "$status"
    if [ -c /dev/full ]; then
        status=0
        "$CONNAUDIT" "$option" good.pcap 2>errors >/dev/full || status=$?
        cannot_write "$option, full" 'No space' "$status"
    fi
    mkfifo pipe
    # The reader of the pipe leaves at once, so writing fails.
    : <pipe &
    reader=$!
    {
        wait "$reader" 2>/dev/null || :
        status=0
        "$CONNAUDIT" "$option" good.pcap 2>errors || status=$?
        echo "$status" >status
    } >pipe
    [ "$(cat status)" -eq 0 ] && [ ! -s errors ] ||
        fail "$option, nobody reads it: status $(cat status), $(cat errors)"
    rm pipe
done

# --fail-on works for a page as well.
cp "$top/samples/close-declared-then-reused.pcap" bad.pcap
status=0
"$CONNAUDIT" --show=c1-1 --fail-on=contradicted bad.pcap >out 2>errors || status=$?
[ "$status" -eq 3 ] && [ -s out ] && [ ! -s errors ] || fail "--show --fail-on: status $status"

finish
