#!/bin/sh
# --redact hides all secrets in every report, page and manifest. Equal values have equal names, and
# nothing else changes. The captures are samples in which texts were replaced by others of the same
# length.
set -eu
. "${srcdir:-$(dirname "$0")/..}/tests/lib.sh"

# capture NAME SAMPLE SED-EXPRESSION...
capture() {
    name=$1
    sample=$2
    shift 2
    LC_ALL=C sed "$@" <"$top/samples/$sample" >"$work/in/$name.pcap"
    cmp -s "$top/samples/$sample" "$work/in/$name.pcap" && fail "$name: nothing was replaced"
    [ "$(wc -c <"$top/samples/$sample")" -eq "$(wc -c <"$work/in/$name.pcap")" ] ||
        fail "$name: its length has changed"
}

mkdir "$work/in"
capture race request-crossed-the-idle-close-seen-by-the-server.pcap \
    -e 's/example\.test/s3cret.hosts/g' -e 's,/second\.html,/s3cret.html,g' \
    -e 's/Connection: keep-alive/Connection: s3cret@ali/g'
capture stated idle-timeout-stated-and-kept.pcap \
    -e 's/example\.test/s3cret.hosts/g' -e 's/timeout=[0-9]/s3cret=ab/g'
capture nominated hop-by-hop-nomination-of-forwarded-for.pcap -e 's/example\.test/s3cret.hosts/g'

# everything DIRECTION OPTION...: every report, page and manifest of every capture into one file.
everything() {
    out=$1
    shift
    for input in race stated nominated; do
        for report in connections exchanges findings servers pairs; do
            for format in csv jsonl; do
                "$CONNAUDIT" "$@" -r "$report" -f "$format" "$work/in/$input.pcap"
            done
        done
        "$CONNAUDIT" "$@" --show=1 "$work/in/$input.pcap"
        "$CONNAUDIT" "$@" --force -o "$work/dir" --match=s3cret "$work/in/$input.pcap"
        cat "$work"/dir/*
        "$CONNAUDIT" "$@" --force -o "$work/dir" --match s3cret "$work/in/$input.pcap"
        cat "$work"/dir/*
    done >"$out" 2>&1
}

everything "$work/open"
everything "$work/redacted" --redact
everything "$work/again" --redact
grep -q s3cret "$work/open" || fail "the captures hold nothing to hide"
if grep -n s3cret "$work/redacted"; then
    fail "--redact told a secret"
fi
cmp "$work/redacted" "$work/again" || fail "two runs over the same inputs differ"

# column NAME INPUT OPTION...: the values of one column of the exchanges; none is quoted.
column() {
    name=$1
    input=$2
    shift 2
    "$CONNAUDIT" -q -r exchanges "$@" "$input" | awk -F, -v name="$name" '
        NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) at = i }
        NR > 1 { print $at }'
}

[ "$(column host "$work/in/race.pcap" --redact | sort -u | grep -c '^#[0-9a-f]\{12\}$')" -eq 1 ] ||
    fail "the same host has two names, or none"
[ "$(column target "$work/in/race.pcap" --redact | sort -u | wc -l)" -eq 2 ] ||
    fail "two targets have one name"
[ "$(column host "$work/in/race.pcap" --redact | head -n 1)" != \
    "$(column host "$work/in/stated.pcap" --redact | head -n 1)" ] ||
    fail "the key does not depend on the inputs"

# Values that need not be hidden are the same as without --redact.
for name in verdict cause request_frame method status declared_basis response_options; do
    [ "$(column $name "$work/in/stated.pcap" --redact)" = "$(column $name "$work/in/stated.pcap")" ] ||
        fail "--redact changes the column $name"
done

finish
