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
        for report in connections exchanges findings servers pairs idle; do
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
everything "$work/redacted" --redact --redact-key="$work/key"
everything "$work/again" --redact --redact-key="$work/key"
grep -q s3cret "$work/open" || fail "the captures hold nothing to hide"
if grep -n s3cret "$work/redacted"; then
    fail "--redact told a secret"
fi
cmp "$work/redacted" "$work/again" || fail "two runs with the same key differ"

# The key is made once, for its owner alone, and nothing tells it; the manifest has its fingerprint.
# shellcheck disable=SC2012
[ "$(ls -l "$work/key" | cut -c 1-10)" = '-rw-------' ] || fail "the key: $(ls -l "$work/key")"
[ "$(wc -c <"$work/key")" -eq 32 ] || fail "the key: $(wc -c <"$work/key") bytes"
key=$(od -An -v -tx1 "$work/key" | tr -d ' \n')
if grep -q "$key" "$work/redacted"; then
    fail "the key is told"
fi
print=$({ printf 'connaudit, fingerprint of a key to redact\000'; cat "$work/key"; } | sha256sum | cut -c 1-32)
grep -q "\"redact_key\" : \"file\"" "$work/redacted" || fail "the manifest does not name the key"
grep -q "\"redact_key_fingerprint\" : \"$print\"" "$work/redacted" ||
    fail "the manifest has another fingerprint than $print"

# A key of the run's own: no two runs share a name, also not over the same input.
for run in 1 2; do
    "$CONNAUDIT" -q -r exchanges --redact "$work/in/race.pcap" >"$work/own$run"
    grep -q '#[0-9a-f]\{12\}' "$work/own$run" || fail "nothing is hidden without a key"
    grep -o '#[0-9a-f]\{12\}' "$work/own$run" | sort -u >"$work/names$run"
done
[ -z "$(comm -12 "$work/names1" "$work/names2")" ] || fail "two random keys give the same names"
"$CONNAUDIT" -q --redact -o "$work/random" "$work/in/race.pcap"
grep -q '"redact_key" : "random"' "$work/random/manifest.json" ||
    fail "the manifest does not say that the key was random"
grep -q '"redact_key_fingerprint" : null' "$work/random/manifest.json" ||
    fail "a random key has a fingerprint"

# refuses STATUS WHAT OPTION...
refuses() {
    what=$1
    shift
    status=0
    "$CONNAUDIT" -q "$@" "$work/in/race.pcap" >"$work/stdout" 2>"$work/errors" || status=$?
    [ "$status" -eq 2 ] || fail "$what: status $status"
    [ -s "$work/errors" ] && [ ! -s "$work/stdout" ] || fail "$what: $(cat "$work/errors")"
}
head -c 31 "$work/key" >"$work/short"
head -c 32 "$work/key" >"$work/open-key"
chmod 600 "$work/short"
chmod 644 "$work/open-key"
refuses 'a key without --redact' --redact-key="$work/key"
refuses 'a short key' --redact --redact-key="$work/short"
refuses 'a key that anybody can read' --redact --redact-key="$work/open-key"
refuses 'a new key beside an input' --redact --redact-key="$work/in/key"
refuses 'no place for a key' --redact --redact-key="$work/missing/key"
refuses 'no name of a key' --redact --redact-key=
[ ! -e "$work/in/key" ] || fail "a key was made beside an input"

# Where anybody may write, anybody may put a key of their own in the place of this one.
mkdir -p "$work/anyone/own" "$work/sticky"
ln -s anyone/link-target "$work/link"
cp -p "$work/key" "$work/anyone/link-target"
cp -p "$work/key" "$work/anyone/own/key"
cp -p "$work/key" "$work/sticky/key"
chmod 777 "$work/anyone"
chmod 1777 "$work/sticky"
for key in anyone/new sticky/new anyone/link-target sticky/key anyone/own/key link; do
    refuses "a key where anybody may write: $key" --redact --redact-key="$work/$key"
    grep -q '^connaudit: .*: anybody may write to ' "$work/errors" ||
        fail "why $key is refused: $(cat "$work/errors")"
done
[ ! -e "$work/anyone/new" ] && [ ! -e "$work/sticky/new" ] ||
    fail "a key was made where anybody may write"

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
[ "$(column host "$work/in/race.pcap" --redact --redact-key="$work/key" | head -n 1)" = \
    "$(column host "$work/in/stated.pcap" --redact --redact-key="$work/key" | head -n 1)" ] ||
    fail "with one key a host has two names in two captures"

# Values that need not be hidden are the same as without --redact.
for name in verdict cause request_frame method status declared_basis response_options; do
    [ "$(column $name "$work/in/stated.pcap" --redact)" = "$(column $name "$work/in/stated.pcap")" ] ||
        fail "--redact changes the column $name"
done

finish
