#!/bin/sh
# docs/manifest.md describes exactly the keys that a manifest has, in their order.
set -eu
. "${srcdir:-$(dirname "$0")/..}/tests/lib.sh"

# Inputs that fill every list: HTTP, something skipped, secrets, and a file that is no capture.
mkdir "$work/inputs"
cp "$top"/samples/idle-timeout-stated-and-kept.pcap "$work/inputs/a.pcap"
cp "$top"/samples/request-crossed-the-idle-close-seen-by-the-client.pcap "$work/inputs/c.pcap"
cp "$top"/samples/tls12-close-notify-soon-after-a-response.pcapng "$work/inputs/d.pcapng"
printf 'no capture\n' >"$work/inputs/notes"
# Little-endian pcap 2.4, raw IP, with one packet of one byte.
{
    printf '\324\303\262\241\002\000\004\000\000\000\000\000\000\000\000\000'
    printf '\377\377\000\000\145\000\000\000'
    printf '\000\000\000\000\000\000\000\000\001\000\000\000\001\000\000\000\105'
} >"$work/inputs/b.pcap"
echo "CLIENT_RANDOM 00 00" >"$work/log"
"$CONNAUDIT" -q -o "$work/report" -k "$work/log" --evidence="$work/report" "$work/inputs"

# Prints each key with the keys around it. A level is two blanks; a key before a bracket opens a
# level.
awk '
    {
        match($0, /^ */)
        level = RLENGTH / 2
        text = substr($0, RLENGTH + 1)
        key = ""
        if (text ~ /^"[^"]*" : /) {
            split(text, parts, "\"")
            key = parts[2]
        }
        path = prefix[level]
        if (key != "") path = path (path == "" ? "" : ".") key
        if (text ~ /\[$/) path = path "[]"
        if (text ~ /[\[{]$/) prefix[level + 1] = path
        else if (text !~ /^[]}]/ && text !~ /\[\],?$/ && !seen[path]++) print path
    }' "$work/report/manifest.json" >"$work/program"

sed -n 's/^| `\([^`]*\)` |.*/\1/p' "$top/docs/manifest.md" >"$work/page"
[ -s "$work/program" ] || die "the manifest has no keys"
diff -u "$work/program" "$work/page" || die "docs/manifest.md is not the manifest"
