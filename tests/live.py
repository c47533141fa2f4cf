#!/usr/bin/env python3
"""live.py PROGRAM CAPTURE [--tcpdump]: SIGINT to a pipeline, as a terminal sends it to all of it.

A writer like tcpdump feeds PROGRAM: it holds back what it has until it gets SIGINT, then gives it
and ends. Nothing may be lost, and the status is 0. With --tcpdump, tcpdump itself is the writer; it
records requests to a server of this script on the loopback device."""

import csv
import http.client
import http.server
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

PATIENCE = 60  # seconds

WRITER = '''
import os, signal, sys, time

def flush(*_):
    time.sleep(float(sys.argv[3]))
    out.write(data[given:])
    out.flush()
    os._exit(0)

signal.signal(signal.SIGINT, flush)
data, given = open(sys.argv[1], 'rb').read(), int(sys.argv[2])
out = open(1, 'wb')
out.write(data[:given])
out.flush()
open('ready', 'w').close()
while True:
    time.sleep(60)
'''


def wait_for(condition, what):
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            sys.exit('live.py: no sign of ' + what)
        time.sleep(0.01)


def read(path):
    with open(path, 'rb') as file:
        return file.read()


def run(pipeline, ready, interrupt):
    """The rows, the errors and the status of the last command, in the working directory."""
    with open('rows.csv', 'wb') as out, open('errors', 'wb') as errors:
        # The shell waits for the pipeline instead of dying with it.
        shell = subprocess.Popen(['sh', '-c', 'trap : INT; %s; echo $? >status' % pipeline], stdout=out,
                                 stderr=errors, stdin=subprocess.DEVNULL, start_new_session=True)
        try:
            ready()
            interrupt(shell.pid)
            shell.wait(PATIENCE)
        finally:
            if shell.poll() is None:
                os.killpg(shell.pid, signal.SIGKILL)
    return read('rows.csv'), read('errors').decode(), int(read('status'))


def with_writer(program, capture):
    """The writer ends after its last bytes come late, or at once, or having nothing left to give."""
    whole = subprocess.run([program, '-q', '-f', 'csv', '-'], stdin=open(capture, 'rb'),
                           stdout=subprocess.PIPE, check=True).stdout
    with open('writer.py', 'w') as file:
        file.write(WRITER)
    size, failures = os.path.getsize(capture), 0
    for given, late in ((0, 0), (size // 3, 0.4), (size - 1, 0), (size, 0.2)):
        rows, errors, status = run(
            "(sleep 0.1; exec '%s' writer.py '%s' %d %s) | '%s' -q -f csv -" %
            (sys.executable, capture, given, late, program),
            lambda: wait_for(lambda: os.path.exists('ready'), 'the writer'),
            lambda group: os.killpg(group, signal.SIGINT))
        os.unlink('ready')
        if status or errors or rows != whole:
            print('a writer that gave %d of %d bytes: status %d, %s, %d rows of %d' %
                  (given, size, status, errors, rows.count(b'\n'), whole.count(b'\n')))
            failures += 1
    return failures


class Answer(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def do_GET(self):
        self.send_response(200)
        self.send_header('Content-Length', '3')
        self.send_header('Connection', self.path[1:])
        self.end_headers()
        self.wfile.write(b'ok\n')

    def log_message(self, *_):
        pass


def tcpdump_records():
    """Whether it is there, and may record."""
    if not shutil.which('tcpdump'):
        return False
    with subprocess.Popen(['tcpdump', '-i', 'lo', '-w', os.devnull], stderr=subprocess.PIPE) as trial:
        records = any(b'listening on' in line for line in trial.stderr)
        trial.terminate()
    return records


def with_tcpdump(program):
    server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    port, said = server.server_address[1], []

    def ask():
        wait_for(lambda: 'listening on' in read('tcpdump.errors').decode(), 'tcpdump')
        for declared in ('close', 'keep-alive', 'close', 'keep-alive', 'close'):
            client = http.client.HTTPConnection('127.0.0.1', port)
            client.request('GET', '/' + declared)
            client.getresponse().read()
            client.close()
            said.append(declared)
        time.sleep(2)  # until the kernel has handed over its packets

    failures = 0
    for flag in ('', '-U '):
        open('tcpdump.errors', 'w').close()
        said.clear()
        text, errors, status = run(
            "tcpdump -i lo %s-s 0 -w - tcp port %d 2>tcpdump.errors | '%s' -f csv -" % (flag, port, program),
            ask, lambda group: os.killpg(group, signal.SIGINT))
        told = read('tcpdump.errors').decode()
        captured = int(re.search(r'^(\d+) packets? captured', told, re.M)[1])
        # Rows stand as they become final: a connection may close after the one that follows it.
        rows = sorted(csv.DictReader(text.decode().splitlines()), key=lambda row: int(row['first_frame']))
        frames = re.search(r'^standard input: ([0-9,]+) frames', errors)
        if status or 'interrupted' in errors or not frames or \
                int(frames[1].replace(',', '')) != captured or [row['declared'] for row in rows] != said:
            print('tcpdump %s: status %d, %d packets, %s%s' % (flag, status, captured, errors, text.decode()))
            failures += 1
    server.shutdown()
    return failures


def main():
    program, capture = (os.path.abspath(path) for path in sys.argv[1:3])
    # Whoever runs this may have it ignored (nohup), which children take over.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    with tempfile.TemporaryDirectory() as work:
        os.chdir(work)
        failures = with_writer(program, capture)
        if '--tcpdump' in sys.argv[3:]:
            if tcpdump_records():
                failures += with_tcpdump(program)
            else:
                print('tcpdump cannot record on the loopback device here: it is not tried')
        os.chdir('/')
    print('%d failures' % failures)
    sys.exit(failures > 0)


main()
