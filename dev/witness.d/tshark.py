"""What tshark says of a capture: its TCP segments and its HTTP/1 messages.

Two passes. Segments come from `-T fields`. Messages come from PDML, because one frame may hold
several messages and `-T fields` mixes their fields; PDML also carries the bytes of each field, so
values are compared as bytes and not as tshark chose to print them.

A *reading* is one set of preferences. None of them is right for every capture: with its defaults
tshark hides a message whose body was cut short or which it cannot put together, and does not put
segments in order. The witness is what it says with its defaults and, of messages that it hides then,
with heads alone; the other readings are called only to explain where it differs.
"""

import os
import subprocess
import tempfile
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass, field
from typing import NamedTuple

# Preferences of each reading beside the common ones. `ports` are added by the caller.
READINGS = {
    "default": [],
    "heads": ["http.desegment_body:FALSE"],
    "ordered": ["tcp.reassemble_out_of_order:TRUE"],
    "ordered heads": ["tcp.reassemble_out_of_order:TRUE", "http.desegment_body:FALSE"],
    "lenient": ["tcp.no_subdissector_on_error:FALSE", "tcp.analyze_sequence_numbers:FALSE"],
    "lines": ["http.desegment_headers:FALSE", "http.desegment_body:FALSE"],
}

WITNESS = "default, and heads alone"

COMMON_PREFERENCES = ["http.decompress_body:FALSE"]

SEGMENT_FIELDS = [
    "frame.number", "frame.time_epoch", "frame.len", "frame.cap_len", "frame.protocols",
    "ip.src", "ip.dst", "ipv6.src", "ipv6.dst", "ip.flags.mf", "ip.frag_offset", "ipv6.fraghdr",
    "vlan.id", "vxlan.vni",
    "tcp.stream", "tcp.srcport", "tcp.dstport", "tcp.seq_raw", "tcp.ack_raw", "tcp.len",
    "tcp.flags", "tcp.hdr_len", "tcp.window_size_value", "tcp.options.wscale.shift", "communityid",
]

TCP_FIN, TCP_SYN, TCP_RST, TCP_ACK = 0x01, 0x02, 0x04, 0x10


class TsharkError(Exception):
    """tshark cannot read this file; the text says why."""


class Segment(NamedTuple):
    frame: int
    time: float
    stream: int
    source: tuple  # (address, port)
    destination: tuple
    seq: int
    ack: int
    length: int
    flags: int
    window: int
    shift: int  # -1: no window scale option in this segment
    community_id: str
    protocols: str
    tag: str  # VLAN and VXLAN numbers: what tshark's streams ignore
    cut: bool  # the snap length took bytes of the frame
    fragment: bool
    whole: bool  # it has a TCP header, of a possible length
    in_error: bool  # quoted inside an ICMP error, or under another TCP segment


@dataclass
class Message:
    """One HTTP/1 message, as either program sees it."""

    request: bool
    first: int  # frame of the first byte; of tshark: of the PDU, like `last`
    last: int
    version: bytes
    stream: int = -1  # tshark's number
    method: bytes = b""
    target: bytes = b""
    status: int = 0
    connection: bytes = b""
    interim: bool = False  # of connaudit's `interim` column: neither version nor fields are known
    row: str = ""  # name of our connection
    protocols: str = ""
    lengths: tuple = ()  # of tshark: the values of its Content-Length lines
    codings: tuple = ()  # and of its Transfer-Encoding lines
    ended: bool = True  # `last` is known; if not, the message was cut short
    cut: bool = False  # connaudit cut its value of Connection short
    target_cut: bool = False

    def name(self):
        """What must be equal for two messages to be the same one."""
        return self.method if self.request else self.status

    def text(self):
        """For the table."""
        if self.request:
            start = b" ".join([self.method, self.target, self.version]).strip()
        else:
            start = self.version + b" %d" % self.status
        text = start + (b" [" + self.connection + b"]" if self.connection else b"")
        return text.decode("latin-1").encode("unicode_escape").decode("ascii")


@dataclass
class Stream:
    """The segments of one tcp.stream, and its two ends."""

    number: int
    segments: list = field(default_factory=list)

    def first_frame(self):
        return self.segments[0].frame

    def client(self):
        """Who opened it; None if the capture does not show that."""
        for segment in self.segments:
            if segment.flags & TCP_SYN:
                return segment.destination if segment.flags & TCP_ACK else segment.source
        return None

    def ends(self):
        return {self.segments[0].source, self.segments[0].destination}


def keylog(path):
    """The secrets of TLS that lie beside a capture: NAME.keys beside NAME.pcap. None: there are none."""
    keys = os.path.splitext(path)[0] + ".keys"
    return os.path.abspath(keys) if os.path.exists(keys) else None


class Tshark:
    """Runs tshark on one capture with the defaults of a fresh installation."""

    def __init__(self, path, timeout, program="tshark"):
        self.path, self.timeout, self.program = path, timeout, program

    def run(self, arguments):
        with tempfile.TemporaryDirectory() as home:
            environment = dict(os.environ, HOME=home, XDG_CONFIG_HOME=home, TZ="UTC",
                               WIRESHARK_CONFIG_DIR=home, LC_ALL="C.UTF-8")
            command = [self.program, "-n", "-r", self.path]
            for preference in COMMON_PREFERENCES:
                command += ["-o", preference]
            keys = keylog(self.path)
            if keys:
                command += ["-o", "tls.keylog_file:" + keys]
            try:
                result = subprocess.run(command + arguments, env=environment, check=False,
                                        stdin=subprocess.DEVNULL, capture_output=True,
                                        timeout=self.timeout)
            except subprocess.TimeoutExpired as timeout:
                raise TsharkError("tshark took more than %d s" % self.timeout) from timeout
        # A file that ends within a packet is compared as far as it goes, even if that is nothing.
        if result.returncode != 0 and not result.stdout.strip() and \
                b"in the middle of a packet" not in result.stderr:
            raise TsharkError(last_line(result.stderr) or "tshark failed")
        return result.stdout

    def segments(self):
        """All TCP segments by tcp.stream, in the order of the capture."""
        arguments = ["--enable-protocol", "communityid", "-Y", "tcp", "-T", "fields",
                     "-E", "separator=/t", "-E", "occurrence=a", "-E", "aggregator=;"]
        for name in SEGMENT_FIELDS:
            arguments += ["-e", name]
        streams = {}
        for line in self.run(arguments).decode("utf-8", "replace").splitlines():
            for segment in parse_segments(line):
                stream = streams.setdefault(segment.stream, Stream(segment.stream))
                stream.segments.append(segment)
        return streams

    def payload(self, frame):
        """The TCP payload of one frame."""
        text = self.run(["-Y", "frame.number==%d" % frame, "-T", "fields", "-e", "tcp.payload",
                         "-E", "occurrence=l"]).strip()
        return bytes.fromhex(text.decode("ascii"))

    def messages(self, reading="default", ports=()):
        """The HTTP/1 messages in order of the frames that tshark reports them in."""
        arguments = ["-Y", "http && tcp", "-T", "pdml", "-J", "http tcp"]
        for preference in READINGS[reading]:
            arguments += ["-o", preference]
        for port in sorted(ports):
            arguments += ["-d", "tcp.port==%d,http" % port]
        return parse_messages(self.run(arguments))


def last_line(text):
    lines = text.decode("utf-8", "replace").strip().splitlines()
    return lines[-1] if lines else ""


def number(text, default=0):
    try:
        return int(text, 0)
    except (ValueError, TypeError):
        return default


def at(values, index, default=""):
    return values[index] if index < len(values) else default


def truth(text):
    return text in ("1", "True")


def layers_below(protocols):
    """For each TCP layer of a frame.protocols text, the layers below it."""
    names = protocols.split(":")
    return [names[:i] for i, name in enumerate(names) if name == "tcp"]


def parse_segments(line):
    """The segments of one line of fields: one for each TCP layer that has a stream."""
    columns = dict(zip(SEGMENT_FIELDS, line.split("\t")))
    column = {name: text.split(";") if text else [] for name, text in columns.items()}
    frame, protocols = number(columns["frame.number"]), columns["frame.protocols"]
    below = layers_below(protocols) or [["ip"]]
    fragment = any(truth(v) for v in column["ip.flags.mf"]) or \
        any(number(v) for v in column["ip.frag_offset"]) or bool(column["ipv6.fraghdr"])
    # A community id is made once for each frame, of the innermost addresses.
    for i, stream in enumerate(column["tcp.stream"]):
        layers = at(below, i, below[-1])
        source, destination = endpoints(column, layers)
        yield Segment(
            frame, float(columns["frame.time_epoch"] or 0), number(stream),
            (source, number(at(column["tcp.srcport"], i))),
            (destination, number(at(column["tcp.dstport"], i))),
            number(at(column["tcp.seq_raw"], i)), number(at(column["tcp.ack_raw"], i)),
            number(at(column["tcp.len"], i)), number(at(column["tcp.flags"], i)),
            number(at(column["tcp.window_size_value"], i)),
            number(at(column["tcp.options.wscale.shift"], i), -1),
            at(column["communityid"], 0), protocols,
            ",".join(column["vlan.id"] + column["vxlan.vni"]),
            number(columns["frame.cap_len"]) < number(columns["frame.len"]), fragment,
            bool(at(column["tcp.len"], i)) and number(at(column["tcp.hdr_len"], i)) >= 20,
            "icmp" in layers or "icmpv6" in layers or "tcp" in layers)


def endpoints(column, layers):
    """The addresses of the last IP layer of `layers`."""
    family, seen = "ip", {"ip": 0, "ipv6": 0}
    for name in layers:
        if name in seen:
            family = name
            seen[name] += 1
    index = max(seen[family] - 1, 0)
    return at(column[family + ".src"], index), at(column[family + ".dst"], index)


def parse_messages(pdml):
    messages = []
    if not pdml.strip():
        return messages
    for packet in ElementTree.fromstring(pdml):
        frame, stream, protocols = 0, -1, []
        for proto in packet.iter("proto"):
            name = proto.get("name")
            protocols.append(name)
            if name == "geninfo":
                frame = number(shown(proto, "num"))
            elif name == "tcp":
                stream = number(shown(proto, "tcp.stream"), -1)
            elif name == "http":
                message = parse_message(proto, frame, stream)
                if message:
                    message.protocols = ":".join(protocols[2:])
                    messages.append(message)
    return messages


def parse_message(proto, frame, stream):
    """None if this layer is no message head: tshark also calls stray body bytes http."""
    request = find(proto, "http.request.method") is not None
    if not request and find(proto, "http.response.code") is None:
        return None
    kind = "http.request." if request else "http.response."
    return Message(
        request=request, first=frame, last=frame, stream=stream,
        version=octets(find(proto, kind + "version")),
        method=octets(find(proto, "http.request.method")) if request else b"",
        target=octets(find(proto, "http.request.uri")) if request else b"",
        status=0 if request else number(shown(proto, "http.response.code")),
        connection=b"\n".join(contents(proto, "http.connection")),
        lengths=tuple(contents(proto, "http.content_length_header")),
        codings=tuple(contents(proto, "http.transfer_encoding")))


def find(proto, name):
    for element in proto.iter("field"):
        if element.get("name") == name:
            return element
    return None


def shown(proto, name):
    element = find(proto, name)
    return None if element is None else element.get("show")


def octets(element):
    """The bytes of a field, as they were sent."""
    if element is None:
        return b""
    value = element.get("value")
    return bytes.fromhex(value) if value else (element.get("show") or "").encode()


def contents(proto, name):
    """The values of the field lines of this name, without the name and the blanks around it."""
    return [octets(element).partition(b":")[2].strip(b" \t\r\n")
            for element in proto.iter("field") if element.get("name") == name]
