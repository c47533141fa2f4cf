"""A scripted peer: actor.py server|client ADDRESS PORT STEP…

Each step is `verb` or `verb:argument`; they run in order, and each is logged on standard error with
its time, so that what really happened can be read there and need not be guessed from packets.

  get:PATH|Field: value|…    an HTTP/1.1 request
  ok:LENGTH|Field: value|…   a 200 response with LENGTH bytes of body and a Content-Length
  send:TEXT                  these bytes (\\r\\n as in C), in one write
  head                       read one message: a head, and a body if Content-Length says one
  read:N  eof                read N bytes; read until the peer's FIN
  sleep:S                    wait
  fin  close  reset          shutdown(SHUT_WR); close(); close() with a zero linger time: RST
  keepalive:IDLE,INTERVAL    TCP keep-alive probes
  rcvbuf:N  sndbuf:N         socket buffers (of a client before it connects: give it first)
  port:N                     a client's own port (give it first, too)
  nodelay:0|1  quickack:0|1  Nagle; delayed acknowledgements
  accept                     a server's next connection; steps of a server begin with one implied
  wait                       until killed, 120 s at most
"""
import socket
import struct
import sys
import time

START = time.time()
BODY = b"0123456789abcdefghijklmnopqrstuvwxyz\n"


def log(text):
    now = time.time()
    print("%.6f +%.3f %s" % (now, now - START, text), file=sys.stderr, flush=True)


class Actor:
    def __init__(self, role, address, port):
        self.role, self.buffer = role, b""
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self.first = socket.socket(family, socket.SOCK_STREAM)
        self.address, self.sock = (address, port), None
        if role == "server":
            self.first.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self.first.bind(self.address)
            self.first.listen(8)
        else:
            self.sock = self.first

    def begin(self):
        if self.role == "server":
            self.accept(None)
        else:
            self.sock.connect(self.address)
            self.connected()
        log("connected")

    def connected(self):
        self.sock.settimeout(60)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def accept(self, _):
        self.sock, _ = self.first.accept()
        self.buffer = b""
        self.connected()

    def receive(self):
        data = self.sock.recv(65536)
        if not data:
            log("FIN of the peer")
            return False
        self.buffer += data
        return True

    def head(self, _):
        while b"\r\n\r\n" not in self.buffer:
            if not self.receive():
                return
        head, rest = self.buffer.split(b"\r\n\r\n", 1)
        length = 0
        for line in head.split(b"\r\n")[1:]:
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        self.buffer = rest
        self.read(length)
        log("  had " + head.split(b"\r\n")[0].decode())

    def read(self, count):
        count = int(count)
        while len(self.buffer) < count:
            # No more than wanted: what is not read stays in the socket and closes the window.
            data = self.sock.recv(count - len(self.buffer))
            if not data:
                log("FIN of the peer")
                return
            self.buffer += data
        self.buffer = self.buffer[count:]

    def eof(self, _):
        while self.receive():
            pass

    def get(self, argument):
        path, *fields = argument.split("|")
        lines = ["GET %s HTTP/1.1" % path, "Host: example.test"] + fields
        self.sock.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())

    def ok(self, argument):
        length, *fields = argument.split("|")
        lines = ["HTTP/1.1 200 OK", "Content-Type: text/plain", "Content-Length: " + length]
        body = (BODY * (int(length) // len(BODY) + 1))[: int(length)]
        self.sock.sendall(("\r\n".join(lines + fields) + "\r\n\r\n").encode() + body)

    def send(self, text):
        self.sock.sendall(text.encode().decode("unicode_escape").encode("latin-1"))

    def fin(self, _):
        self.sock.shutdown(socket.SHUT_WR)

    def close(self, _):
        self.sock.close()

    def reset(self, _):
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def keepalive(self, argument):
        idle, interval = argument.split(",")
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, int(idle))
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, int(interval))

    def rcvbuf(self, size):
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, int(size))

    def port(self, number):
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.sock.bind(("", int(number)))

    def sndbuf(self, size):
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, int(size))

    def nodelay(self, on):
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, int(on))

    def quickack(self, on):
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, int(on))

    def sleep(self, seconds):
        time.sleep(float(seconds))

    def wait(self, _):
        time.sleep(120)

    def run(self, steps):
        begun = False
        for step in steps:
            verb, _, argument = step.partition(":")
            if not begun and not (verb in ("rcvbuf", "port") and self.role == "client"):
                self.begin()
                begun = True
            log(step)
            try:
                getattr(self, verb)(argument)
            except OSError as error:
                log("  %s" % error)


Actor(sys.argv[1], sys.argv[2], int(sys.argv[3])).run(sys.argv[4:])
