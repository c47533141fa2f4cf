#!/usr/bin/python3
# hop_truth.py CAPTURE CLIENT-LOG SERVER-LOG FRONT BACK TRUTH: which exchange caused which, by the markers in
# the logs of the client and of the server; appends rows to TRUTH. Then the markers in the capture are
# masked, so that nothing in it tells. FRONT and BACK are the endpoints (ADDRESS:PORT) of both servers.
import collections
import pathlib
import re
import sys

capture, client_log, server_log, front, back, truth = sys.argv[1:]


def endpoint(address, port):
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def rows(name):
    for line in pathlib.Path(name).read_text(encoding="ascii").splitlines():
        marker, address, port, number = line.split()
        yield marker, endpoint(address, port), number


backs = collections.defaultdict(list)
for marker, peer, number in rows(server_log):
    backs[marker].append((f"{peer}-{back}", number))
name = pathlib.Path(capture).name.split(".pcap")[0]
with open(truth, "a", encoding="ascii") as out:
    for marker, own, number in rows(client_log):
        found = backs.pop(marker, [])
        for connection, back_number in found:
            out.write("\t".join([name, f"{own}-{front}", number, connection, back_number, "pair"]) + "\n")
        if not found:
            out.write("\t".join([name, f"{own}-{front}", number, "-", "-", "no back"]) + "\n")
    for marker, found in backs.items():
        for connection, back_number in found:
            out.write("\t".join([name, "-", "-", connection, back_number, "no front"]) + "\n")

data = pathlib.Path(capture).read_bytes()
pathlib.Path(capture).write_bytes(re.sub(rb"h\d{9}", b"xxxxxxxxxx", data))
