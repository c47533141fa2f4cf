#!/usr/bin/python3
# A bad proxy: hop_bad.py HOST PORT BACK-HOST BACK-PORT [strip]. It reads no Connection field: heads go through
# byte by byte, with the client's version and options; a request that got no answer is sent again, whatever it
# is. With `strip` it adds X-Forwarded-For before it removes what Connection names, hands close on, and writes
# all contents in capitals.
import socket
import sys
import threading

host, port, back_host, back_port = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4])


strip = len(sys.argv) > 5


def stripped(head, fields, peer):
    named = [name.strip() for name in fields.get(b"connection", b"").split(b",")]
    lines = head[:-4].split(b"\r\n") + [b"X-Forwarded-For: " + peer.encode()]
    kept = [line for line in lines[1:] if line.partition(b":")[0].strip().lower() not in named + [b"connection"]]
    if b"close" in named:
        kept.append(b"Connection: close")
    return b"\r\n".join(lines[:1] + kept) + b"\r\n\r\n"


def read_head(file):
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        line = file.readline()
        if not line:
            return None, {}
        head += line
    fields = {}
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        fields[name.strip().lower()] = value.strip().lower()
    return head, fields


def body_of(file, fields, until_close=False):
    if b"chunked" in fields.get(b"transfer-encoding", b""):
        body = b""
        while True:
            line = file.readline()
            part = file.read(int(line, 16) + 2)
            body += line + part
            if int(line, 16) == 0:
                return body
    if b"content-length" in fields:
        return file.read(int(fields[b"content-length"]))
    return file.read() if until_close else b""


def answer_of(back, file, request):
    back.sendall(request)
    heads = b""
    while True:
        head, fields = read_head(file)
        if head is None:
            return None, {}
        heads += head
        status = int(head.split()[1])
        if status >= 200:
            break
    bodiless = request.startswith(b"HEAD ") or status in (204, 304)
    body = b"" if bodiless else body_of(file, fields, True)
    return heads + (body.upper() if strip else body), fields


def serve(front):
    file, back = front.makefile("rb"), None
    while True:
        head, fields = read_head(file)
        if head is None:
            break
        request = (stripped(head, fields, front.getpeername()[0]) if strip else head) + body_of(file, fields)
        for _ in range(2):
            if back is None:
                back = socket.create_connection((back_host, back_port))
                back_file = back.makefile("rb")
            answer, answered = answer_of(back, back_file, request)
            if answer is not None and answered.get(b"connection") != b"close":
                break
            back.close()
            back = None
            if answer is not None:
                break
        front.sendall(answer or b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
        if fields.get(b"connection") == b"close" or answered.get(b"connection") == b"close":
            break
    front.close()
    if back:
        back.close()


def safely(front):
    try:
        serve(front)
    except (OSError, ValueError):
        front.close()


family = socket.AF_INET6 if ":" in host else socket.AF_INET
listener = socket.socket(family)
listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind((host, port))
listener.listen(64)
while True:
    threading.Thread(target=safely, args=(listener.accept()[0],), daemon=True).start()
