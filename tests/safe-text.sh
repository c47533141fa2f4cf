#!/bin/sh
# No text from outside acts: no field of a report runs as a formula, and no name in a message, a
# summary, a table or a page moves the cursor of a terminal or turns the direction of what follows.
set -eu
. "${srcdir:-$(dirname "$0")/..}/tests/lib.sh"
sample=$top/samples/request-crossed-the-idle-close-seen-by-the-server.pcap
[ -f "$sample" ] || die "the sample is not there"
cd "$work"

# A host and a target of the same lengths, with formulas for spreadsheets that part at semicolons.
LC_ALL=C sed -e 's/example\.test/a;=1+1; "-2c/g' -e 's,/second\.html,/secon;@SUM1,g' "$sample" >formula.pcap
! cmp -s "$sample" formula.pcap || die "nothing was replaced"
for report in connections exchanges findings servers pairs; do
    for format in csv jsonl table; do
        "$CONNAUDIT" -q -r "$report" -f "$format" formula.pcap >out
        if grep -E ";[\"' \\\\]*[-=+@]" out; then
            fail "$report, $format: a formula behind a semicolon"
        fi
    done
done
"$CONNAUDIT" -q -r exchanges --columns=target formula.pcap | grep -qF '/secon;\x40SUM1' ||
    fail "the formula is not there with its escape"

# clean WHAT FILE...: neither control characters (but line ends) nor right-to-left overrides.
clean() {
    what=$1
    shift
    if LC_ALL=C tr -d '\n' <"$1" | LC_ALL=C grep -q "[$(printf '\001')-$(printf '\037')$(printf '\177')]"; then
        fail "$what: a control character: $(cat -v "$1")"
    fi
    if LC_ALL=C grep -q "$(printf '\342\200\256')" "$1"; then
        fail "$what: a change of direction: $(cat -v "$1")"
    fi
}

evil=$(printf 'e\033]0;x\007\nv\342\200\256il')
mkdir "$evil.d"
cp "$sample" "$evil.pcap"
head -c -7 "$sample" >"$evil.cut"
echo nonsense >"$evil.txt"

# says STATUS OPTION...: what the program prints then, on both outputs, is clean.
says() {
    expected=$1
    shift
    status=0
    "$CONNAUDIT" "$@" >out 2>&1 </dev/null || status=$?
    [ "$status" -eq "$expected" ] || fail "$*: status $status instead of $expected"
    [ -s out ] || fail "$*: nothing is said"
    clean "$*" out
}
for format in csv jsonl table; do
    says 0 -f "$format" -r inputs "$evil.pcap"
    says 0 -f "$format" "$evil.pcap"
done
says 0 --progress=always "$evil.pcap"
says 0 --show=c1-1 "$evil.pcap"
says 0 "$evil.cut"
says 1 "$evil.txt"
says 1 "$evil.missing"
says 0 "$evil.pcap" -o "$evil.d/out" --evidence="$evil.d/captures"
clean manifest "$evil.d/out/manifest.json"
says 2 "$evil.pcap" -o "$evil.d/out"
says 2 "$evil.pcap" -o .
says 2 "$evil.pcap" -o "$evil.csv"
says 2 "$evil.pcap" -k "$evil.missing"
says 2 "$evil.pcap" -F "$evil"
says 2 "$evil.pcap" --match="/($evil/"
says 2 "$evil.pcap" --columns="$evil"
says 2 "$evil.pcap" --only="$evil"
says 2 "$evil.pcap" --fail-on="$evil"
says 2 "$evil.pcap" -r "$evil"
says 2 "$evil.pcap" -f "$evil"
says 2 "$evil.pcap" --show="$evil"
says 2 "$evil.pcap" --top="$evil"
says 2 "$evil.pcap" --max-memory="$evil"
says 2 "$evil.pcap" --close-grace="$evil"
says 2 "$evil.pcap" --evidence-max="$evil"
says 2 "$evil.pcap" --redact --redact-key="$evil.missing/key"
says 2 --explain="$evil"
says 2 --completion="$evil"
says 2 --color="$evil" "$evil.pcap"
says 2 --progress="$evil" "$evil.pcap"
says 2 "--$evil"

# The command line on a page for a case can be copied into a shell: it gives the same words. A word that
# is longer than a line is broken within its quotes; not even then is a part of it a command.
if ! command -v bash >/dev/null; then
    finish "no bash here"
fi
# copied FILE...: what the command line on README.txt gives bash, a line a word, in %q
copied() {
    rm -rf evidence
    "$CONNAUDIT" --force --evidence=evidence "$@" >out 2>&1 || fail "--evidence: status $?: $(cat out)"
    if LC_ALL=C.UTF-8 grep -E '^.{81}' evidence/README.txt >wide; then
        fail "README.txt is too wide: $(cat wide)"
    fi
    sed -n '/^Command /,/^Thresholds/p' evidence/README.txt | sed '$d; s/^Command  *//' >command
    {
        echo 'PATH=/nowhere; connaudit() { printf "%q\n" "$@"; }'
        cat command
    } >run
    bash --noprofile --norc run 2>&1 || :
}
sample=$top/samples/request-crossed-the-idle-close-seen-by-the-server.pcap
long=$(printf 'long%0150dpcap' 7)
mkdir -p many/below
for name in plain.pcap 'two  blanks' "it's; touch acted" '$(touch acted)' '`touch acted`' 'back\slash' '~' '*' 'a=b' \
    "$(printf 'line\ntouch acted\nend')" "$(printf 'esc\033[31m and \\x1b')" "$(printf 'caf\303\251')" \
    "$(printf 'caf\351')" "$(printf 'turned \342\200\256 round')" 'bang!!' "quote'\\'" '#' "\$'x'" below/a; do
    cp "$sample" "many/$name"
done
set -- many/* many/below/a --match="/|a b'/"
copied "$@" >got
bash -c 'printf "%q\n" "$@"' bash --force --evidence=evidence "$@" >want
cmp got want || fail "another command: $(diff got want)"
cp "$sample" "many/$long"
cp "$sample" "many/$long'\\; touch acted #"
copied many/long* >got
[ "$(grep -c 'not found\|unexpected' got)" -eq 0 ] && [ "$(wc -l <got)" -eq 4 ] || fail "long words: $(cat got)"
[ ! -e acted ] || fail "a name became a command"
finish
