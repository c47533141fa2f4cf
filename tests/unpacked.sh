#!/bin/sh
# What an input unpacks to can be bounded, exactly, and a bomb is named in the summary.
set -eu
. "${srcdir:-$(dirname "$0")/..}/tests/lib.sh"
sample=$top/samples/close-declared-then-reused.pcap
[ -f "$sample" ] || die "the sample is not there"
cd "$work"
command -v gzip >/dev/null || die "there is no gzip"
gzip -c "$sample" >a.pcap.gz
size=$(wc -c <"$sample")
"$CONNAUDIT" -q a.pcap.gz >whole || fail "without a bound: status $?"

# ends STATUS OPTION...
ends() {
    expected=$1
    shift
    status=0
    "$CONNAUDIT" "$@" >out 2>errors || status=$?
    [ "$status" -eq "$expected" ] || fail "$*: status $status instead of $expected: $(cat errors)"
}
ends 0 -q --max-unpacked="$size" a.pcap.gz
cmp out whole || fail "exactly the bound: other rows"
ends 1 -q --max-unpacked=$((size - 1)) a.pcap.gz
grep -q 'a.pcap.gz: broken .*unpacks to more than .* bytes (--max-unpacked)' errors ||
    fail "one less: $(cat errors)"
ends 1 -q --max-unpacked=1 a.pcap.gz
ends 0 -q --max-unpacked=1 "$sample" # it is not compressed
ends 2 -q --max-unpacked=0 a.pcap.gz
ends 2 -q --max-unpacked=much a.pcap.gz
ends 1 -q -o bounded --max-unpacked=1K a.pcap.gz
grep -q '"unpacked" : 1024,' bounded/manifest.json || fail "the manifest: $(grep unpacked bounded/manifest.json)"
ends 0 a.pcap.gz
! grep -q unpacked errors || fail "an ordinary capture is called a bomb"

if ! "$CONNAUDIT" --version | grep -q 'liblzma [0-9]' || ! command -v xz >/dev/null; then
    echo "no xz: a bomb is not tried"
    finish
fi
# Sixteen MiB in packets of 64 KiB, all of them zeros.
{
    printf '\324\303\262\241\002\000\004\000\000\000\000\000\000\000\000\000\000\000\001\000\001\000\000\000'
    n=0
    while [ "$n" -lt 256 ]; do
        printf '\000\361\123\145\000\000\000\000\000\000\001\000\000\000\001\000'
        head -c 65536 /dev/zero
        n=$((n + 1))
    done
} >flat.pcap
xz -k flat.pcap
ends 0 flat.pcap.xz
flat=$(tr '\n' ' ' <errors | tr -s ' ')
ratio=$(($(wc -c <flat.pcap) / $(wc -c <flat.pcap.xz)))
[ "$ratio" -ge 1000 ] || die "it is no bomb: $ratio"
case $flat in
*"unpacked flat.pcap.xz: 16,781,336 bytes from"*"times as much (--max-unpacked)"*) ;;
*) fail "the bomb is not named: $flat" ;;
esac
finish
