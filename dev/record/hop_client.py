#!/usr/bin/python3
# The clients of a proxy: hop_client.py HOST PORT LOG PLAN…. Each request has a marker of ten letters, and is
# logged: marker, own address and port, number on that connection. Plans:
#   fields   one request after the other, with what Connection may name and what proxies should consume
#   crowd    three at a time, each with a cookie and a path of its own; then three that are equal
#   faults   a server that drops, errs, answers late; methods that may not be sent twice
#   still    a response that says no-transform, and a close
#   old      HTTP/1.0 and HTTP/1.1 in turn, one request a connection
import itertools
import random
import socket
import sys
import threading
import time

host, port, log_name, plans = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4:]
log = open(log_name, "w", buffering=1, encoding="ascii")
random.seed(log_name)
counter = itertools.count(1)
prefix = sys.argv[0] and "h"


def marker():
    return f"{prefix}{next(counter):09d}"


class Client:
    def __init__(self):
        self.sock, self.number = None, 0

    def connect(self):
        self.sock = socket.create_connection((host, port), timeout=10)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.number = 0

    def ask(self, target, fields=(), method="GET", body=None, version="HTTP/1.1"):
        """One request and its answer; whether the connection stays."""
        if self.sock is None:
            self.connect()
        name = marker()
        self.number += 1
        own = self.sock.getsockname()
        log.write(f"{name} {own[0]} {own[1]} {self.number}\n")
        head = [f"{method} {target} {version}", "Host: example.test", "User-Agent: hop-client",
                f"X-Test-Id: {name}", *fields]
        if body is not None:
            head.append(f"Content-Length: {len(body)}")
        self.sock.sendall("\r\n".join(head).encode() + b"\r\n\r\n" + (body or b""))
        if not self.read(method):
            self.sock.close()
            self.sock = None

    def read(self, method):
        file = self.sock.makefile("rb")
        try:
            while True:
                line = file.readline()
                if not line:
                    return False
                status = int(line.split()[1])
                fields = {}
                while (line := file.readline().strip()):
                    field, _, value = line.decode("latin-1").partition(":")
                    fields[field.lower()] = value.strip()
                if status >= 200 or status == 101:
                    break
        except OSError:
            return False
        length = fields.get("content-length")
        if method == "HEAD" or status in (204, 304):
            pass
        elif "chunked" in fields.get("transfer-encoding", ""):
            while (size := int(file.readline().split(b";")[0], 16)):
                file.read(size + 2)
            file.readline()
        elif length is not None:
            file.read(int(length))
        else:
            file.read()
            return False
        return fields.get("connection", "").lower() != "close" and status != 101

    def end(self):
        if self.sock:
            self.sock.close()
        self.sock = None


def fields():
    client = Client()
    client.ask("/shop/")
    client.ask("/shop/list?page=2", ["Cookie: a=1", "Accept: text/html"])
    client.ask("/shop/internal?own=1", ["Connection: X-Hop", "X-Hop: mine"])
    client.ask("/shop/named?own=1", ["Connection: X-Hop, X-Token", "X-Hop: mine", "X-Token: t"])
    client.ask("/shop/close", ["Connection: close"])
    client.ask("/shop/keep?keep=1", ["Connection: keep-alive", "Keep-Alive: timeout=5"])
    client.ask("/shop/te?chunked=1", ["Connection: TE", "TE: trailers"])
    client.ask("/shop/deflate", ["TE: deflate;q=0.5"])
    client.ask("/shop/proxy", ["Proxy-Connection: keep-alive"])
    client.ask("/shop/cookie", ["Connection: Cookie", "Cookie: session=12"])
    client.ask("/shop/forwarded", ["Connection: X-Forwarded-For"])
    client.ask("/shop/hints?hints=1")
    client.ask("/shop/head?len=300", method="HEAD")
    client.ask("/shop/order", ["Content-Type: text/plain"], method="POST", body=b"one")
    client.ask("/shop/order", ["Content-Type: text/plain"], method="POST", body=b"another")
    client.ask("/shop/missing?st=404")
    client.end()


def crowd():
    clients = [Client() for _ in range(3)]

    def own(client, number):
        for turn in range(3):
            client.ask(f"/shop/item?n={number}&delay=0.0{turn + 1}", [f"Cookie: user={number}"])

    def equal(client):
        for _ in range(2):
            client.ask("/health?delay=0.02")
            time.sleep(0.01)

    for target in (own, equal):
        threads = [threading.Thread(target=target, args=(c, i) if target is own else (c,))
                   for i, c in enumerate(clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    for client in clients:
        client.ask("/shop/last", [f"Cookie: user={id(client) % 97}"])
        client.end()


def faults():
    client = Client()
    client.ask("/shop/one")
    client.ask("/shop/gone?drop=1")
    client.ask("/shop/busy?st=503")
    client.ask("/shop/order?drop=1", method="POST", body=b"do it once")
    client.ask("/shop/late?delay=3")
    client.ask("/shop/error?st=500")
    client.ask("/shop/two")
    client.end()


def still():
    client = Client()
    client.ask("/shop/still?nt=1")
    client.ask("/shop/other")
    client.ask("/shop/close", ["Connection: close"])
    client.end()


def old():
    for turn in range(4):
        client = Client()
        client.ask(f"/old/{turn}", version="HTTP/1.0" if turn % 2 else "HTTP/1.1")
        client.end()


for plan in plans:
    {"fields": fields, "crowd": crowd, "faults": faults, "old": old, "still": still}[plan]()
