#!/usr/bin/python3
# A proxy that reads no Connection field: hop_bad.py HOST PORT BACK-HOST BACK-PORT. Heads go through byte by
# byte, with the client's version and options; a request that got no answer is sent again, whatever it is.
import socket
import sys
import threading

host, port, back_host, back_port = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4])


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
    return heads + (b"" if bodiless else body_of(file, fields, True)), fields


def serve(front):
    file, back = front.makefile("rb"), None
    while True:
        head, fields = read_head(file)
        if head is None:
            break
        request = head + body_of(file, fields)
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
