#!/bin/sh
# --output writes every report and the manifest: all of them or none, and never next to an input.
set -eu
. "${srcdir:-$(dirname "$0")/..}/tests/lib.sh"

cd "$work"
mkdir in
cp "$top/samples/same-ports-twice.pcap" in/a.pcap
cp "$top/samples/websocket-upgrade.pcap" in/b.pcap

# runs NAME STATUS ARGUMENT...: the program ends with that status and prints nothing on standard
# output.
runs() {
    name=$1
    expected=$2
    shift 2
    status=0
    "$CONNAUDIT" -q "$@" >stdout 2>errors || status=$?
    [ "$status" -eq "$expected" ] || fail "$name: status $status: $(cat errors)"
    [ ! -s stdout ] || fail "$name: standard output: $(cat stdout)"
    [ "$expected" -eq 0 ] || [ -s errors ] || fail "$name: no error is told"
}

# sums FILE MANIFEST: the manifest has the file's SHA-256.
sums() {
    ! command -v sha256sum >/dev/null || grep -q "\"$(sha256sum <"$1" | cut -d ' ' -f 1)\"" "$2" ||
        fail "$2: the sum of $1 is not there"
}

runs 'a new directory' 0 -o out in
holds out SHA256SUMS connections.csv exchanges.csv findings.csv hops.csv idle.csv inputs.csv manifest.json pairs.csv report.html servers.csv
for report in connections exchanges findings servers pairs idle; do
    "$CONNAUDIT" -q -r "$report" in | diff -u - "out/$report.csv" ||
        fail "-o: $report.csv is not the report $report"
    sums "out/$report.csv" out/manifest.json
done
sums in/a.pcap out/manifest.json
sums in/b.pcap out/manifest.json
[ "$(ls in)" = "a.pcap
b.pcap" ] || fail "something was written next to the inputs"

# The same bytes again, in another place and on another day; and with --force over the old ones.
cp -R out first
cp -R in out again 2>/dev/null || mkdir again && cp -R in again/
(cd again && rm -rf out && "$CONNAUDIT" -q -o out in)
diff -r first again/out || fail "the same inputs and options give other bytes"
echo old >out/connections.csv
runs 'reports that exist' 2 -o out in
[ "$(cat out/connections.csv)" = old ] || fail "an existing report was overwritten"
holds out SHA256SUMS connections.csv exchanges.csv findings.csv hops.csv idle.csv inputs.csv manifest.json pairs.csv report.html servers.csv
runs 'by force' 0 -o out/ --force in
cmp out/connections.csv first/connections.csv || fail "--force did not overwrite"
mkdir beside
echo mine >beside/notes
runs 'a directory that holds other things' 0 --output=beside in
holds beside SHA256SUMS connections.csv exchanges.csv findings.csv hops.csv idle.csv inputs.csv manifest.json notes pairs.csv report.html servers.csv
runs 'no hash' 0 --no-hash -o nohash in
[ "$(grep -c '"sha256" : null' nohash/manifest.json)" -eq 2 ] || fail "--no-hash: sums"

# Never into an input, never next to one.
runs 'the input itself' 2 -o in in
runs 'within the input' 2 -o in/report in
runs 'beside a file that is an input' 2 -o in in/a.pcap
runs 'beside it, by another name' 2 -o in/../in in/b.pcap
ln -s ../in/a.pcap beside/link.pcap
runs 'beside what a link leads to' 2 -o in beside/link.pcap
runs 'a file' 1 -o in/a.pcap in/a.pcap
runs 'no place for it' 1 -o nowhere/out in
holds in a.pcap b.pcap
cp in/a.pcap here.pcap
runs 'in a directory beside the file' 0 -o beside-the-file here.pcap
cp here.pcap before
status=0
"$CONNAUDIT" -q here.pcap >>here.pcap 2>errors || status=$?
[ "$status" -eq 2 ] || fail "standard output is the input: status $status"
cmp here.pcap before || fail "standard output was written into an input"

# Nor where anybody could put other files in their place; where the group could, it is said.
mkdir anybody sticky group
chmod 777 anybody
chmod 1777 sticky
chmod 775 group
runs 'anybody may write' 2 -o anybody in
runs 'anybody may write, by force' 2 -o anybody --force in
runs 'anybody may write, though sticky' 2 -o sticky in
runs 'anybody may write, the captures' 2 --evidence=anybody in
runs 'a new one where anybody may write' 2 -o anybody/out in
# said TEXT OPTION...: what to do instead
said() {
    text=$1
    shift
    status=0
    "$CONNAUDIT" -q "$@" in 2>errors >stdout || status=$?
    [ "$status" -eq 2 ] && [ "$(cat errors)" = "connaudit: $text" ] || fail "$*: status $status: $(cat errors)"
}
instead='anybody may write to this directory, and so could replace what is written there: name a directory that is yours alone'
said "anybody: $instead" -o anybody
said "sticky: $instead, such as a new one in it: sticky/report" -o sticky
said "sticky: $instead, such as a new one in it: sticky/report/page.html" --html=sticky/page.html
said 'anybody/out: anybody may write to the directory above it, and so could replace it: name one in a directory that is yours alone' -o anybody/out
# Two outputs of one name: nothing is written, nor read.
said 'one: --html and --sqlite name the same file' --html=one --sqlite=./one
said 'new/one: --html and --sqlite name the same file' --html=new/one --sqlite="$PWD/new//one"
for file in connections.csv manifest.json SHA256SUMS report.html; do
    said "both/$file: is a file that --output writes: give it another name" -o both --html="both/$file"
    said "both/../both/$file: is a file that --output writes: give it another name" \
        -o "$PWD/both/" --force --sqlite="both/../both/$file"
done
said 'both/reports.sqlite: is a file that --output writes: give it another name' \
    -o both -f sqlite --html=both/reports.sqlite
[ ! -e one ] && [ ! -e new ] && [ ! -e both ] || fail "two outputs of one name are written"
runs 'two outputs of other names' 0 -o both --html=both/page.html --sqlite=both/reports.sqlite in
runs 'a new one in a sticky directory' 0 -o sticky/out in
"$CONNAUDIT" -o group in 2>errors || fail "the group: status $?"
# The summary names what was written; no name is broken, however long it is.
long=a-directory-whose-name-is-so-long/that-with-what-lies-in-it/no-line-of-80-columns-holds-it
mkdir -p "${long%/*}" 'and blanks'
cp in/a.pcap "${long%/*}/a capture.pcap"
"$CONNAUDIT" --evidence=$long --html='and blanks/page.html' --sqlite='and blanks/rows.db' "${long%/*}/a capture.pcap" >rows 2>summary ||
    fail "named: status $?"
for line in "${long%/*}/a capture.pcap:.*" "                in $long" \
    '  page          and blanks/page.html' '  database      and blanks/rows.db'; do
    grep -qx "$line" summary || fail "no line '$line' in $(cat summary)"
done
"$CONNAUDIT" -q -o group --force in 2>quiet || fail "-q, the group: status $?"
grep -q '^connaudit: group: the group of this directory may replace' quiet || fail "-q, the group: nothing is said"
grep -q '^connaudit: group: the group of this directory may replace' errors ||
    fail "the group: $(cat errors)"
(umask 0 && "$CONNAUDIT" -q -o private in)
# shellcheck disable=SC2012
[ "$(ls -ld private private/manifest.json | cut -c 1-10 | tr '\n' ' ')" = 'drwx------ -rw------- ' ] ||
    fail "others may read: $(ls -ld private private/manifest.json)"

# Descriptors that are closed from the start are not given to files.
"$CONNAUDIT" -o closed in 0<&- 1>&- 2>&- || fail "closed descriptors: status $?"
for file in connections.csv exchanges.csv findings.csv inputs.csv pairs.csv servers.csv; do
    cmp "first/$file" "closed/$file" || fail "closed descriptors: $file"
done
status=0
"$CONNAUDIT" -q in 1>&- 2>errors || status=$?
[ "$status" -eq 1 ] || fail "standard output is closed: status $status"

# All or nothing: a report that cannot be written leaves nothing behind.
mkdir kept
echo mine >kept/notes
for dir in full kept; do
    (ulimit -f 1 && runs 'a quota' 1 -o "$dir" in) ||
        fail "a quota, $dir"
done
[ ! -e full ] || fail "a quota: the directory remains"
holds kept notes
status=0
[ ! -c /dev/full ] || "$CONNAUDIT" -q in >/dev/full 2>errors || status=$?
[ ! -c /dev/full ] || [ "$status" -eq 1 ] || fail "a full disk: status $status"

# A broken input is reported as far as it could be read, and the manifest says so.
head -c -5 in/a.pcap >cut.pcap
runs 'a cut input' 0 -o broken cut.pcap in/b.pcap
holds broken SHA256SUMS connections.csv exchanges.csv findings.csv hops.csv idle.csv inputs.csv manifest.json pairs.csv report.html servers.csv
grep -q '"end" : "cut"' broken/manifest.json || fail "the manifest does not tell a cut input"
grep -q '"problem" : "cut.pcap: cut short' broken/manifest.json || fail "nor why"
runs 'nothing to read' 1 -o nothing missing.pcap
[ ! -e nothing ] || fail "nothing to read: there is a report of it"

# --sqlite and --html name one file: new, unless --force is given, next to an input but not in one, and
# whole or not there. As with -o, the last directory of its path is made.
runs_report() {
    name=$1
    expected=$2
    shift 2
    status=0
    "$CONNAUDIT" -q -r inputs "$@" >stdout 2>errors || status=$?
    [ "$status" -eq "$expected" ] || fail "$name: status $status: $(cat errors)"
}
cp -R in side
for option in --html --sqlite; do
    runs_report 'beside an input' 0 $option=side/new.db side/a.pcap
    holds side a.pcap b.pcap new.db
    rm side/new.db
    (cd side && runs_report "beside an input, in the same directory" 0 $option=new.db a.pcap && rm stdout errors new.db)
    runs_report 'in an input' 2 $option=side/new.db side
    runs_report 'in a new directory in an input' 2 $option=side/further/new.db side
    runs_report 'in two new directories' 1 $option=none/further/new.db side
    runs_report 'in a new directory' 0 $option=made-for-it/new.db side/a.pcap
    holds made-for-it new.db
    rm -R made-for-it
done
holds side a.pcap b.pcap
[ ! -e none ] || fail "a directory above that of a file was made"
mkdir base
runs_report 'a database' 0 --sqlite=base/new.db side/a.pcap
cp base/new.db old.db
runs_report 'a database that is there' 2 --sqlite=base/new.db side/a.pcap
runs_report 'an input as database' 2 --force --sqlite=side/a.pcap side/a.pcap
cmp side/a.pcap in/a.pcap || fail "an input was overwritten"
runs_report 'a database that is a directory' 2 --force --sqlite=side side/a.pcap
runs_report 'a database again' 0 --force --sqlite=base/new.db side/a.pcap
cmp base/new.db old.db || fail "the same input gives another database"
(ulimit -f 4 && runs_report 'a quota' 1 --sqlite=base/full.db side/a.pcap) || fail "a quota of a database"
holds base new.db
if [ -c /dev/full ]; then
    status=0
    "$CONNAUDIT" -q -r inputs --sqlite=base/full.db side/a.pcap >/dev/full 2>errors || status=$?
    [ "$status" -eq 1 ] || fail "a full disk, with a database: status $status"
    holds base new.db
    holds side a.pcap b.pcap
fi

finish
