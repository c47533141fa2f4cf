"""A TLS server that does what its command line says to one connection:
tls_peer.py DIRECTORY KEYLOG ADDRESS VERSION ACTION...

ACTION: head (reads a request's head), send:TEXT, sleep:SECONDS, close_notify (sends it, and waits for
none), bare (closes the socket without one).
"""

import socket
import ssl
import sys
import time


def act(stream, action):
    verb, _, value = action.partition(":")
    if verb == "head":
        data = b""
        while not data.endswith(b"\r\n\r\n"):
            more = stream.recv(4096)
            if not more:
                return
            data += more
    elif verb == "send":
        stream.sendall(value.encode("ascii").decode("unicode_escape").encode("latin-1"))
    elif verb == "sleep":
        time.sleep(float(value))
    elif verb == "close_notify":
        stream.settimeout(0.01)
        try:
            stream.unwrap()
        except OSError:
            pass
    elif verb == "bare":
        stream.close()
    else:
        sys.exit(f"no action {verb}")


def main():
    directory, keylog, address, version, *actions = sys.argv[1:]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(directory + "/cert.pem", directory + "/key.pem")
    context.keylog_filename = keylog
    only = ssl.TLSVersion.TLSv1_2 if version == "1.2" else ssl.TLSVersion.TLSv1_3
    context.minimum_version = context.maximum_version = only
    listener = socket.create_server((address, 443))
    connection, _ = listener.accept()
    try:
        stream = context.wrap_socket(connection, server_side=True)
        for action in actions:
            act(stream, action)
    except OSError as error:
        print(error, file=sys.stderr)
    time.sleep(5)


main()
