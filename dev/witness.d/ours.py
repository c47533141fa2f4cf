"""What connaudit says of a capture: its reports, read back into the bytes that were on the wire."""

import csv
import os
import re
import subprocess
from dataclasses import dataclass

from tshark import Message, keylog, last_line

CUT = "\\..."  # ends a value that was longer than its field may be


class ConnauditError(Exception):
    """connaudit cannot read this file; the text says why."""


@dataclass
class Connection:
    name: str
    number: int  # column `stream`; -1: the table of address pairs reached its bound
    first: int
    client: tuple
    server: tuple
    community_id: str
    ended_by: str
    ended_how: str
    end_frame: int
    completeness: list
    closed_in_tls: bool = False  # by a close_notify or a fatal alert
    stream: int = -1  # tshark's number of the stream that holds our first frame; -1: none


def unescape(text):
    """The bytes of a text field: \\xNN and \\\\ undone. A cut value loses its mark."""
    if text.endswith(CUT):
        text = text[:-len(CUT)]
    octets = bytearray()
    for plain, escaped in re.findall(r"([^\\]+)|\\(x[0-9a-f]{2}|.)", text, re.DOTALL):
        if plain:
            octets += plain.encode("ascii")
        elif len(escaped) == 3:
            octets.append(int(escaped[1:], 16))
        else:
            octets += escaped.encode("ascii")
    return bytes(octets)


def frame_number(text):
    """The number of a frame of the row's own file; 0 if the field is empty."""
    return int(text.rpartition("-")[2]) if text else 0


class Connaudit:
    """Runs connaudit on one capture."""

    def __init__(self, path, timeout, program):
        self.path, self.timeout, self.program = path, timeout, program
        self.packets_read = None  # if it could not read the capture to its end

    def run(self, report, *options):
        environment = dict(os.environ, TZ="UTC", LC_ALL="C")
        keys = keylog(self.path)
        secrets = ["-k", keys] if keys else []
        command = [self.program, "-q", "-r", report, *options, *secrets, self.path]
        try:
            result = subprocess.run(command, env=environment, check=False, capture_output=True,
                                    stdin=subprocess.DEVNULL, timeout=self.timeout)
        except subprocess.TimeoutExpired as late:
            raise ConnauditError("connaudit took more than %d s" % self.timeout) from late
        # Exit status 1: not read to its end. The rows cover what was read.
        if result.returncode not in (0, 1) or not result.stdout:
            raise ConnauditError("connaudit, exit status %d: %s"
                                 % (result.returncode, last_line(result.stderr)))
        told = re.search(rb"(\d+) packets read", result.stderr)
        if told:
            self.packets_read = int(told[1])
        return rows(result.stdout.decode("ascii"))

    def connections(self):
        """All TCP connections, in the order of their first frames."""
        found = [connection(row) for row in self.run("connections", "-a")]
        return sorted(found, key=lambda c: c.first)

    def messages(self):
        """The messages of all exchanges of HTTP/1."""
        return messages([row for row in self.run("exchanges") if not row["stream_id"]])


def rows(text):
    return list(csv.DictReader(text.splitlines(keepends=True), strict=True))


def connection(row):
    return Connection(
        name=row["connection"], number=int(row["stream"] or -1),
        first=frame_number(row["first_frame"]),
        client=(row["client_ip"], int(row["client_port"] or 0)),
        server=(row["server_ip"], int(row["server_port"] or 0)),
        community_id=row["community_id"], ended_by=row["ended_by"],
        ended_how=row["ended_how"], end_frame=frame_number(row["end_frame"]),
        completeness=row["completeness"].split(),
        closed_in_tls=bool(row["close_notify"] or row["alert"]))


def messages(report):
    """The messages of the exchanges report, in the order in which they were sent. A message whose
    start line was never read to its end has no name, and nothing to compare: it is left out."""
    requests, responses = [], []
    for row in report:
        if row["method"]:
            requests.append(request(row))
        responses += interims(row)
        if row["status"]:
            responses.append(response(row))
    # Rows are in order within a connection; sorting by frame keeps the order inside a frame.
    return sorted(requests, key=lambda m: m.first) + sorted(responses, key=lambda m: m.first)


def request(row):
    first = frame_number(row["request_frame"])
    return Message(
        request=True, first=first, last=frame_number(row["request_end_frame"]) or first,
        version=unescape(row["request_version"]),
        method=unescape(row["method"]), target=unescape(row["target"]),
        connection=unescape(row["request_connection"]), row=row["connection"],
        cut=row["request_connection"].endswith(CUT), target_cut=row["target"].endswith(CUT),
        ended=bool(row["request_end_frame"]))


def response(row):
    first = frame_number(row["response_frame"])
    return Message(
        request=False, first=first, last=frame_number(row["response_end_frame"]) or first,
        version=unescape(row["response_version"]), status=int(row["status"]),
        connection=unescape(row["response_connection"]), row=row["connection"],
        cut=row["response_connection"].endswith(CUT), ended=bool(row["response_end_frame"]))


def interims(row):
    """The 1xx before the final response: somewhere between the request and it."""
    first = frame_number(row["request_frame"])
    final = frame_number(row["response_frame"])
    for code in row["interim"].split():
        if code == CUT:  # there were more; what tshark has of them will be listed as theirs only
            return
        # `response_frame` itself may be that of the 1xx when no final response came.
        yield Message(
            request=False, first=first or final, last=final, version=b"", status=int(code),
            interim=True, row=row["connection"], ended=bool(final))
