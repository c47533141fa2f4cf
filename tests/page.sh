#!/bin/sh
# The page for a browser says what the reports and --show say: its tables, counts, sentences and diagrams are parsed and
# compared with them, for every sample. The same input gives the same bytes. Chromium opens the page in dev/browser.
set -eu
. "${srcdir:-$(dirname "$0")/..}/tests/lib.sh"

cd "$top/samples"
sample=request-crossed-the-idle-close-seen-by-the-server.pcap

# page ARGUMENT...: into $work/page.html
page() {
    "$CONNAUDIT" -q -r inputs --force --html="$work/page.html" "$@" >/dev/null 2>"$work/errors" ||
        fail "--html $*: $(cat "$work/errors")"
}
page "$sample"
cp "$work/page.html" "$work/first.html"
page "$sample"
cmp "$work/page.html" "$work/first.html" || fail "the same input gives another page"
! grep -qE 'style=|innerHTML|https?:' "$work/page.html" || fail "a style, markup from a script, or an address of the network"

# Where it goes, and what it has if the input cannot be read again.
"$CONNAUDIT" -q -o "$work/with" "$sample"
[ -f "$work/with/report.html" ] || fail "-o writes no page"
grep -q "\"$(sha256sum <"$work/with/report.html" | cut -d ' ' -f 1)\"" "$work/with/manifest.json" ||
    fail "the manifest has no sum of the page"
"$CONNAUDIT" -q -o "$work/without" --no-html "$sample"
[ ! -e "$work/without/report.html" ] || fail "--no-html writes a page"
"$CONNAUDIT" -q -o "$work/elsewhere" --html="$work/there.html" "$sample"
[ ! -e "$work/elsewhere/report.html" ] && [ -f "$work/there.html" ] || fail "-o with --html"
cat "$sample" | "$CONNAUDIT" -q -r inputs --force --html="$work/page.html" - >/dev/null
grep -q 'read only once' "$work/page.html" || fail "the page of a pipe does not say why it has no diagrams"
! grep -q '<details id="d-' "$work/page.html" || fail "the page of a pipe has diagrams"
page --redact hop-by-hop-nomination-of-forwarded-for.pcap
! grep -q 'example\.test' "$work/page.html" || fail "--redact: the page tells a host"

if ! command -v python3 >/dev/null; then
    echo "no python3: pages are not compared"
    finish
fi
# What a picture leaves out is said beside it: of fifty clients at once the marks of twelve, and forty rows.
python3 - "$work/fifty.pcap" <<'END'
import struct, sys

packets = []


def tcp(time, client, out, seq, ack, flags, data=b""):
    ends = [(bytes([10, 0, 0, client]), 40000), (bytes([192, 0, 2, 80]), 80)]
    (source, source_port), (to, to_port) = ends if out else reversed(ends)
    segment = struct.pack(">HHIIBBHHH", source_port, to_port, seq, ack, 5 << 4, flags, 65535, 0, 0) + data
    header = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(segment), 0, 0, 64, 6, 0) + source + to
    packets.append((time, bytes(12) + b"\x08\x00" + header + segment))


REQUEST = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
RESPONSE = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
for client in range(1, 51):
    start, sent, got = client * 0.001, 1, 1
    tcp(start, client, True, 0, 0, 2)
    tcp(start + 0.0001, client, False, 0, 1, 18)
    tcp(start + 0.0002, client, True, 1, 1, 16)
    for time in (start + 0.0003, start + 0.2 + client * 0.01):
        tcp(time, client, True, sent, got, 24, REQUEST)
        sent += len(REQUEST)
        tcp(time + 0.0001, client, False, got, sent, 24, RESPONSE)
        got += len(RESPONSE)
        tcp(time + 0.0002, client, True, sent, got, 16)
    tcp(start + 2, client, False, got, sent, 17)
    tcp(start + 2.0001, client, True, sent, got + 1, 17)
    tcp(start + 2.0002, client, False, got + 1, sent + 1, 16)
with open(sys.argv[1], "wb") as file:
    file.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
    for time, packet in sorted(packets):
        file.write(struct.pack("<IIII", 1700000000 + int(time), round(time % 1 * 1e6), len(packet), len(packet)) + packet)
END
mkdir "$work/fifty"
"$CONNAUDIT" -q --columns=connection --html="$work/fifty/page.html" "$work/fifty.pcap" >"$work/rows"
[ "$(wc -l <"$work/rows")" -eq 51 ] || fail "not fifty connections: $(cat "$work/rows")"
# said TEXT: it is on the page of the fifty clients
said() {
    grep -qF -- "$1" "$work/fifty/page.html" || fail "the page does not say: $1"
}
said 'Triangles: the 12 clients with the longest idle times, of 50. All: the report pairs.'
said 'A lane has 40 rows at most: 10 bars lie on others, because more connections were open at once.'
[ "$(grep -o '10\.0\.0\.[0-9]*: longest idle time' "$work/fifty/page.html" | tr '\n' ' ')" = \
    "$(for n in 50 49 48 47 46 45 44 43 42 41 40 39; do printf '10.0.0.%s: longest idle time ' $n; done)" ] ||
    fail "other clients: $(grep -o '[0-9.]*: longest idle time' "$work/fifty/page.html")"

cat >"$work/compare" <<'END'
import csv, html.parser, json, os, re, subprocess, sys

program, work, samples = sys.argv[1], sys.argv[2], sys.argv[3:]
wrong = diagrams = 0
VOID = {"meta", "input", "br"}


class Element:
    def __init__(self, tag, attributes):
        self.tag, self.attributes, self.inside = tag, dict(attributes), []

    def text(self):
        return "".join(part if isinstance(part, str) else part.text() for part in self.inside)

    def all(self, tag=None, **wanted):
        for part in self.inside:
            if isinstance(part, Element):
                if (not tag or part.tag == tag) and all(part.attributes.get(name) == value for name, value in wanted.items()):
                    yield part
                yield from part.all(tag, **wanted)


class Page(html.parser.HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.root = Element("root", [])
        self.open = [self.root]
        self.feed(text)
        assert len(self.open) == 1, [element.tag for element in self.open]

    def handle_starttag(self, tag, attributes):
        element = Element(tag, attributes)
        self.open[-1].inside.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag, attributes):
        self.open[-1].inside.append(Element(tag, attributes))

    def handle_endtag(self, tag):
        assert self.open[-1].tag == tag, (tag, [element.tag for element in self.open])
        self.open.pop()

    def handle_data(self, data):
        self.open[-1].inside.append(data)


def complain(why):
    global wrong
    wrong += 1
    print(f"{sample}: {why}")


def squeeze(text):
    return " ".join(text.split())


def equal(what, got, wanted):
    if got != wanted:
        complain(f"{what}: {got} instead of {wanted}")


def number(text):
    return int(text.replace(",", ""))


def run(*arguments):
    return subprocess.run([program, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE)


def rows(folder, report):
    with open(f"{folder}/{report}.csv", newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def check_connections(page, connections):
    table = next(page.root.all("table", id="ca-table"))
    got = [[squeeze(cell.text()) for cell in row.inside if isinstance(cell, Element)] for row in
           next(table.all("tbody")).all("tr")]
    order = {"contradicted": 0, "undetermined": 1, "as_declared": 2, "": 3}
    chosen = sorted(connections, key=lambda row: order[row["verdict"]])[:2000]
    wanted = [[squeeze(text) for text in (
        row["connection"], row["verdict"], row["cause"], row["findings"], row["client_ip"] + " " + row["client_port"],
        row["server_ip"] + " " + row["server_port"], row["host"], row["exchanges"], row["declared"], row["actual"],
        row["ended_by"], row["idle_s"], row["start_time"])] for row in chosen]
    one_day = len({row["start_time"][:10] for row in chosen}) < 2
    for row in wanted:
        row[-1] = row[-1][11:26] if one_day else row[-1][:19].replace("T", " ")
    equal("times", [time.attributes["datetime"] for time in table.all("time")],
          [row["start_time"] for row in chosen if row["start_time"]])
    equal("the table of connections", got, wanted)
    bars = sum(1 for _ in page.root.all("a", **{"class": "ca-bar ca-bad"}))
    equal("contradicted bars", bars, sum(row["verdict"] == "contradicted" for row in chosen))
    grey = sum(1 for _ in page.root.all("a", **{"class": "ca-bar ca-none"}))
    legend = next(page.root.all("section", id="timeline")).text()
    equal("the legend has grey bars", "without HTTP" in legend, grey > 0)


def check_glance(page, connections, inputs):
    choices = {}
    for choice in page.root.all("button"):
        if "ca-choice" in choice.attributes.get("class", ""):
            count = next(choice.all("span", **{"class": "ca-number"})).text()
            choices[choice.attributes["data-verdict"], choice.attributes["data-cause"]] = number(count)
    wanted = {(verdict, ""): 0 for verdict in ("contradicted", "undetermined", "as_declared")}
    for row in connections:
        if row["verdict"]:
            for key in ((row["verdict"], ""), (row["verdict"], row["cause"])):
                wanted[key] = wanted.get(key, 0) + 1
    equal("verdicts", choices, wanted)
    for verdict in ("contradicted", "undetermined", "as_declared"):
        counts = [count for (of, cause), count in choices.items() if of == verdict and cause]
        equal(f"the order of the causes of {verdict}", counts, sorted(counts, reverse=True))
    glance = next(page.root.all("section", id="glance"))
    got = [[squeeze(cell.text()) for cell in row.all("td")] for row in next(glance.all("tbody")).all("tr")]
    names = ("input", "file", "packets", "first_time", "last_time", "cut_short", "drops", "sha256")
    equal("inputs", got, [[row[name] for name in names] for row in inputs])
    reasons = {}
    for row in connections:
        for reason in row["completeness"].split():
            reasons[reason] = reasons.get(reason, 0) + 1
    reasons.pop("complete", None)
    told = re.search(r"lacks something: (.*?)\.", glance.text())
    got = {word: number(count) for word, count in (item.split(" ") for item in told[1].split(", "))} if told else {}
    equal("what is missing", got, reasons)


def check_findings(page, findings):
    got, wanted = {}, {}
    for section in page.root.all("section", **{"class": "ca-rule"}):
        name, severity = squeeze(next(section.all("h3")).text()).split(" ")
        text = "\n".join(part.text() for part in section.all("p"))
        told = re.search(r"^([0-9,]+) connections?, ([0-9,]+) cases?\.", text, re.M)
        culprits = re.search(r"^By ((?:(?:client|server) \S+ \(\d+\)(?:, )?)+)", text, re.M)
        codes = [code.text() for code in section.all("code")]
        got[name] = (severity, number(told[1]), number(told[2]),
                     sum(map(int, re.findall(r"\((\d+)\)", culprits[1]))) if culprits else 0, codes)
    grave = ["note", "warning", "error"]
    for row in findings:
        old = wanted.get(row["rule"], ("note", 0, 0, 0, []))
        codes = old[4] + ([row["display_filter"]] if old[1] < 3 and row["display_filter"] else [])
        wanted[row["rule"]] = (max(old[0], row["severity"], key=grave.index), old[1] + 1, old[2] + int(row["count"]),
                               old[3] + (row["party"] in ("client", "server")), codes)
    equal("findings", got, wanted)
    notes = sorted(note.text() for section in page.root.all("section", **{"class": "ca-rule"})
                   for note in section.all("p", **{"class": "ca-note"}))
    equal("examples left out", notes, sorted(f"The first 3 of {row[1]:,}. All: the report findings."
                                             for row in wanted.values() if row[1] > 3))


def check_servers(page, servers, idle, summary):
    summary = squeeze(summary)
    for section in page.root.all("section", **{"class": "ca-server"}):
        name = next(section.all("h3")).text()
        ip, port = re.fullmatch(r"\[?([^\]]*)\]?:(\d+)", name).groups()
        row = next(row for row in servers if (row["server_ip"], row["server_port"]) == (ip, port))
        bins = [line for line in idle if (line["server_ip"], line["server_port"]) == (ip, port)]
        sentences = [squeeze(line.text()) for line in section.inside if isinstance(line, Element) and line.tag == "p"]
        first = re.match(r"\S+: ([0-9,]+) of ([0-9,]+) connections? contradicted", sentences[0])
        equal(name, (number(first[1]), number(first[2])), (int(row["contradicted"]), int(row["connections"])))
        for sentence in sentences[1:]:
            if sentence.startswith(name) and sentence not in summary:
                complain(f"the summary lacks: {sentence}")
        keys = {"ca-key-inferred": "inferred_timeout_s", "ca-key-stated": "stated_timeouts_s"}
        for style, column in keys.items():
            got = [item.text()[:-2] for item in section.all("b", **{"class": style})]
            equal(f"{name}, {column}", " ".join(got), row[column].replace(" \\...", ""))
        most = [number(text.text().split()[-1]) for text in section.all("text", **{"class": "ca-axis"})
                if text.text().startswith("at most")]
        bad = int(row["contradicted"]) or int(row["undetermined"]) or re.search(" lost", sentences[0])
        if not bad and not any(int(line["closed"]) + int(line["lost"]) for line in bins):
            complain(f"{name}: nothing to look at")
        highest = [max((int(line[column]) for line in bins), default=0) for column in ("reused", "closed", "lost")]
        equal(f"{name}, the highest bars", most, highest if any(highest[1:]) else [])
        got = [[cell.text() for cell in line.all("td")] for line in section.all("tr")][1:]
        wanted = [[line[column] for column in ("idle_from_s", "reused", "closed", "lost")] for line in bins
                  if int(line["closed"]) + int(line["lost"])]
        equal(f"{name}, the numbers of the picture", got, wanted[:60])


def check_quiet(page, servers):
    """Servers that need no look have a line each, and each of the first 50 stands in one place."""
    section = next(page.root.all("section", id="servers"))
    shown = [next(one.all("h3")).text() for one in section.all("section", **{"class": "ca-server"})]
    quiet = [squeeze(line.text()) for details in section.all("details", **{"class": "ca-quiet"}) for line in details.all("p")]
    names = [f"[{row['server_ip']}]:{row['server_port']}" if ":" in row["server_ip"] else
             f"{row['server_ip']}:{row['server_port']}" for row in servers]
    lines = [line for line in quiet if re.search(r": 0 of [0-9,]+ connections? contradicted$", line)]
    equal("quiet servers", len(lines) + len(shown), min(len(names), 50))
    if not set(shown) | {line.rsplit(": ", 1)[0] for line in lines} <= set(names):
        complain("a server that is in no report")
    doubtful = {name for name, row in zip(names, servers) if int(row["undetermined"])}
    equal("quiet, though undetermined", doubtful & {line.rsplit(": ", 1)[0] for line in lines}, set())


def check_hops(page, hops, summary):
    sections = list(page.root.all("section", id="hops"))
    links = list(page.root.all("a", href="#hops"))
    equal("sections of hops, and links to it", (len(sections), len(links)), (1, 1) if hops else (0, 0))
    if not sections:
        return
    names = ("method", "target", "status", "back_status", "answered_by", "back_cause", "findings", "undetermined",
             "attempt", "held_s", "server_s", "client_ip", "back_server_ip")
    rank = lambda row: 0 if row["answered_by"] == "proxy" and int(row["status"] or 0) >= 500 else 1 if row["findings"] else 2
    wanted = [[squeeze(text) for text in (row["connection"] + " " + row["exchange"],
                                          row["back_connection"] + " " + row["back_exchange"], *(row[name] for name in names))]
              for row in sorted(hops, key=rank)[:500]]
    got = [[squeeze(cell.text()) for cell in row.all("td")] for row in next(sections[0].all("tbody")).all("tr")]
    equal("the table of hops", got, wanted)
    counts = re.search(r"([0-9,]+) pairs?, ([0-9,]+) for which .*?, ([0-9,]+) without", sections[0].text())
    alone = sum(row["basis"] == "none" for row in hops)
    pairs = sum(row["basis"] != "" for row in hops) - alone
    equal("pairs", tuple(map(number, counts.groups())), (pairs, alone, len(hops) - pairs - alone))
    for line in sections[0].all("p", **{"class": "ca-error"}):
        if squeeze(line.text()) not in squeeze(summary):
            complain(f"the summary lacks: {line.text()}")


def proof_of(story):
    """The frames on which the judgement of the exchange that decides rests, or a finding."""
    frames, heading = set(), ""
    exchanges = sum(block["kind"] == "heading" and block["text"].startswith("EXCHANGE") for block in story["blocks"])
    for block in story["blocks"]:
        heading = block["text"] if block["kind"] == "heading" else heading
        decides = heading.startswith("EXCHANGE") and (exchanges == 1 or "decides" in heading)
        if block["kind"] == "item" and (heading == "FINDINGS" or (decides and block.get("label") == "why")):
            frames |= {(frame["input"], frame["frame"]) for frame in block["frames"]}
    return frames


def check_diagrams(page, connections, findings):
    global diagrams
    errors = {row["connection"] for row in findings if row["severity"] == "error"}
    deserving = {row["connection"] for row in connections if row["verdict"] == "contradicted"} | errors
    drawn = {details.attributes["id"][2:]: details for details in page.root.all("details", **{"class": "ca-story"})}
    equal("diagrams", len(drawn), min(len(deserving), 500))
    told = re.search(r"([0-9,]+) connections are contradicted, ([0-9,]+) have an error",
                     squeeze(next(page.root.all("section", id="diagrams")).text()))
    equal("connections with an error", number(told[2]), len(errors))
    if not set(drawn) <= deserving:
        complain(f"a diagram of {sorted(set(drawn) - deserving)}")
    for name, details in list(drawn.items())[:8]:
        diagrams += 1
        story = json.loads(run("-q", f"--show={name}", "-f", "json", sample).stdout)
        begins = next(block["text"] for block in story["blocks"] if block.get("label") == "begins")
        digits = len(re.match(r"[-0-9T:]*\.([0-9]*)Z", begins)[1])
        picture = next(details.all("svg"))
        places = [text.text().split() for text in picture.all("text", **{"class": "ca-place"})]
        numbers = [text.text() for text in picture.all("text", **{"class": "ca-numbers"})]
        words = squeeze(" ".join(text.text() for text in picture.all("text")
                                 if text.attributes["class"] in ("ca-words", "ca-dim", "ca-pause")))
        around = squeeze(" ".join(part.text() for part in details.all() if part.tag in ("p", "h4")))
        packet_blocks = [block for block in story["blocks"] if "packets" in block]
        in_rows = [block for block in story["blocks"] if "packets" in block or block["kind"] == "aside"]
        if len(in_rows) > 100:
            continue
        frame = lambda packet: str(packet["frame"]) if packet["input"] == story["input"] else \
            f"{packet['input']}-{packet['frame']}"
        equal(f"{name}, times and frames", places,
              [[f"{block['packets'][0]['time_s']:.{digits}f}", frame(block["packets"][0])] for block in packet_blocks])
        equal(f"{name}, numbers", numbers,
              [" ".join(packet["flags"]) + f" seq={packet['seq']}" +
               (f" ack={packet['ack']}" if packet["ack"] is not None else "") + f" len={packet['len']}"
               for packet in (block["packets"][0] for block in packet_blocks if block["kind"] == "packet")])
        equal(f"{name}, words", words, squeeze(" ".join(block["text"] for block in in_rows)))
        drawn_marks = [path.attributes["d"].count("z") for path in picture.all("path", **{"class": "ca-proof"})]
        proof = proof_of(story)
        marks = sum((block["packets"][0]["input"], block["packets"][0]["frame"]) in proof for block in packet_blocks
                    if block["kind"] == "packet")
        equal(f"{name}, marked packets", sum(drawn_marks), marks)
        if marks == 0:
            complain(f"{name}: nothing in the diagram proves anything")
        folded, wanted, left_out, omitted = 0, [], 0, False
        for block in story["blocks"]:
            if block["kind"] == "heading":
                folded += block["text"].startswith("EXCHANGE") and "decides" not in block["text"]
                omitted = folded > 10 and block["text"].startswith("EXCHANGE") and "decides" not in block["text"]
                left_out += omitted
            if block["kind"] in ("item", "heading", "paragraph") and not omitted:
                wanted.append(block.get("label", "") + " " +
                              block["text"].replace("\n", "; " if block["kind"] == "item" else " "))
        equal(f"{name}, reasons", around, squeeze(" ".join(wanted)))
        told = sum(number(note.text().split()[0]) for note in details.all("div", **{"class": "ca-note"}))
        equal(f"{name}, exchanges left out", told, left_out)


for sample in samples:
    folder = f"{work}/reports"
    summary = run("-a", "--force", "-o", folder, sample).stderr.decode()
    with open(f"{folder}/report.html", encoding="utf-8") as file:
        page = Page(file.read())
    connections, findings = rows(folder, "connections"), rows(folder, "findings")
    check_connections(page, connections)
    check_glance(page, connections, rows(folder, "inputs"))
    check_findings(page, findings)
    check_servers(page, rows(folder, "servers"), rows(folder, "idle"), summary)
    check_quiet(page, rows(folder, "servers"))
    check_hops(page, rows(folder, "hops"), summary)
    check_diagrams(page, connections, findings)
print(f"{len(samples)} pages, {diagrams} diagrams, {wrong} differences")
sys.exit(wrong > 0 or diagrams < 50)
END
python3 "$work/compare" "$CONNAUDIT" "$work" ./*.pcap* timeouts/*.pcap* hops/*.pcap* || fail "the pages say something else"
finish
