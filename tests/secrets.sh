#!/bin/sh
# Secrets of TLS, wherever they are: key logs, and blocks of a pcapng file ahead of the packets, behind
# them, far from its end, compressed, or on standard input. None of them is in any output.
set -eu
. "${srcdir:-$(dirname "$0")/..}/tests/lib.sh"
export LC_ALL=C
cd "$work"
sample=$top/samples/tls12-close-notify-soon-after-a-response.pcapng

# number FILE OFFSET: the little-endian 32-bit number there
number() { od -An -tu4 -j "$2" -N 4 "$1" | tr -d ' '; }

# The sample's blocks, a file each: secrets, and the others in their order.
at=0
size=$(wc -c <"$sample")
: >others
: >secrets
while [ "$at" -lt "$size" ]; do
    length=$(number "$sample" $((at + 4)))
    to=others
    [ "$(number "$sample" "$at")" != 10 ] || to=secrets
    tail -c +$((at + 1)) "$sample" | head -c "$length" >>$to
    at=$((at + length))
done
[ -s secrets ] || die "$sample has no block of secrets"
length=$(number secrets 12)
tail -c +$((16 + 1)) secrets | head -c "$length" | grep -v '^#' >keys
grep -q '^CLIENT_RANDOM ' keys || die "there is no key log in $sample"

# Blocks that nobody knows: 8,192 of 12 bytes.
printf '\255\013\000\000\014\000\000\000\014\000\000\000' >filler
for i in 1 2 3 4 5 6 7 8 9 10 11 12 13; do cat filler filler >twice && mv twice filler; done

cat others >none.pcapng
cat others secrets >last.pcapng
cat others secrets filler >middle.pcapng
gzip -c last.pcapng >last.pcapng.gz
cat last.pcapng >again.pcapng

columns=--columns=protocol,verdict,cause,tls,secrets
want='HTTP/1.1,contradicted,undeclared_close,1.2,all'

# rows WANTED ARGUMENT…: the rows of the report, joined
rows() {
    wanted=$1
    shift
    got=$("$CONNAUDIT" -q "$columns" "$@" | tail -n +2 | tr '\n' ' ')
    [ "$got" = "$wanted" ] || fail "$*: $got instead of $wanted"
}

rows "$want " "$sample"
rows "$want " last.pcapng
rows "$want " middle.pcapng
rows "$want " -k keys none.pcapng
rows "$want $want " last.pcapng again.pcapng --separate
rows '' none.pcapng
rows 'tls,,,1.2,none ' -a none.pcapng
rows "$want " -k keys - <last.pcapng

# What is no key log is taken, and a note says so; a key log without a line for a connection is one.
# noted TEXT FILE: one line on standard error, of this file, has the text; '' for no line at all.
noted() {
    "$CONNAUDIT" --no-hash -k "$2" none.pcapng 2>errors >rows || fail "-k $2: status $?"
    lines=$(grep '^connaudit: ' errors || true)
    wanted=${1:+connaudit: $2: no secret of TLS in this key log: $1}
    [ "$lines" = "$wanted" ] || fail "-k $2: '$lines' instead of '$wanted'"
}
: >empty
printf '# a comment\n\n' >comments
printf 'CLIENT_RANDOM 00\n' >malformed
printf 'EXPORTER_SECRET %064d %064d\n' 1 2 >exporter
noted 'it has no line' empty
noted 'it has no line' comments
noted 'it has no line with a known label' "$top/README.md"
noted 'its lines are malformed' malformed
noted '' keys
noted '' exporter
"$CONNAUDIT" -q -k empty none.pcapng >rows 2>errors
[ "$(cat errors)" = 'connaudit: empty: no secret of TLS in this key log: it has no line' ] || fail "-q -k empty: $(cat errors)"

# Once only, and by then the packets have gone: more of them than are read at once.
five=$top/samples/five-connections-each-closed.pcapng
cat others "$five" "$five" "$five" secrets | "$CONNAUDIT" -a "$columns" - >late 2>summary
[ "$(grep -c '^tls,,,1.2,late$' late)" = 1 ] || fail "no row is late: $(cat late)"
[ "$(grep -c 'in TLS  *1  1 not decrypted: their secrets came behind' summary)" = 1 ] ||
    fail "the summary does not say late: $(cat summary)"
! "$CONNAUDIT" --version | grep -q '^zlib [0-9]' || rows "$want " last.pcapng.gz

# From a file they are read a second time: the same reports as with a key log.
cat others "$five" "$five" "$five" >long.pcapng
"$CONNAUDIT" -q -a -k keys long.pcapng >expected
cat secrets >>long.pcapng
"$CONNAUDIT" -q -a long.pcapng >got
grep -q ',contradicted,undeclared_close,' expected || fail "nothing was decrypted"
diff expected got || fail "secrets behind the packets give other rows"
"$CONNAUDIT" -q -a -o late.out long.pcapng
cut -d , -f 1-3,5- expected >a
cut -d , -f 1-3,5- late.out/connections.csv | diff a - || fail "other rows in a directory"
"$CONNAUDIT" --show=1 long.pcapng | grep -q 'UNDECLARED_CLOSE\|undeclared' || fail "the page lacks it"

# Several key logs; the lines of one that does not fit do no harm.
sed 's/[0-9a-f]\{96\}$/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/' \
    keys >wrong
rows "$want " -k wrong -k keys none.pcapng
rows 'tls,,,1.2,wrong ' -a -k wrong none.pcapng

# The same reports, and the same summary but for the names, whether secrets come first or last.
for which in "$sample" last.pcapng middle.pcapng; do
    rm -rf out
    "$CONNAUDIT" -a -o out "$which" 2>summary
    [ "$(grep -c 'in TLS  *1  1 decrypted' summary)" = 1 ] || fail "$which: $(cat summary)"
    for report in connections exchanges findings servers pairs; do
        grep -c . "out/$report.csv" | sed "s/^/$report /"
    done >rows.now
    [ -f rows.first ] || cp rows.now rows.first
    diff rows.first rows.now || fail "$which: another count of rows"
done

# No secret, and no random of a line, is in what is written, be it in hex or as bytes.
cut -d ' ' -f 3 keys | tr -d '\r' >hex
[ "$(wc -c <hex)" = 97 ] || die "the sample has other secrets"
{
    "$CONNAUDIT" -a -k keys none.pcapng
    "$CONNAUDIT" -a -f jsonl -r exchanges -k keys none.pcapng
    "$CONNAUDIT" --show=1 -k keys none.pcapng
    "$CONNAUDIT" -k wrong -a none.pcapng
    "$CONNAUDIT" -k none.pcapng none.pcapng
    "$CONNAUDIT" --keylog=keys --bad none.pcapng || :
    rm -rf out
    "$CONNAUDIT" -a -k keys -o out --evidence=out none.pcapng
    cat out/*
} >everything 2>&1
[ "$(wc -c <everything)" -gt 10000 ] || die "there is little output"
for text in $(cat hex) $(cut -d ' ' -f 2 keys); do
    ! grep -qi "$text" everything || fail "a secret, or its random, in the output"
done
od -An -v -tx1 everything | tr -d ' \n' >dump
for text in $(cat hex); do
    ! grep -qi "$text" dump || fail "the bytes of a secret in the output"
done
grep -c 'CLIENT_RANDOM' everything >labels || :
[ "$(cat labels)" = 0 ] || fail "a line of the key log in the output"

# A capture of evidence holds secrets only if that was asked for, and then those of its connection.
rm -rf with without
{ cat keys; sed 's/ [0-9a-f]\{64\} / aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa /' keys; } >more
"$CONNAUDIT" -k more --evidence=without none.pcapng >/dev/null 2>summary
grep -q '^  evidence  *1  capture, 1 without secrets of TLS (--evidence-secrets)$' summary ||
    fail "that the secrets are not in the capture is not told: $(cat summary)"
"$CONNAUDIT" -k more --evidence=with --evidence-secrets none.pcapng >/dev/null 2>summary
! grep -q 'without secrets of TLS' summary || fail "secrets are said to lack: $(cat summary)"
capture=c1-1-undeclared_close.pcapng
[ "$(grep -ac CLIENT_RANDOM without/$capture)" = 0 ] || fail "secrets in evidence, unasked"
[ "$(grep -ac CLIENT_RANDOM with/$capture)" = 1 ] || fail "other secrets than its own in evidence"
grep -aqF "$(cut -d ' ' -f 3 keys)" with/$capture || fail "its secret is not in evidence"
rows "$want " with/$capture
rows "$want " -k keys without/$capture
rows '' without/$capture
[ "$(number with/$capture "$(number with/$capture 4)")" = 10 ] || fail "the secrets are not first"
! "$CONNAUDIT" -q --evidence-secrets none.pcapng 2>errors || fail "--evidence-secrets alone"

finish "secrets"
