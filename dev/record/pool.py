"""A client that keeps its connection as many programs do: pool.py ADDRESS PORT STEP…

Python's http.client on one connection that is never looked at between requests. Steps: a path is
fetched (POST with a body of N bytes as `N@/path`), a number is slept. Every outcome is logged.
"""
import http.client
import sys
import time


def fetch(connection, step):
    length, at, path = step.partition("@")
    body = b"x" * int(length) if at else None
    connection.request("POST" if at else "GET", path if at else step, body=body)
    response = connection.getresponse()
    response.read()
    return "%d" % response.status


def main():
    connection = http.client.HTTPConnection("example.test", int(sys.argv[2]), timeout=20)
    connection._create_connection = lambda _, *rest: create((sys.argv[1], int(sys.argv[2])), *rest)
    for step in sys.argv[3:]:
        try:
            if "/" in step:
                outcome = fetch(connection, step)
            else:
                outcome = time.sleep(float(step))
        except Exception as error:  # whatever it is, it is the outcome
            outcome = repr(error)
        print("%.6f %s: %s" % (time.time(), step, outcome), file=sys.stderr, flush=True)
        if "/" in step and not outcome.isdigit():
            break
    connection.close()


def create(address, *rest):
    import socket
    return socket.create_connection(address, *rest)


main()
