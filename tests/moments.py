#!/usr/bin/env python3
"""moments.py PROGRAM CAPTURE [COUNT [SEED]]: SIGINT at COUNT moments, drawn from SEED.

CAPTURE is a pcap file. In turn, the program reads it from a pipe or from a file, and writes CSV to
standard output or a directory. On a pipe, a moment is a number of bytes that the writer has given:
what must come out is then known to the byte. On a file, it is a position in the file, or a time.

What must hold at any moment: the rows are those of an undisturbed run over the packets that the
stopped run says it has read; a directory holds all its files or is not there; the status is 0 if
all was read, 1 if it was not, and that of the signal if it came before the program was ready."""

import concurrent.futures
import fcntl
import gzip
import json
import os
import random
import re
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time

FILES = ['SHA256SUMS', 'connections.csv', 'exchanges.csv', 'findings.csv', 'hops.csv', 'idle.csv', 'inputs.csv', 'manifest.json',
         'pairs.csv', 'report.html', 'servers.csv']
ROWS = [name for name in FILES if name not in ('SHA256SUMS', 'inputs.csv', 'manifest.json', 'report.html')]
LONG = 400  # times the capture, for a run that takes long enough to be stopped in its midst
PATIENCE = 120  # seconds

PIPE_ENDS = ('silent', 'ends', 'goes on')
KINDS = [('pipe', to, end) for end in PIPE_ENDS for to in ('csv', 'directory')] + \
    [('file', to, by) for by in ('position', 'time') for to in ('csv', 'directory')]


class Wrong(Exception):
    pass


def check(condition, *what):
    if not condition:
        raise Wrong(' '.join(str(part) for part in what))


def read(path):
    with open(path, 'rb') as file:
        return file.read()


def packets_of(capture):
    """Where each packet begins, and the end."""
    starts, at = [], 24
    while at < len(capture):
        starts.append(at)
        at += 16 + struct.unpack_from('<I', capture, at + 8)[0]
    return starts + [at]


def lengthen(capture, times):
    """The capture again and again, each time a minute later and from another client."""
    starts = packets_of(capture)
    body, whole = bytearray(capture), bytearray(capture[:24])
    seconds = [struct.unpack_from('<I', capture, start)[0] for start in starts[:-1]]
    for turn in range(times):
        for start, second in zip(starts, seconds):
            struct.pack_into('<I', body, start, second + 60 * turn)
            ip = start + 16 + 14
            if body[ip - 2:ip] == b'\x08\x00':
                for address in (ip + 12, ip + 16):
                    if body[address + 3] < 80:
                        struct.pack_into('>H', body, address + 1, turn)
        whole += body[24:]
    return bytes(whole)


class Bench:
    def __init__(self, program, capture):
        self.program = program
        self.capture = read(capture)
        self.long = lengthen(self.capture, LONG)
        self.starts = packets_of(self.long)
        self.inputs = {'pcap': self.capture + self.long[len(self.capture):3 * len(self.capture)]}
        versions = subprocess.run([program, '--version'], stdout=subprocess.PIPE, check=True).stdout
        if b'zlib not in' not in versions:
            self.inputs['gzip'] = gzip.compress(self.inputs['pcap'], 6, mtime=0)
        self.took = 0

    def start(self, folder, to, name):
        options = ['-o', 'report'] if to == 'directory' else ['-f', 'csv', '-r', name[1]]
        return subprocess.Popen([self.program, *options, name[0]], cwd=folder, stdin=subprocess.PIPE,
                                stdout=open(folder + '/out', 'wb'), stderr=open(folder + '/errors', 'wb'),
                                start_new_session=True)

    def undisturbed(self, folder, to, name, data):
        """What a run gives that nobody stops: its status, and its folder."""
        os.mkdir(folder)
        process = self.start(folder, to, name)
        if name[0] == '-':
            process.communicate(data)
        else:
            process.stdin.close()
            process.wait(PATIENCE)
        return process.returncode


def drained(process):
    """Waits until the program has taken all that is in the pipe. It watches for signals then."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        left = fcntl.ioctl(process.stdin.fileno(), termios.FIONREAD, b'\0\0\0\0')
        if struct.unpack('i', left)[0] == 0:
            return
        time.sleep(0.001)
    raise Wrong('the pipe is not read')


def feed(process, data):
    process.stdin.write(data)
    process.stdin.flush()


def compare(got, wanted, to, interrupted):
    """The folders of two runs: the rows are the same."""
    if to == 'csv':
        check(read(got + '/out') == read(wanted + '/out'), 'other rows')
        return
    there = [sorted(os.listdir(folder + '/report')) if os.path.isdir(folder + '/report') else []
             for folder in (got, wanted)]
    check(there[0] == there[1] and there[0] in ([], FILES), 'files', *there)
    if not there[0]:
        return
    for name in ROWS:
        check(read('%s/report/%s' % (got, name)) == read('%s/report/%s' % (wanted, name)), name, 'differs')
    ended = json.loads(read(got + '/report/manifest.json'))['ended']
    check(ended == ('interrupted' if interrupted else 'complete'), 'the manifest says', ended)


def on_pipe(bench, dice, folder, to, end):
    form = dice.choice(sorted(bench.inputs))
    data = bench.inputs[form]
    size = dice.choice([dice.randrange(1, len(data)), dice.randrange(1, 4000), len(data)])
    report = dice.choice(['connections', 'exchanges', 'findings'])
    where = '%s: %s from a pipe to %s (%s), %d of %d bytes' % (end, form, to, report, size, len(data))
    try:
        os.mkdir(folder + '/got')
        process = bench.start(folder + '/got', to, ('-', report))
        feed(process, data[:size])
        drained(process)
        process.send_signal(signal.SIGINT)
        if end == 'goes on':
            time.sleep(dice.random() * 0.2)
            feed(process, data[size:])
        if end == 'silent':
            process.wait(PATIENCE)
        process.stdin.close()
        process.wait(PATIENCE)
        given = data if end == 'goes on' else data[:size]
        status = bench.undisturbed(folder + '/wanted', to, ('-', report), given)
        # A pipe that falls silent has not ended, whatever it gave.
        check(process.returncode == (1 if end == 'silent' else status), 'status', process.returncode)
        compare(folder + '/got', folder + '/wanted', to, end == 'silent')
        return end == 'silent'
    except Wrong as wrong:
        raise Wrong(where + ': ' + str(wrong)) from None


def position(process):
    """How far the program has read the file; None: it has ended."""
    try:
        for name in os.listdir('/proc/%d/fd' % process.pid):
            if os.readlink('/proc/%d/fd/%s' % (process.pid, name)).endswith('/long.pcap'):
                with open('/proc/%d/fdinfo/%s' % (process.pid, name)) as info:
                    return int(info.readline().split()[1])
        return 0
    except (OSError, ValueError):
        return None


def on_file(bench, dice, folder, to, by):
    report = dice.choice(['connections', 'exchanges', 'findings'])
    moment = dice.random()
    where = 'from a file to %s (%s), %s %.3f' % (to, report, by, moment)
    try:
        got = folder + '/got'
        os.mkdir(got)
        os.symlink(bench.file, got + '/long.pcap')
        process = bench.start(got, to, ('long.pcap', report))
        process.stdin.close()
        if by == 'position' and os.path.isdir('/proc/self/fdinfo'):
            while process.poll() is None and (position(process) or 0) < moment * len(bench.long):
                time.sleep(0.0005)
        else:
            # Eight runs at a time are slower than the one that was measured.
            time.sleep(moment * dice.choice([1, 8]) * bench.took)
        process.send_signal(signal.SIGINT)
        process.wait(PATIENCE)
        errors = read(got + '/errors').decode()
        if process.returncode == -signal.SIGINT:
            check(not read(got + '/out') and not os.path.exists(got + '/report'), 'half a result')
            return True
        frames = re.search(r'^long.pcap: ([0-9,]+) frames?', errors)
        check(frames, 'no summary', errors)
        frames = int(frames[1].replace(',', ''))
        stopped = frames < len(bench.starts) - 1
        check(process.returncode == stopped, 'status', process.returncode, 'after', frames)
        check(('connaudit: interrupted' in errors) == stopped, errors)
        os.mkdir(folder + '/wanted.in')
        with open(folder + '/wanted.in/long.pcap', 'wb') as file:
            file.write(bench.long[:bench.starts[frames]])
        os.mkdir(folder + '/wanted')
        os.symlink(folder + '/wanted.in/long.pcap', folder + '/wanted/long.pcap')
        wanted = bench.start(folder + '/wanted', to, ('long.pcap', report))
        wanted.stdin.close()
        check(wanted.wait(PATIENCE) == 0, 'the undisturbed run')
        compare(got, folder + '/wanted', to, stopped)
        return stopped
    except Wrong as wrong:
        raise Wrong(where + ': ' + str(wrong)) from None


def moment(bench, seed, number, work):
    source, to, how = KINDS[number % len(KINDS)]
    dice = random.Random(seed * 1000003 + number)
    with tempfile.TemporaryDirectory(dir=work) as folder:
        return (on_pipe if source == 'pipe' else on_file)(bench, dice, folder, to, how)


def main():
    program, capture = (os.path.abspath(path) for path in sys.argv[1:3])
    count, seed = (int(word) for word in (sys.argv[3:] + ['200', '1'][len(sys.argv) - 3:]))
    # Whoever runs this may have signals ignored (nohup), which children take over.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    bench = Bench(program, capture)
    stopped, failures = {kind: 0 for kind in KINDS}, 0
    with tempfile.TemporaryDirectory() as work:
        bench.file = work + '/long.pcap'
        with open(bench.file, 'wb') as file:
            file.write(bench.long)
        begun = time.monotonic()
        subprocess.run([program, '-q', '-o', work + '/first', bench.file], check=True)
        bench.took = time.monotonic() - begun
        with concurrent.futures.ThreadPoolExecutor(8) as pool:
            runs = [pool.submit(moment, bench, seed, number, work) for number in range(count)]
            for number, run in enumerate(runs):
                try:
                    stopped[KINDS[number % len(KINDS)]] += run.result()
                except (Wrong, OSError, subprocess.TimeoutExpired) as wrong:
                    print('moment %d: %s' % (number, wrong))
                    failures += 1
    inside = sum(stopped[kind] for kind in KINDS if kind[0] == 'file')
    print('%d moments of seed %d: %d stopped in the midst of a file, %d failures' %
          (count, seed, inside, failures))
    if inside * 10 < count * sum(kind[0] == 'file' for kind in KINDS) / len(KINDS):
        print('hardly a run was stopped in the midst of its file')
        failures += 1
    sys.exit(failures > 0)


main()
