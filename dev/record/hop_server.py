#!/usr/bin/python3
# The origin behind a proxy: hop_server.py HOST PORT LOG. HTTP/1.1 with keep-alive; what it does is said in
# the query: st=STATUS, len=BYTES, delay=SECONDS, chunked=1, close=1, drop=1 (reads the request and closes),
# hints=1 (a 103 first), own=1 (nominates a field of its own), keep=1 (promises a timeout),
# nt=1 (says no-transform).
# Each request is logged: marker (the target if it has none), the client's address and port, its number on that connection.
import socket
import sys
import threading
import time
from urllib.parse import parse_qs, urlsplit

host, port, log_name = sys.argv[1], int(sys.argv[2]), sys.argv[3]
log = open(log_name, "w", buffering=1, encoding="ascii")
lock = threading.Lock()


class Reader:
    def __init__(self, sock):
        self.sock, self.data = sock, b""

    def until(self, mark):
        while mark not in self.data:
            more = self.sock.recv(65536)
            if not more:
                return None
            self.data += more
        head, _, self.data = self.data.partition(mark)
        return head

    def exactly(self, size):
        while len(self.data) < size:
            more = self.sock.recv(65536)
            if not more:
                return None
            self.data += more
        part, self.data = self.data[:size], self.data[size:]
        return part


def read_body(reader, fields):
    if "chunked" in fields.get("transfer-encoding", ""):
        while True:
            size = int(reader.until(b"\r\n").split(b";")[0], 16)
            if size == 0:
                while reader.until(b"\r\n"):
                    pass
                return
            reader.exactly(size + 2)
    reader.exactly(int(fields.get("content-length", 0)))


def answer(sock, method, target, fields, version, marker):
    query = {k: v[0] for k, v in parse_qs(urlsplit(target).query).items()}
    time.sleep(float(query.get("delay", 0)))
    if "drop" in query:
        return False
    status = int(query.get("st", 200))
    body = (f"{target} ".encode() * 200)[: int(query.get("len", 40))]
    if "hints" in query:
        sock.sendall(b"HTTP/1.1 103 Early Hints\r\nLink: </s.css>; rel=preload\r\n\r\n")
    asked = [option.strip().lower() for option in fields.get("connection", "").split(",")]
    close = "close" in asked or "close" in query or (version == "HTTP/1.0" and "keep-alive" not in asked)
    head = f"HTTP/1.1 {status} Answer\r\nServer: origin\r\nContent-Type: text/plain\r\nX-Test-Id: {marker}\r\n"
    options = ["close"] if close else ["keep-alive"] if "keep" in query or version == "HTTP/1.0" else []
    if "own" in query:
        options.append("X-Internal")
        head += "X-Internal: rack-7\r\n"
    if "nt" in query:
        head += "Cache-Control: no-transform\r\n"
    if "keep" in query:
        head += "Keep-Alive: timeout=9\r\n"
    if options:
        head += f"Connection: {', '.join(options)}\r\n"
    if "chunked" in query and version == "HTTP/1.1":
        payload = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
        head += "Transfer-Encoding: chunked\r\n"
    else:
        payload = body
        head += f"Content-Length: {len(body)}\r\n"
    sock.sendall(head.encode() + b"\r\n" + (b"" if method == "HEAD" else payload))
    return not close


def serve(sock, peer):
    reader, number = Reader(sock), 0
    try:
        sock.settimeout(30)
        first = reader.until(b"\r\n\r\n")
        while first:
            if first.startswith(b"\r\n\r\n\0\r\nQUIT\n"):
                raise ValueError
            lines = first.decode("latin-1").split("\r\n")
            if lines[0].startswith("PROXY "):
                lines.pop(0)
            number += 1
            method, target, version = lines[0].split(" ")
            fields = {}
            for line in lines[1:]:
                name, _, value = line.partition(":")
                name = name.strip().lower()
                fields[name] = f"{fields[name]}, {value.strip()}" if name in fields else value.strip()
            marker = fields.get("x-test-id", target)
            with lock:
                log.write(f"{marker} {peer[0]} {peer[1]} {number}\n")
            read_body(reader, fields)
            if not answer(sock, method, target, fields, version, marker):
                break
            first = reader.until(b"\r\n\r\n")
    except (OSError, ValueError, AttributeError):
        pass
    sock.close()


def serve_v2(sock, peer):
    """Takes a PROXY header of version 2 off before the first byte, if there is one."""
    start = sock.recv(16, socket.MSG_PEEK | socket.MSG_WAITALL)
    if start.startswith(b"\r\n\r\n\0\r\nQUIT\n"):
        sock.recv(16 + int.from_bytes(start[14:16], "big"), socket.MSG_WAITALL)
    serve(sock, peer)


family = socket.AF_INET6 if ":" in host else socket.AF_INET
listener = socket.socket(family)
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind((host, port))
listener.listen(64)
while True:
    accepted, address = listener.accept()
    threading.Thread(target=serve_v2, args=(accepted, address), daemon=True).start()
