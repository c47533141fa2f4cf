#!/bin/sh
# The same bytes for every number of threads, and however many frames are read ahead together: over
# all samples as one capture and each alone, and all conversations.
set -eu
. "${srcdir:-$(dirname "$0")/..}/tests/lib.sh"
to_pcap=$PWD/tests/transcript2pcap
[ -x "$to_pcap" ] || die "tests/transcript2pcap is not built"
cd "$work"

# Paths are those of the runs that are compared, and what names the threads is not there.
ln -s "$top/samples" samples
ln -s samples/hops hops
mkdir conversations
"$to_pcap" "$top"/tests/conversations/*.txt conversations >/dev/null

# run NAME JOBS PORTION ARGUMENT...: its output, messages and status into files of this name
run() {
    name=$1 jobs=$2 portion=$3
    shift 3
    status=0
    CONNAUDIT_PORTION=$portion "$CONNAUDIT" --jobs="$jobs" --progress=never "$@" >"$name.out" \
        2>"$name.err" || status=$?
    echo "$status" >"$name.status"
}

runs=0

# same ARGUMENT...
same() {
    run one 1 0 "$@"
    for way in 2:0 2:1 4:7; do
        runs=$((runs + 1))
        run many "${way%:*}" "${way#*:}" "$@"
        for what in out err status; do
            cmp -s "one.$what" "many.$what" || fail "$*: with $way $what differs"
        done
    done
    [ -s one.out ] || fail "$*: there is nothing to compare"
}

for report in connections exchanges findings servers pairs hops idle inputs; do
    same -r "$report" -f csv samples conversations
done
same -a -f jsonl conversations
same --separate -f csv -r servers samples
same -F 'tcp port 80 or tcp port 8080' -r connections -f csv samples conversations
same --match=/e/ -f csv -r exchanges samples conversations
same --max-memory=16M -f csv conversations
same --top=20 -f csv conversations
same -k samples/tls-nginx-idle-timeout.pcapng -f csv samples
for sample in samples/tls-*.pcapng samples/h2-*.pcapng; do
    same -f csv -r exchanges "$sample"
done
same --separate --evidence=evidence --force -f csv samples
same --show=1 samples/close-declared-then-reused.pcap

# directory JOBS PORTION: all reports, and evidence, without what tells of the command line
directory() {
    rm -rf reports
    run directory "$1" "$2" -q -o reports --evidence=reports/evidence samples conversations
    cp directory.out reports/out
    cat directory.status directory.err >reports/status
    for file in reports/*.json reports/*.html reports/*/*.txt; do
        sed 's/--jobs=[0-9]*/--jobs=N/g' "$file" >edited
        cat edited >"$file"
    done
    rm -f reports/SHA256SUMS reports/evidence/SHA256SUMS
    sed '/sha256/d; /"size"/d' reports/manifest.json >edited
    cat edited >reports/manifest.json
    mv reports "$1.$2"
}

directory 1 0
holds 1.0 connections.csv evidence exchanges.csv findings.csv hops.csv idle.csv inputs.csv manifest.json \
    out pairs.csv report.html servers.csv status
for way in 2:0 3:7; do
    runs=$((runs + 1))
    directory "${way%:*}" "${way#*:}"
    diff -rq 1.0 "${way%:*}.${way#*:}" || fail "-o: with $way it differs"
done

# The page of captures that are judged each alone: the strokes of its timeline are heard on the way.
for way in 1:0 2:0 4:7; do
    runs=$((runs + 1))
    rm -rf reports
    run separate "${way%:*}" "${way#*:}" -q --separate -o reports --no-hash samples
    sed 's/--jobs=[0-9]*/--jobs=N/g' reports/report.html >"separate.$way"
    grep -q 'class="ca-tick"' "separate.$way" || fail "--separate: with $way no request is drawn"
    cmp -s separate.1:0 "separate.$way" || fail "--separate: with $way the page differs"
done

# The same without a page: with one there is a single engine.
run plain 1 0 -q -o plain --no-html hops samples conversations
for way in 2:0 2:1 4:7; do
    runs=$((runs + 1))
    rm -rf reports
    run plain "${way%:*}" "${way#*:}" -q -o reports --no-html hops samples conversations
    for report in plain/*.csv; do
        cmp "$report" "reports/$(basename "$report")" || fail "-o --no-html: with $way it differs"
    done
done

# A database, where the order of rows of different reports shows in the bytes: hops are decided in
# the midst of the others.
export CONNAUDIT_HOPS_BLOCK=200
for way in 1:0 2:0 2:1 4:7; do
    runs=$((runs + 1))
    rm -rf reports
    run database "${way%:*}" "${way#*:}" -q -o reports -f sqlite --no-html hops samples conversations
    mv reports/reports.sqlite "database.$way"
    cmp "database.1:0" "database.$way" || fail "a database: with $way it differs"
done

unset CONNAUDIT_HOPS_BLOCK

# From a pipe: what comes is read on, and rows leave when they are final.
for way in 1:0 2:0 2:1 4:7; do
    cat samples/close-declared-then-reused.pcap | run piped "${way%:*}" "${way#*:}" -q -f csv -
    cp piped.out "piped.${way%:*}.${way#*:}"
    cmp -s piped.1.0 piped.out || fail "a pipe: with $way it differs"
    [ -s piped.out ] || fail "a pipe: no rows"
done
finish "$runs runs"
