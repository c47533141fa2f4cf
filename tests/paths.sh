#!/bin/sh
# Paths: UTF-8 is shown as it is, in every report, message and page. What a terminal would obey, and
# bytes that are no UTF-8, are escaped. Standard input is "-".
set -eu
. "${srcdir:-$(dirname "$0")/..}/tests/lib.sh"
cd "$work"
folder=$(printf 'M\303\274nchen \346\215\225\350\216\267') # two scripts and a blank
name=$folder/$(printf '\303\261\360\237\220\247.pcap')
mkdir "$folder"
cp "$top/samples/close-declared-then-reused.pcap" "$name"
# A byte that is no UTF-8, an escape sequence, and a character that turns the direction of text.
hostile=$(printf 'x\377\033[31m\342\200\256.pcap')
cp "$name" "$hostile"
escaped='x\xff\x1b[31m\xe2\x80\xae.pcap'

# same WHAT GOT EXPECTED
same() {
    [ "$2" = "$3" ] || fail "$1: $2 instead of $3"
}
for path in "$name" "$hostile"; do
    shown=$path
    [ "$path" = "$name" ] || shown=$escaped
    slashes=$(printf '%s' "$shown" | sed 's/\\/\\\\/g') # in a JSON string
    same csv "$("$CONNAUDIT" -q --columns=file "$path" | sed 1d)" "$shown"
    same jsonl "$("$CONNAUDIT" -q -f jsonl --columns=file "$path")" "{\"file\":\"$slashes\"}"
    same findings "$("$CONNAUDIT" -q -r findings --columns=proof_file --top=1 "$path" | sed 1d)" "$shown"
    same inputs "$("$CONNAUDIT" -q -r inputs --columns=file "$path" | sed 1d)" "$shown"
    same 'a page' "$("$CONNAUDIT" --show=c1-1 "$path" | sed -n 's/^ *capture *\(.*\), frames.*/\1/p')" "$shown"
    same 'the summary' "$("$CONNAUDIT" "$path" 2>&1 >out | sed -n '1s/: 13 frames.*//p')" "$shown"
    same 'a table' "$("$CONNAUDIT" -q -f table --columns=file "$path" | sed -n 2p)" "$shown"
    "$CONNAUDIT" -q --force -o reports "$path"
    same 'a file' "$(cut -d , -f 4 reports/connections.csv | sed 1d)" "$shown"
    grep -qF "\"path\" : \"$slashes\"" reports/manifest.json || fail "manifest: $(grep path reports/manifest.json)"
done
head -c 30 "$name" >"$folder/cut"
same 'a file of a directory' "$("$CONNAUDIT" -q --columns=file "$folder" 2>errors | sed 1d)" "$name"
grep -qF "$folder/cut: cut short" errors || fail "a message: $(cat errors)"
same 'standard input' "$("$CONNAUDIT" -q --columns=file - <"$name" | sed 1d)" -
"$CONNAUDIT" "$folder/none" >out 2>errors && fail "what is not there is read"
same 'an error' "$(cat errors)" "connaudit: $folder/none: No such file or directory"
"$CONNAUDIT" -q -o "$folder-out" "$name" && [ -e "$folder-out/manifest.json" ] || fail "-o with UTF-8"

finish
