#!/bin/sh
# --progress writes only to standard error, reports all bytes at the end, and comes before the
# summary.
set -eu
. "${srcdir:-$(dirname "$0")/..}/tests/lib.sh"

# tells EXPECTED OPTION...: the first line on standard error is this one.
tells() {
    expected=$1
    shift
    "$CONNAUDIT" --progress=always "$@" >"$work/out" 2>"$work/errors" || fail "$*: status $?"
    head -n 1 "$work/errors" | grep -q "^$expected$" || fail "$*: $(cat "$work/errors")"
    ! grep -q "$(printf '\033')" "$work/errors" || fail "$*: escapes where there is no terminal"
}

cd "$top/samples"
sample=five-connections-each-closed.pcapng
size=$(wc -c <"$sample")
[ "$size" -eq 6648 ] || fail "$sample has $size bytes: this test wants other numbers"

tells '6\.6 kB of 6\.6 kB (100%), 50 packets' "$sample"
"$CONNAUDIT" -q "$sample" | cmp - "$work/out" || fail "progress changes the report"
"$CONNAUDIT" --progress=never "$sample" 2>"$work/none" >"$work/out"
sed 1d "$work/errors" | diff - "$work/none" || fail "the summary does not follow, or is another one"

# Bytes are counted as stored on disk. Nobody knows the length of a pipe.
gzip -c "$sample" >"$work/a.gz"
if "$CONNAUDIT" -q "$work/a.gz" >"$work/out" 2>"$work/errors"; then
    packed=$(wc -c <"$work/a.gz" | awk '{ printf "%.1f", $1 / 1000 }')
    tells "$packed kB of $packed kB (100%), 50 packets" "$work/a.gz"
fi
cat "$sample" | tells '6\.6 kB, 50 packets' -
cp "$sample" "$work/b.pcapng"
for option in '' --separate; do
    # shellcheck disable=SC2086
    tells '13\.3 kB of 13\.3 kB (100%), 100 packets' $option "$sample" "$work/b.pcapng"
done
tells '6\.6 kB of 6\.6 kB (100%), 50 packets' -o "$work/report" "$sample"
tells '6\.6 kB of 6\.6 kB (100%), 50 packets' --show=c1-9 "$sample"

# There is no progress without a terminal, and none with -q.
"$CONNAUDIT" "$sample" >"$work/out" 2>"$work/errors"
diff "$work/errors" "$work/none" || fail "without a terminal there is progress"
"$CONNAUDIT" -q --progress=always "$sample" >"$work/out" 2>"$work/errors"
[ ! -s "$work/errors" ] || fail "-q: $(cat "$work/errors")"

finish
