#!/bin/sh
# --evidence writes a capture of each connection that is contradicted or has an error. The capture
# gives the same judgement when it is read. All captures appear or none, and never next to an input.
# The second pass reads the same bytes.
set -eu
. "${srcdir:-$(dirname "$0")/..}/tests/lib.sh"

captures=0

# The judgement that must stay the same, one line per connection: "cK-N" first. No value of these
# columns contains a quotation mark.
judgements() {
    while read -r row; do
        printf '%s\n' "$row" |
            grep -oE '"(connection|declared|declared_by|declared_basis|actual|ended_by|ended_how|stated_timeout_s|stated_max|exchanges|client_ip|client_port|server_ip|server_port|verdict|cause|findings|client_bytes|server_bytes|exchange)":("[^"]*"|\[[^]]*\]|[^,}]*)' |
            tr '\n' ' '
        echo
    done <"$1" | sed 's/^"connection":"\([^"]*\)" /\1 /'
}

# wanted JUDGEMENTS FINDINGS: the connections that must have a capture, according to the reports.
wanted() {
    {
        grep '"verdict":"contradicted"' "$1" | cut -d ' ' -f 1
        sed -n '/"severity":"error"/s/.*"connection":"\([^"]*\)".*/\1/p' "$2"
    } | sort -u
}

# explains NAME: the directory captures explains itself. Each capture has a page, as --show tells the connection; the
# sums are those of all files; no line is wider than a sheet of paper.
explains() {
    [ -s wanted ] || { holds captures; return; }
    while read -r connection; do
        [ -f "captures/$connection.txt" ] || { fail "$1: no page of $connection"; continue; }
        grep -q "^Capture  *$connection-.*\.pcapng$" "captures/$connection.txt" || fail "$1: $connection.txt names no capture"
        grep -q "^CONNECTION $connection$" "captures/$connection.txt" || fail "$1: $connection.txt tells of another"
    done <wanted
    awk 'length($0) > 80 { print FILENAME ": " $0; exit 1 }' captures/*.txt || fail "$1: a line of more than 80 columns"
    (cd captures && sha256sum -c SHA256SUMS >/dev/null && sed 's/^[0-9a-f]*  //' SHA256SUMS | sort >../summed &&
        ls | grep -v '^SHA256SUMS$' | sort | diff - ../summed) || fail "$1: SHA256SUMS"
}

# reads_back NAME ARGUMENT...: runs with the arguments, and reads each capture that this writes.
reads_back() {
    name=$1
    shift
    rm -rf reports captures
    "$CONNAUDIT" -q -f jsonl -o reports --evidence=captures "$@" 2>errors || :
    [ -d captures ] || { fail "$name: $(cat errors)"; return; }
    judgements reports/connections.jsonl >judged
    wanted judged reports/findings.jsonl >wanted
    (cd captures && ls) | sed -n 's/^\(c[0-9]*-[0-9]*\)-.*/\1/p' | sort -u >got
    diff -u wanted got || fail "$name: these connections have a capture, those should"
    explains "$name"
    for capture in captures/*.pcapng; do
        [ -f "$capture" ] || continue
        captures=$((captures + 1))
        connection=$(basename "$capture" | sed 's/^\(c[0-9]*-[0-9]*\)-.*/\1/')
        grep "^$connection " judged | cut -d ' ' -f 2- >before
        "$CONNAUDIT" -q -f jsonl -k "$work/keys" ${thresholds-} "$capture" >again.jsonl 2>errors ||
            fail "$name: $capture: $(cat errors)"
        judgements again.jsonl | cut -d ' ' -f 2- >after
        diff -u before after || fail "$name: $capture is judged otherwise"
        case $capture in
        *[!a-zA-Z0-9_/.-]*) fail "$name: the name $capture" ;;
        esac
    done
}

# Captures of single connections hold no secrets: those of the samples lie in their pcapng files, as
# text.
grep -aohE '(CLIENT|SERVER)_[A-Z_0-9]+ [0-9a-f]{64} [0-9a-f]+' "$top"/samples/*.pcapng >"$work/keys"
[ -s "$work/keys" ] || die "no secrets in the samples"

[ $# -eq 0 ] || others=$(cd "$1" && pwd)
cd "$work"
for sample in "$top"/samples/*.pcap* ${others:+"$others"/*.pcap*}; do
    reads_back "$(basename "$sample")" "$sample"
done
reads_back 'all samples merged' "$top/samples"
merged=$(ls captures/*.pcapng | wc -l)
[ "$merged" -gt 10 ] || fail "all samples merged: only $merged captures"
reads_back 'each sample alone' --separate "$top/samples"
[ "$(ls captures/*.pcapng | wc -l)" -ge "$merged" ] || fail "each sample alone: fewer captures"

# Complete names.
cp "$top/samples/request-crossed-the-idle-close-seen-by-the-client.pcap" race.pcap
runs() {
    name=$1
    expected=$2
    shift 2
    status=0
    "$CONNAUDIT" -q "$@" >stdout 2>errors || status=$?
    [ "$status" -eq "$expected" ] || fail "$name: status $status: $(cat errors)"
    [ "$expected" -eq 0 ] || [ -s errors ] || fail "$name: no error is told"
}
runs 'one capture' 0 --evidence=one race.pcap
holds one README.txt SHA256SUMS c1-1-keepalive_race.pcapng c1-1.txt
"$CONNAUDIT" -q race.pcap | diff - stdout || fail "--evidence changes the report"
runs 'again' 2 --evidence=one race.pcap
grep -q 'exists already' errors || fail "again: $(cat errors)"
cp one/c1-1-keepalive_race.pcapng first
runs 'by force' 0 --evidence=one --force race.pcap
cmp first one/c1-1-keepalive_race.pcapng || fail "the same input gives other bytes"
runs 'nothing to write' 0 --evidence=none "$top/samples/close-declared-and-kept.pcap"
holds none

# A witness is asked where each packet was.
for text in 'frame 1 of input 1' 'connection c1-1 (contradicted: keepalive_race)' 'race.pcap'; do
    grep -aq "$text" first || fail "the capture does not say: $text"
done

# So is what it is, in the words of the page, and the page has the words of --show.
squeezed() {
    sed 's/--> .*<-- .*server$//' | tr -s '[:space:]' ' '
}
for text in 'the server had received nothing of request 2' 'response 1: HTTP/1.1 200; Connection: keep-alive'; do
    grep -aq "$text" first || fail "the capture does not say: $text"
done
sed '1,/^$/d' one/c1-1.txt | squeezed >told
"$CONNAUDIT" --show=c1-1 race.pcap | squeezed | diff - told || fail "the page says something else than --show"
for text in 'connaudit -q --evidence=one race.pcap' "$(sha256sum <race.pcap | cut -d ' ' -f 1)" 'half-close 30 s'; do
    tr -s '[:space:]' ' ' <one/c1-1.txt | sed 's/ --force//' | grep -qF "$text" || fail "the page does not say: $text"
done

# The manifest lists the captures with their checksums.
runs 'with reports' 0 -o both --evidence=both/captures race.pcap
holds both SHA256SUMS captures connections.csv exchanges.csv findings.csv hops.csv idle.csv inputs.csv manifest.json pairs.csv report.html servers.csv
sum=$(sha256sum both/captures/c1-1-keepalive_race.pcapng | cut -d ' ' -f 1)
grep -q "\"sha256\" : \"$sum\"" both/manifest.json || fail "the manifest lacks its sum"
runs 'in the same directory' 0 -o same --evidence=same race.pcap
holds same README.txt SHA256SUMS c1-1-keepalive_race.pcapng c1-1.txt connections.csv exchanges.csv findings.csv hops.csv idle.csv \
    inputs.csv manifest.json \
    pairs.csv report.html servers.csv
runs 'no hash' 0 --no-hash -o nohash --evidence=nohash race.pcap
[ "$(grep -c '"sha256" : null' nohash/manifest.json)" -eq 1 ] || fail "--no-hash: sums"

# The second pass counts nothing twice.
"$CONNAUDIT" "$top/samples" >/dev/null 2>without || :
"$CONNAUDIT" --evidence=counted "$top/samples" >/dev/null 2>with || :
grep -v -e '^  evidence ' -e '^ *in counted$' with | diff -u without - || fail "--evidence changes the summary"

# The limit on captures: the rest is counted and reported.
"$CONNAUDIT" --evidence=three --evidence-max=3 "$top/samples" >/dev/null 2>errors || :
[ "$(ls three/*.pcapng | wc -l)" -eq 3 ] || fail "--evidence-max=3: $(ls three)"
grep -q "evidence *3  captures, $((merged - 3)) connections without one (--evidence-max)" errors ||
    fail "--evidence-max is not told: $(grep evidence errors)"

# --match and -F.
runs 'a match' 0 --match=/no.such.thing/ --evidence=match race.pcap
holds match
runs 'another' 0 --match=/. --evidence=match race.pcap
runs 'a filter' 0 -F 'host 192.0.2.99' --evidence=filter race.pcap
holds filter

# Usage errors.
runs 'standard input' 2 --evidence=wrong - <race.pcap
grep -q 'reads its inputs three times, .* only once' errors || fail "standard input: $(cat errors)"
mkfifo pipe
cat race.pcap >pipe &
writer=$!
runs 'a pipe' 2 --evidence=wrong pipe
grep -q 'only once, .* reads its inputs three times' errors || fail "a pipe: $(cat errors)"
wait "$writer" 2>/dev/null || :
runs 'a page' 2 --evidence=wrong --show=1 race.pcap
runs 'what is to be hidden' 2 --evidence=wrong --redact race.pcap
runs 'no name' 2 --evidence= race.pcap
runs 'a bound alone' 2 --evidence-max=3 race.pcap
for max in 0 -1 x 100001 99999999999999999999; do
    runs "the bound $max" 2 --evidence=wrong --evidence-max="$max" race.pcap
done
mkdir in
cp race.pcap in/
runs 'next to an input' 2 --evidence=in in/race.pcap
runs 'into an input' 2 --evidence=in/ev in
holds in race.pcap
[ ! -e wrong ] || fail "wrong usage left something"

# A directory that cannot be written.
runs 'a file in its place' 1 --evidence=race.pcap/ev race.pcap
runs 'no place for it' 1 --evidence=nowhere/ev race.pcap
mkdir taken taken/c1-1-keepalive_race.pcapng
runs 'a directory of that name' 2 --force --evidence=taken race.pcap

# All captures or none, and the same for the reports.
head -c 2000000 /dev/zero | tr '\0' x >body
(ulimit -f 2 && runs 'a quota' 1 --evidence=full "$top/samples") ||
    fail "a quota"
[ ! -e full ] || fail "a quota: $(ls full) remains"
mkdir blocked blocked/c1-1-keepalive_race.pcapng
runs 'reports that lack their evidence' 2 --force -o lacking --evidence=blocked race.pcap
[ ! -e lacking ] || fail "there are reports without their evidence"

# An input that ends too early is read as far as possible, in both passes.
head -c -5 race.pcap >cut.pcap
runs 'a cut input' 0 --evidence=cut cut.pcap
[ "$(ls cut/*.pcapng | wc -l)" -le 1 ] || fail "a cut input: $(ls cut)"

# An input that changes between the passes. The report is longer than a pipe holds, and nobody reads
# it until the first pass has read all inputs.
mkdir many
cp "$top"/samples/*.pcap many/
mkfifo report
"$CONNAUDIT" -q -f jsonl -r exchanges --evidence=changed many >report 2>errors &
program=$!
{
    dd bs=1 count=1 >first 2>/dev/null
    sleep 0.5
    printf '\125' | dd of=many/aborted-in-the-body-by-rst.pcap bs=1 seek=200 conv=notrunc 2>/dev/null
    [ "$(wc -c)" -gt 70000 ] || fail "a changed input: the report fits into a pipe"
} <report
status=0
wait "$program" || status=$?
[ "$status" -eq 1 ] || fail "a changed input: status $status"
grep -q 'by-rst.pcap: changed while it was being read' errors ||
    fail "a changed input: $(cat errors)"
[ ! -e changed ] || fail "a changed input: $(ls changed | head -3) remains"

finish "$captures captures read back"
