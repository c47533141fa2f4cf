"""A TLS client: tls_get.py CERTIFICATE ADDRESS SECONDS PATH...

One connection with a request a path; then it waits that long for the server to close, and answers a
close with a close."""

import http.client
import socket
import ssl
import sys


def main():
    certificate, address, seconds, *paths = sys.argv[1:]
    context = ssl.create_default_context(cafile=certificate)
    raw = socket.create_connection((address, 443))
    stream = context.wrap_socket(raw, server_hostname="example.test")
    client = http.client.HTTPConnection("example.test")
    client.sock = stream
    for path in paths:
        client.request("GET", path)
        client.getresponse().read()
    if client.sock:
        stream.settimeout(float(seconds))
        try:
            while stream.recv(4096):
                pass
        except OSError as error:
            print(error, file=sys.stderr)
    stream.close()


main()
