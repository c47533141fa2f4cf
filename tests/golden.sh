#!/bin/sh
# Every capture in samples/ gives the reports in tests/golden/, to the byte, and exit status 0. A
# capture that is broken on purpose gives the status in <sample>.status. With --update, the script
# writes the reports instead: dev/update-golden.
set -eu
. "${srcdir:-$(dirname "$0")/..}/tests/lib.sh"
golden=$top/tests/golden

mode=compare
[ "${1-}" != --update ] || mode=update

samples=0

# run SAMPLE REPORT: into $work/<name>.<report>.csv
run() {
    status=0
    "$CONNAUDIT" -q -r "$2" "$1" >"$work/$name.$2.csv" 2>"$work/errors" || status=$?
    [ "$status" -eq "$expected_status" ] ||
        fail "$1: -r $2 ended with status $status: $(cat "$work/errors")"
}

# folder PATH-IN-GOLDEN REPORT…: checks the samples of the working directory. (The column `file`
# shows the path as given.)
folder() {
    golden_here=$golden/$1
    shift
    for sample in *.pcap *.pcapng *.pcap.gz *.pcapng.gz; do
        [ -f "$sample" ] || continue
        samples=$((samples + 1))
        name=${sample%%.pcap*}
        expected_status=0
        [ ! -f "$golden_here/$name.status" ] || expected_status=$(cat "$golden_here/$name.status")
        for report in "$@"; do
            run "$sample" "$report"
            if [ "$mode" = update ]; then
                cp "$work/$name.$report.csv" "$golden_here/$name.$report.csv"
            elif ! diff -u "$golden_here/$name.$report.csv" "$work/$name.$report.csv"; then
                fail "$sample: the report $report has changed"
            fi
        done
    done
    # A golden report without its sample is a test that no longer runs.
    for report in "$golden_here"/*.csv; do
        report=$(basename "$report")
        ls "${report%%.*}".pcap* >/dev/null 2>&1 || fail "$report: no such sample"
    done
}

cd "$top/samples"
folder . connections exchanges findings
# Each has hundreds of exchanges of few kinds. tests/timeouts.sh counts them.
cd timeouts
folder timeouts connections findings servers pairs idle
cd ../hops
folder hops hops findings
cd ..

# The pages of some connections: <sample>.show.txt is the page of the sample's first one.
for page in "$golden"/*.show.txt; do
    name=$(basename "$page" .show.txt)
    sample=$(ls "$name".pcap*)
    "$CONNAUDIT" --show=1 "$sample" >"$work/$name.show.txt" 2>"$work/errors" ||
        fail "$sample: --show=1 ended with status $?: $(cat "$work/errors")"
    if [ "$mode" = update ]; then
        cp "$work/$name.show.txt" "$page"
    elif ! diff -u "$page" "$work/$name.show.txt"; then
        fail "$sample: its page has changed"
    fi
done

[ "$samples" -gt 0 ] || die "there are no samples"
finish "$samples samples"
