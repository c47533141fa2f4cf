#!/usr/bin/python3
# Clients that speak HTTP/2 in TLS to a proxy: hop_curl.py HOST PORT CERTIFICATE KEYS LOG [PATH…]. Each request has a path of
# its own, by which it is logged: path, own address and port, number on that connection. First one after the
# other, with what a proxy should consume and add, and the PATHs; then four at once on one connection; then two connections
# at once.
import os
import re
import subprocess
import sys

host, port, certificate, keys, log_name, *more = sys.argv[1:]
log = open(log_name, "w", buffering=1, encoding="ascii")


def start(paths, *options, parallel=False):
    command = ["curl", "-sv", "--http2", "--cacert", certificate, "--resolve", f"example.test:{port}:{host}",
               "-w", "local %{local_ip} %{local_port} %{url_effective}\n", *options]
    if parallel:
        command.append("-Z")
    for path in paths:
        command += ["-o", "/dev/null", f"https://example.test:{port}{path}"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                            env=dict(os.environ, SSLKEYLOGFILE=keys))


def finish(curl, paths):
    """curl says which path went out as which stream."""
    out, said = curl.communicate()
    local = {url.split(f":{port}", 1)[1]: (address, own_port)
             for address, own_port, url in re.findall(r"local (\S+) (\d+) (\S+)", out)}
    streams, path = {}, None
    for line in said.splitlines():
        if found := re.search(r"\[:path: (\S+)\]", line):
            path = found.group(1)
        elif found := re.search(r"Using Stream ID: (\d+)", line):
            streams[path] = int(found.group(1))
    assert sorted(streams) == sorted(local) == sorted(paths), (streams, local, said)
    for path, stream in streams.items():
        log.write(f"{path} {local[path][0]} {local[path][1]} {(stream + 1) // 2}\n")


def ask(paths, *options, **how):
    finish(start(paths, *options, **how), paths)


ask(["/one/plain", "/one/list?page=2", "/one/own?own=1", "/one/keep?keep=1", *more, "/one/busy?st=503"],
    "-H", "TE: trailers", "-H", "Cookie: session=1")
ask([f"/many/{i}?delay=0.{4 - i}" for i in range(4)], "-H", "Cookie: session=2", parallel=True)
plans = [[f"/{name}/{i}?delay=0.1" for i in range(3)] for name in ("left", "right")]
curls = [start(paths, "-H", f"Cookie: session={paths[0][1]}") for paths in plans]
for curl, paths in zip(curls, plans):
    finish(curl, paths)
