#!/bin/sh
# Every way to run the program gives the same within the sandbox as without it. With strace, the calls
# that it makes from then on are seen, and none of them is refused.
set -eu
. "${srcdir:-$(dirname "$0")/..}/tests/lib.sh"
if "$CONNAUDIT" --version | grep -q 'libseccomp not in this build'; then
    echo "this build has no sandbox"
    exit 77
fi
cd "$work"
mkdir in elsewhere
cp "$top/samples/request-crossed-the-idle-close-seen-by-the-server.pcap" in/race.pcap
cp "$top/samples/close-declared-then-reused.pcap" elsewhere/reused.pcap
cp "$top"/samples/tls12-*.pcapng in/
ln -s ../elsewhere/reused.pcap in/link.pcap
gzip -c in/race.pcap >race.pcap.gz
echo 'CLIENT_RANDOM 00 00' >keys

# both STATUS OPTION...: prints the same with and without.
both() {
    expected=$1
    shift
    for how in --progress=never --no-sandbox; do
        status=0
        "$CONNAUDIT" "$how" "$@" >"out$how" 2>"errors$how" <in/race.pcap || status=$?
        [ "$status" -eq "$expected" ] || fail "$how $*: status $status: $(cat "errors$how")"
    done
    cmp out--progress=never out--no-sandbox || fail "$*: other bytes in the sandbox"
    diff errors--progress=never errors--no-sandbox || fail "$*: other messages in the sandbox"
}
both 0 in
both 0 -f table in race.pcap.gz
both 0 -r findings -k keys in
both 0 -
both 0 -r inputs in
both 0 /dev/stdin
both 0 -F 'tcp port http or tcp port 8080' in
both 2 -F 'port nosuchservice' in
both 0 --match='/EX[A-Z]*/' in
both 0 --show=c1-1 in/race.pcap
both 0 --separate in
both 1 missing.pcap in
both 0 --redact --redact-key=key -r exchanges in

for how in --progress=never --no-sandbox; do
    "$CONNAUDIT" -q "$how" -o "dir$how" --evidence="dir$how/captures" -k keys in || fail "$how -o: $?"
    "$CONNAUDIT" -q "$how" -o "dir$how" --evidence="dir$how/captures" -k keys --force in ||
        fail "$how --force: $?"
    "$CONNAUDIT" -q "$how" --verify="dir$how" -k keys || fail "$how --verify: $?"
    # what names the command has other words of it, and its lines break elsewhere
    sed '/"name" : ".*\.\(txt\|html\)"/,/}/d' "dir$how/manifest.json" |
        grep -v -e '"landlock"' -e '"seccomp"' -e '"dir--' -e '"--' >"manifest$how"
    find "dir$how" -name SHA256SUMS -exec rm {} +
    rm "dir$how/manifest.json"
    for file in "dir$how"/*.html "dir$how"/captures/*.txt; do
        tr -s ' \n' '\n\n' <"$file" | sed "s/$how/HOW/g" >words
        grep -q HOW words || fail "$file does not name the command"
        mv words "$file"
    done
done
diff -r dir--progress=never dir--no-sandbox || fail "other files in the sandbox"
diff manifest--progress=never manifest--no-sandbox | grep '^[<>]' &&
    fail "another manifest in the sandbox"

# A run that fails leaves no directory behind.
"$CONNAUDIT" -q -o failed missing.pcap 2>errors && fail "a missing input: status 0"
(ulimit -f 1 && "$CONNAUDIT" -q -o failed in 2>errors) && fail "a quota: status 0"
[ ! -e failed ] || fail "a failed run leaves its directory"

if ! command -v strace >/dev/null || ! strace -o trace true 2>/dev/null; then
    echo "there is no strace here: the calls are not seen"
    finish
fi
# Behind the last step into the sandbox: no call is refused by it, and no program or socket is asked for.
strace -f -o trace "$CONNAUDIT" -o traced --evidence=traced -k keys in race.pcap.gz 2>errors ||
    fail "strace: $(cat errors)"
sed '1,/^[0-9]* *seccomp(SECCOMP_SET_MODE_FILTER, [^)]*) *= 0/d' trace >within
if [ ! -s within ]; then
    echo "there is no seccomp here"
    finish
fi
if grep -E ' = -1 (ENOSYS|EACCES|EPERM)' within | grep -Ev 'clone3(\(| resumed)'; then
    fail "calls are refused that the program makes"
fi
if grep -wE 'socket|connect|execve|fork|vfork|ptrace' within; then
    fail "calls are made that none needs"
fi
finish
