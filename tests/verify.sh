#!/bin/sh
# --verify: what has not changed is the same; whatever is changed is found; and where a run cannot be
# repeated, that is said, with a status of its own.
set -eu
. "${srcdir:-$(dirname "$0")/..}/tests/lib.sh"
cd "$work"
mkdir in
cp "$top/samples/request-crossed-the-idle-close-seen-by-the-server.pcap" in/race.pcap
cp "$top/samples/close-declared-then-reused.pcap" in/reused.pcap
cp "$top/samples/close-declared-and-left-to-the-client.pcap" in/good.pcap

# verifies STATUS TEXT OPTION...: ends so, and one of its lines is this one.
verifies() {
    expected=$1
    text=$2
    shift 2
    status=0
    "$CONNAUDIT" "$@" >out 2>errors || status=$?
    [ "$status" -eq "$expected" ] || fail "$*: status $status instead of $expected: $(cat out errors)"
    grep -qxF -- "$text" out || fail "$*: '$text' is not said: $(cat out errors)"
}

"$CONNAUDIT" -o made --evidence=made/captures --prompt-close=3 in 2>summary
sum=$(sha256sum <made/manifest.json | cut -d ' ' -f 1)
grep -qx "  manifest      $sum" summary || fail "the manifest's own sum is not told: $(cat summary)"
grep -qx '  reports       in made' summary && grep -qx '  page          made/report.html' summary ||
    fail "where the reports are is not told: $(cat summary)"
(cd made && sha256sum -c --strict --quiet SHA256SUMS) || fail "sha256sum -c"
(cd made/captures && sha256sum -c --strict --quiet SHA256SUMS) || fail "sha256sum -c, of captures"
[ "$(wc -l <made/SHA256SUMS)" -eq "$(find made -type f ! -name SHA256SUMS | wc -l)" ] ||
    fail "a file is not in SHA256SUMS"
verifies 0 'run again: the same bytes' --verify=made
grep -qx "manifest.json: $sum" out || fail "--verify does not tell the sum of the manifest"
[ "$(grep -c ': judged the same: ' out)" -eq "$(ls made/captures/*.pcapng | wc -l)" ] ||
    fail "captures are not judged: $(cat out)"
[ "$(ls made/captures/*.pcapng | wc -l)" -ge 2 ] || fail "there are no captures to judge"
"$CONNAUDIT" -q --verify=made >out || fail "-q: status $?"
[ ! -s out ] || fail "-q: $(cat out)"

# changed FILE TEXT: one byte of it is changed, and that is found.
changed() {
    cp -p "$1" kept
    size=$(wc -c <"$1")
    printf 'X' | dd of="$1" bs=1 seek=$((size / 2)) conv=notrunc 2>dd
    cmp -s "$1" kept && die "$1 was not changed"
    verifies 1 "$2" --verify=made
    verifies 1 'not run again: what is there differs' --verify=made
    cp -p kept "$1"
}
changed made/connections.csv 'connections.csv: DIFFERS'
changed made/servers.csv 'servers.csv: DIFFERS'
changed made/SHA256SUMS 'SHA256SUMS: DIFFERS'
changed in/race.pcap 'in/race.pcap: DIFFERS'
changed made/report.html 'report.html: DIFFERS'
for file in made/captures/*.pcapng made/captures/c2-1.txt made/captures/README.txt; do
    changed "$file" "$(basename "$file"): DIFFERS"
done
mv made/pairs.csv aside
verifies 1 'pairs.csv: CANNOT BE READ: No such file or directory' --verify=made
ln -s ../aside made/pairs.csv
verifies 1 'pairs.csv: CANNOT BE READ: is a link' --verify=made
rm made/pairs.csv
mv aside made/pairs.csv

# What somebody wrote into the manifest together with sums that fit is found by the second run.
# forged SED-EXPRESSION WHAT: the manifest is changed so.
forged() {
    cp -R made forged
    sed "$1" made/manifest.json >forged/manifest.json
    cmp -s made/manifest.json forged/manifest.json && die "$1: nothing was changed"
    grep -v manifest.json made/SHA256SUMS >rest
    {
        grep -v captures/ rest
        (cd forged && sha256sum manifest.json)
        grep captures/ rest
    } >forged/SHA256SUMS
    verifies 1 "run again: DIFFERS in $2" --verify=forged
    rm -R forged
}
forged 's/"http_connections" : 3/"http_connections" : 2/' totals
forged 's/"prompt_close_s" : "3.000000000"/"prompt_close_s" : "1.000000000"/' thresholds
forged 's/"frames" : [0-9]*/"frames" : 999/' inputs
cp -R made forged
sed 's/contradicted/as_declared /' made/connections.csv >forged/connections.csv
old=$(sha256sum <made/connections.csv | cut -d ' ' -f 1)
new=$(sha256sum <forged/connections.csv | cut -d ' ' -f 1)
sed "s/$old/$new/" made/manifest.json >forged/manifest.json
last=$(sha256sum <forged/manifest.json | cut -d ' ' -f 1)
sed "s/$old/$new/;s/$sum/$last/" made/SHA256SUMS >forged/SHA256SUMS
verifies 1 'run again: DIFFERS in connections.csv' --verify=forged

# Captures that have moved, and reports that have moved with their captures.
mkdir later
mv in later/in
mv made later/made
verifies 1 'in/race.pcap: CANNOT BE READ: No such file or directory' --verify=later/made
verifies 0 'run again: the same bytes' --verify=later/made --inputs=later
verifies 0 'run again: the same bytes' --verify=later/made --inputs=later/in
moved='not run again: an input is not where it was: start in the directory of the first run, or say where the inputs lie now with --inputs=DIR'
verifies 1 "$moved" --verify=later/made
mkdir empty
verifies 1 'in/race.pcap: NOT THERE' --verify=later/made --inputs=empty
verifies 1 'not run again: an input is not in the directory of --inputs' --verify=later/made --inputs=empty
mv later/in in

# The manifest may be named instead of its directory. What has none is refused with what to do instead.
"$CONNAUDIT" -q -o place --evidence=place/captures in
"$CONNAUDIT" -q --evidence=alone in >rows
verifies 0 'run again: the same bytes' --verify=place/manifest.json
(cd place && "$CONNAUDIT" --verify=manifest.json --inputs=..) >out || fail "a bare manifest.json: $(cat out)"
# refused DIR TEXT
refused() {
    status=0
    "$CONNAUDIT" --verify="$1" >out 2>errors || status=$?
    [ "$status" -eq 1 ] || fail "--verify=$1: status $status"
    [ "$(cat errors)" = "connaudit: $1: $2" ] || fail "--verify=$1: $(cat errors)"
    [ ! -s out ] || fail "--verify=$1: $(cat out)"
}
refused place/captures 'has no manifest.json, but the directory above has: --verify=place'
(cd place/captures && refused . 'has no manifest.json, but the directory above has: --verify=..' && rm out errors)
refused alone 'has sums but no manifest.json: check it with sha256sum -c SHA256SUMS, or verify the directory that -o wrote beside it'
refused in 'has no manifest.json: -o did not write it'
refused place/pairs.csv '--verify takes a directory that -o wrote, or its manifest.json'
refused nowhere/manifest.json 'No such file or directory'
"$CONNAUDIT" -q -o apart --evidence=captures in
mv captures aside
verifies 1 'not run again: the captures are not where they were: start in the directory of the first run' --verify=apart
mv aside captures
verifies 0 'run again: the same bytes' --verify=apart

# An input that failed in the first run has to fail in the same way.
mkdir failing
cp in/race.pcap failing
head -c 900 in/reused.pcap >failing/cut.pcap
echo text >failing/text
refusing='failing/race.pcap failing/cut.pcap failing/text failing/none'
"$CONNAUDIT" -q -o failed $refusing 2>errors && fail "nothing failed"
verifies 0 'run again: the same bytes' --verify=failed
grep -qxF 'failing/text: fails as in the first run: not a capture file (neither pcap nor pcapng)' out ||
    fail "an input that fails again is not told: $(cat out)"
grep -qxF 'failing/none: fails as in the first run: No such file or directory' out ||
    fail "an input that is missing again is not told: $(cat out)"
grep -q '^failing/cut.pcap: was not read to its end: cut short in packet' out ||
    fail "an input that was cut is not told: $(cat out)"
mv failing later/failing
verifies 0 'failing/text: fails as in the first run: not a capture file (neither pcap nor pcapng)' --verify=failed --inputs=later
verifies 1 "$moved" --verify=failed
mv later/failing failing
cp in/good.pcap failing/none
verifies 1 'failing/none: CAN BE READ NOW; in the first run: No such file or directory' --verify=failed
rm failing/none failing/text
verifies 1 'failing/text: FAILS OTHERWISE: No such file or directory; in the first run: not a capture file (neither pcap nor pcapng)' --verify=failed

# Files besides, of which the manifest knows nothing, are not written again.
"$CONNAUDIT" -q -o besides --html=page.html --sqlite=data.sqlite in
touch -d 2001-01-01 page.html data.sqlite
verifies 0 'run again: the same bytes' --verify=besides
[ -z "$(find page.html data.sqlite -newermt 2002-01-01)" ] || fail "--verify writes where it should not"
"$CONNAUDIT" -q -o database -f sqlite in
verifies 0 'reports.sqlite: same' --verify=database
verifies 0 'run again: the same bytes' --verify=database

# What the manifest does not name, of an earlier run or of somebody else.
"$CONNAUDIT" -q -o twice --evidence=twice/evidence in
"$CONNAUDIT" -q --force -o twice --evidence=twice/evidence in/race.pcap
left=$(cd twice/evidence && ls c2-*.pcapng)
verifies 1 "$left: NOT IN THE MANIFEST" --verify=twice
grep -qx 'not run again: what is there differs' out || fail "what is beside is no difference: $(cat out)"
[ "$(grep -c 'NOT IN THE MANIFEST' out)" -eq "$(ls twice/evidence/c[2-9]* | wc -l)" ] ||
    fail "more or less is beside: $(cat out)"
rm twice/evidence/c[2-9]*
verifies 0 'run again: the same bytes' --verify=twice
touch twice/manifest.json.minisig twice/manifest.json.asc twice/manifest.tsr
verifies 0 'run again: the same bytes' --verify=twice
mkdir twice/other
ln -s ../in/race.pcap twice/link
verifies 1 'other: NOT IN THE MANIFEST' --verify=twice
grep -qx 'link: NOT IN THE MANIFEST' out || fail "a link beside is not told: $(cat out)"
rm -R twice/other twice/link
for number in $(seq 100 144); do
    : >"twice/x$number"
done
verifies 1 'and 25 more: NOT IN THE MANIFEST' --verify=twice
[ "$(grep -c '^x1[01][0-9]: NOT IN THE MANIFEST' out)" -eq 20 ] || fail "others are named: $(cat out)"
mkdir below
"$CONNAUDIT" -q -o below/reports --html=below/reports/page.html in/race.pcap
verifies 0 'page.html: not compared: the manifest has no sum of it' --verify=below/reports
"$CONNAUDIT" -q -o flat --evidence=flat in
verifies 0 'run again: the same bytes' --verify=flat
mkdir here
cp -R in here
mkdir -p here/captures
(cd here && "$CONNAUDIT" -q -o . --evidence=captures/it in)
(cd here && "$CONNAUDIT" --verify=.) >out || fail "inputs below the reports are strangers: $(cat out)"

# What cannot be repeated.
"$CONNAUDIT" -q -o piped - <in/race.pcap
verifies 4 'not run again: standard input cannot be read again' --verify=piped
"$CONNAUDIT" -q -o random --redact in
verifies 4 'not run again: the key of --redact was random, and is forgotten' --verify=random
"$CONNAUDIT" -q -o keyed --redact --redact-key=key in
verifies 4 'not run again: give the same key again (--redact-key)' --verify=keyed
verifies 4 'not run again: the key of --redact-key is not there' --verify=keyed --redact-key=none
[ ! -e none ] || fail "--verify made a key"
verifies 0 'run again: the same bytes' --verify=keyed --redact-key=key
head -c 32 in/race.pcap >other
chmod 600 other
verifies 4 'not run again: this is another key (--redact-key)' --verify=keyed --redact-key=other
"$CONNAUDIT" -q -o sought --redact --redact-key=key --match=example in
verifies 4 'not run again: what --match looked for is hidden' --verify=sought --redact-key=key
"$CONNAUDIT" -q -o unhashed --no-hash in
verifies 0 'in/race.pcap: not compared: the manifest has no sum of it' --verify=unhashed
sed 's/"connaudit" : "[0-9]*\./"connaudit" : "99./' piped/manifest.json >manifest
cp manifest piped/manifest.json
rm piped/SHA256SUMS
"$CONNAUDIT" -q -o versions in
sed 's/"connaudit" : "[0-9]*\./"connaudit" : "99./' versions/manifest.json >manifest
cp manifest versions/manifest.json
{
    grep -v manifest.json versions/SHA256SUMS
    (cd versions && sha256sum manifest.json)
} >sums
cp sums versions/SHA256SUMS
verifies 4 'not run again: it is of another version of connaudit' --verify=versions

# Key logs have to be the same ones.
echo 'CLIENT_RANDOM 00 00' >log
echo 'CLIENT_RANDOM 11 11' >otherlog
"$CONNAUDIT" -q -o sealed -k log in
verifies 4 'not run again: give the same key logs again (-k)' --verify=sealed
verifies 4 'not run again: these are other key logs' --verify=sealed -k otherlog
verifies 0 'run again: the same bytes' --verify=sealed -k log

# Secrets that an input holds are not in the captures, but the second run has them. What is judged the
# same without them is said to be so.
"$CONNAUDIT" -q -o tls --evidence=tls "$top"/samples/tls12-*.pcapng in/race.pcap
count=$(ls tls | grep -c '\.pcapng$')
[ "$count" -ge 2 ] || fail "there is no capture of a TLS connection"
verifies 0 'run again: the same bytes' --verify=tls
[ "$(grep -c ': not judged: secrets that the inputs hold are not in the captures' out)" -eq $((count - 1)) ] ||
    fail "captures without their secrets: $(cat out)"
grep -qx "captures: $((count - 1)) of $count not judged again, only compared" out ||
    fail "how many are not judged is not told: $(cat out)"
grep -q -- '-keepalive_race.pcapng: judged the same: ' out || fail "a capture in clear text is not judged: $(cat out)"
# With their own secrets they are judged.
"$CONNAUDIT" -q -o own --evidence=own --evidence-secrets "$top"/samples/tls12-*.pcapng
verifies 0 'run again: the same bytes' --verify=own
[ "$(grep -c ': judged the same: ' out)" -eq $((count - 1)) ] || fail "captures with their secrets: $(cat out)"
! grep -q 'not judged' out || fail "captures with their secrets are not judged: $(cat out)"

# Manifests of strangers: what they hold is no reason to open something else, nor to fail otherwise.
# strange STATUS TEXT
mkdir strange
strange() {
    printf '%s\n' "$2" >strange/manifest.json
    status=0
    "$CONNAUDIT" --verify=strange >out 2>errors || status=$?
    [ "$status" -eq "$1" ] || fail "$2: status $status: $(cat out errors)"
}
strange 1 ''
strange 1 '[]'
strange 1 '{}'
strange 1 '{"connaudit": 1}'
strange 1 '{"connaudit": "0.1.0", "reports": 7, "inputs": {}, "command": [1, null, "x"], "evidence": []}'
strange 1 '{"connaudit": "0.1.0", "reports": [{"name": "../in/race.pcap", "sha256": 3}, 4, [], null]}'
if grep -q 'race.pcap' out; then
    fail "a name leads out of the directory"
fi
strange 1 '{"connaudit": "0.1.0", "inputs": [{"path": "in/race.pcap"}], "command": ["connaudit", "-o"]}'
rm strange/manifest.json
mkfifo strange/manifest.json
status=0
timeout 60 "$CONNAUDIT" --verify=strange >out 2>errors || status=$?
[ "$status" -eq 1 ] || fail "a pipe as a manifest: status $status"

# refuses OPTION...
refuses() {
    status=0
    "$CONNAUDIT" "$@" >out 2>errors || status=$?
    [ "$status" -eq 2 ] || fail "$*: status $status"
}
refuses --verify=keyed in
refuses --verify=keyed -r servers
refuses --verify=keyed -o again
refuses --inputs=in in
refuses --verify=
finish
