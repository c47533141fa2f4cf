#!/bin/sh
# The page of a connection is one story, whatever prints it: its text, its JSON and its Mermaid diagram have the same
# words, frames and times. For the first connections of every sample.
set -eu
. "${srcdir:-$(dirname "$0")/..}/tests/lib.sh"
command -v python3 >/dev/null || {
    echo "there is no python3 here"
    exit 77
}
cd "$top/samples"
cat >"$work/compare" <<'END'
import csv, io, json, re, subprocess, sys

program, samples = sys.argv[1], sys.argv[2:]
wrong = pages = 0

def run(*arguments):
    return subprocess.run([program, "-q", *arguments], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout.decode()

def squeeze(text):
    return " ".join(text.split())

def unescape(text):
    return re.sub("#([0-9]+);", lambda match: chr(int(match[1])), text.replace("<br/>", " "))

def complain(sample, name, why):
    global wrong
    wrong += 1
    print(f"{sample}, {name}: {why}")

for sample in samples:
    rows = list(csv.DictReader(io.StringIO(run("-a", sample))))[:4]
    for name in [row["connection"] for row in rows]:
        pages += 1
        page = squeeze(run(f"--show={name}", sample))
        story = json.loads(run(f"--show={name}", "-f", "json", sample))
        diagram = run(f"--show={name}", "-f", "mermaid", sample)
        # The diagram escapes each character that could be markup.
        left = re.sub("#[0-9]+;|<br/>|->>|-x", "", "\n".join(diagram.splitlines()[1:]))
        if re.search(r"[^A-Za-z0-9 _.,()=/:?!'+\n-]", left):
            complain(sample, name, "markup in the diagram")
        diagram = squeeze(unescape(diagram))
        at = there = 0
        for block in story["blocks"]:
            text = squeeze(block.get("text", ""))
            found = page.find(text, at)
            at = found if found >= 0 else complain(sample, name, f"the page lacks: {text}") or at
            label = block.get("label")
            words = f"{label}: {text}" if label else text
            found = diagram.find(words, there)
            there = found if found >= 0 else complain(sample, name, f"the diagram lacks: {words}") or there
            for packet in block.get("packets", [])[:1]:
                frame = packet["frame"] if packet["input"] == story["input"] else f"{packet['input']}-{packet['frame']}"
                digits = len(re.search(r"begins [-0-9T:]*\.?([0-9]*)Z", page)[1])
                time = f"{packet['time_s']:.{digits}f}"
                arrow = "..." if block["kind"] == "folded_packets" else "-->" if packet["from"] == "client" else "<--"
                row = f"{time} {frame} {arrow} "
                if block["kind"] == "packet":
                    ack = "" if packet["ack"] is None else f"{packet['ack']} "
                    row += squeeze(f"{packet['seq']} {ack}{packet['len']} {' '.join(packet['flags'])} {text}")
                if squeeze(row) not in page:
                    complain(sample, name, f"the page lacks: {row}")
                if f"frame {frame}, {time} s" not in diagram:
                    complain(sample, name, f"the diagram lacks frame {frame} at {time}")
print(f"{pages} pages, {wrong} differences")
sys.exit(wrong > 0 or pages < 100)
END
python3 "$work/compare" "$CONNAUDIT" ./*.pcap* || fail "the printers do not agree"

# Nothing is said of responses in TLS that nobody could read; who closed TLS is not known either.
"$CONNAUDIT" -q --show=stream:0 tls12-nginx-idle-timeout-without-secrets.pcap | tr -s ' \n' ' ' >"$work/unread"
grep -q 'THE END, by the server as TCP shows it, behind 2.000497 s without a record' "$work/unread" ||
    fail "the end of unread TLS is told otherwise"
grep -q 'verdict none: what lies in TLS cannot be read without its secrets' "$work/unread" ||
    fail "the verdict of unread TLS is told otherwise"
! grep -q 'response' "$work/unread" || fail "a response is named in unread TLS"
# A number that two inputs have names none of them.
one=close-declared-then-reused.pcap
other=close-declared-but-left-open.pcap
for name in 1 stream:0; do
    status=0
    "$CONNAUDIT" --show=$name "$one" "$other" >"$work/page" 2>"$work/errors" || status=$?
    [ "$status" -eq 2 ] && [ ! -s "$work/page" ] || fail "--show=$name of two: status $status"
    grep -qx "connaudit: --show=$name: several inputs have such a connection: c[12]-1, c[12]-1" \
        "$work/errors" || fail "--show=$name of two: $(cat "$work/errors")"
    "$CONNAUDIT" --show=$name "$one" >"$work/page" || fail "--show=$name of one: status $?"
done
"$CONNAUDIT" --show=c2-1 "$one" "$other" | grep -qx 'CONNECTION c2-1' || fail "the name of one of two"

# How an undeclared close counts is said by what was seen; what the server meant nobody knows.
"$CONNAUDIT" --show=c1-1 keep-alive-promised-then-closed-at-once.pcap | tr -s ' \n' ' ' >"$work/early"
grep -qF 'came 0.000129 s after the end of the response (frame 6). No timeout was stated. That is within prompt-close (1 s): it counts as decided with the response, which declared no close.' "$work/early" ||
    fail "an undeclared close is told otherwise: $(grep -o 'why .*completeness' "$work/early")"
finish
