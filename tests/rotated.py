#!/usr/bin/env python3
"""rotated.py PROGRAM CAPTURE [--tshark]: a capture cut into twenty files, as tcpdump rotates them.

CAPTURE is a pcap file with lost requests; what the program says of it whole is the truth. One cut
lies between the two frames that prove a lost request. Everything that is said of the twenty files
must be the same, and every frame that is named must be that very packet in its file. With --tshark,
each display filter must select exactly those in the file that the finding names."""

import csv
import os
import re
import struct
import subprocess
import sys
import tempfile

FILES = 20


def check(condition, *what):
    if not condition:
        print(*what)
        sys.exit(1)


def packets_of(capture):
    packets, at = [], 24
    while at < len(capture):
        end = at + 16 + struct.unpack_from('<I', capture, at + 8)[0]
        packets.append(capture[at:end])
        at = end
    return packets


class Rotated:
    """The files, and where each frame of the whole capture lies among them."""

    def __init__(self, capture, cut):
        packets = packets_of(capture)
        ends = [len(packets) * number // FILES for number in range(1, FILES + 1)]
        nearest = min(range(FILES - 1), key=lambda number: abs(ends[number] - cut))
        ends[nearest] = cut
        self.names, self.place, self.packets = [], {}, {}
        os.mkdir('ring')
        start = 0
        for number, end in enumerate(ends):
            name = 'ring/lb.pcap%02d' % number
            self.names.append(name)
            with open(name, 'wb') as file:
                file.write(capture[:24] + b''.join(packets[start:end]))
            for frame in range(start + 1, end + 1):
                self.place[frame] = number + 1, frame - start
                self.packets[number + 1, frame - start] = packets[frame - 1]
            start = end

    def connection(self, whole):
        return 'c%d-%d' % self.place[int(whole.removeprefix('c1-'))]


def rows_of(folder, report):
    with open('%s/%s.csv' % (folder, report), newline='') as file:
        return list(csv.DictReader(file))


def same_but(one, other, *names):
    """The names of the columns in which they differ, these aside."""
    return [name for name in one if one[name] != other[name] and name not in names]


# Which column holds the input of a frame column; the input of the connection if there is none.
def check_frames(rotated, whole, split, columns):
    for column, input_column in columns.items():
        if not whole[column]:
            check(not split[column], column, split)
            continue
        number = int(split[input_column]) if input_column else int(split['connection'][1:].split('-')[0])
        check((number, int(split[column])) == rotated.place[int(whole[column])], column, whole, split)


def check_rows(rotated):
    """Returns the findings of the split capture, each with the frames of the whole one."""
    pairs = list(zip(rows_of('whole', 'connections'), rows_of('split', 'connections'), strict=True))
    longest = 0
    for whole, split in pairs:
        check(split['connection'] == rotated.connection(whole['connection']), whole, split)
        frames = {'first_frame': None, 'last_frame': 'last_input', 'end_frame': 'end_input'}
        check_frames(rotated, whole, split, frames)
        check(split['file'] == rotated.names[int(split['connection'][1:].split('-')[0]) - 1], split)
        differ = same_but(whole, split, 'connection', 'stream', 'file', 'last_input', 'end_input', *frames)
        check(not differ, differ, whole, split)
        longest = max(longest, 1 + int(split['last_input']) - int(split['connection'][1:].split('-')[0]))
    check(longest >= 3, 'no connection lies in three files')  # the first and the last say it
    for whole, split in zip(rows_of('whole', 'exchanges'), rows_of('split', 'exchanges'), strict=True):
        frames = {name + '_frame': name + '_input' for name in
                  ('request', 'request_end', 'response', 'response_end', 'outcome')}
        check_frames(rotated, whole, split, frames)
        check(split['connection'] == rotated.connection(whole['connection']), whole, split)
        differ = same_but(whole, split, 'connection', 'stream', 'file', *frames, *frames.values())
        check(not differ, differ, whole, split)
    findings, apart = [], 0
    for whole, split in zip(rows_of('whole', 'findings'), rows_of('split', 'findings'), strict=True):
        places = [rotated.place[int(frame)] for frame in whole['frames'].split(' ')]
        proof = places[-1][0]
        check(int(split['proof_input']) == proof and split['proof_file'] == rotated.names[proof - 1], split)
        shown = ['%d' % frame if number == proof else '%d-%d' % (number, frame) for number, frame in places]
        check(split['frames'] == ' '.join(shown), split['frames'], shown)
        selected = sorted({frame for number, frame in places if number == proof})
        check([int(word) for word in re.findall(r'\d+', split['display_filter'])] == selected,
              split['display_filter'], selected)
        check(split['connection'] == rotated.connection(whole['connection']), whole, split)
        differ = same_but(whole, split, 'connection', 'stream', 'file', 'frames', 'display_filter',
                          'proof_input', 'proof_file')
        check(not differ, differ, whole, split)
        findings.append((split, places))
        apart += split['rule'] == 'keepalive-race' and len({number for number, _ in places}) == 2
    check(apart > 0, 'no lost request has its proof in two files')
    for report in ('servers', 'pairs'):
        check(rows_of('whole', report) == rows_of('split', report), report)
    inputs = rows_of('split', 'inputs')
    check([row['file'] for row in inputs] == rotated.names, 'inputs')
    check(sum(int(row['packets']) for row in inputs) == len(rotated.packets), 'packets')
    return findings


def frames_on(page, rotated, number):
    """What a page says of frames, as places: the ladder's with their times, then those in its text."""
    def place(word):
        parts = [int(part) for part in word.split('-')]
        return tuple(parts) if len(parts) == 2 else (number, parts[0])
    ladder = re.findall(r'^ *(\d+\.\d+) +([\d-]+) (?:-->|<--)', page, re.M)
    words = re.findall(r'frame ((?:\d+-)?\d+)', re.sub(r'\s+', ' ', page))
    words += re.search(r'frames ([\d-]+) to ([\d-]+) \(', page).groups()
    return [(time, place(word)) for time, word in ladder], [place(word) for word in words]


def check_page(program, rotated, whole_name, name):
    show = [subprocess.run([program, '--show=' + connection, capture], stdout=subprocess.PIPE, check=True)
            .stdout.decode() for connection, capture in ((whole_name, 'whole.pcap'), (name, 'ring'))]
    number = int(name[1:].split('-')[0])
    whole, split = frames_on(show[0], rotated, 0), frames_on(show[1], rotated, number)
    check([(time, rotated.place[frame]) for time, (_, frame) in whole[0]] == split[0] and split[0], show[1])
    check([rotated.place[frame] for _, frame in whole[1]] == split[1] and split[1], show[1])
    # The page alone says in which files they lie.
    said = {number: re.search(r'^ +capture +(.*), frames ', show[1], re.M)[1]}
    several = re.search(r'^ +frames +N: (.*)$', show[1], re.M)
    check(not several or several[1] == said[number], show[1])
    said.update((int(other), path) for other, path in re.findall(r'^ +(\d+)-N: (.*)$', show[1], re.M))
    named = {place[0] for _, place in split[0]} | {place[0] for place in split[1]} | {number}
    check(said == {other: rotated.names[other - 1] for other in named}, said, named)
    return len(split[0]) + len(split[1])


def selected(path, expression):
    out = subprocess.run(['tshark', '-n', '-r', path, '-Y', expression, '-T', 'fields', '-e', 'frame.number',
                          '-e', 'frame.time_epoch'], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                         check=True).stdout.decode()
    return [(int(line.split()[0]), line.split()[1]) for line in out.splitlines()]


def check_filters(rotated, findings):
    """Each filter in the file that the finding names, and its other frames in theirs."""
    for finding, places in findings:
        for number in sorted({number for number, _ in places}):
            frames = sorted({frame for other, frame in places if other == number})
            wanted = [(frame, '%d.%06d000' % struct.unpack_from('<II', rotated.packets[number, frame]))
                      for frame in frames]
            proof = number == int(finding['proof_input'])
            path = finding['proof_file'] if proof else rotated.names[number - 1]
            expression = finding['display_filter'] if proof else 'frame.number in {%s}' % ', '.join(map(str, frames))
            got = selected(path, expression)
            check(got == wanted, path, expression, got, wanted)


def main():
    program, capture = (os.path.abspath(path) for path in sys.argv[1:3])
    with open(capture, 'rb') as file:
        content = file.read()
    with tempfile.TemporaryDirectory() as work:
        os.chdir(work)
        os.symlink(capture, 'whole.pcap')
        subprocess.run([program, '-q', '-o', 'whole', 'whole.pcap'], check=True)
        lost = [row for row in rows_of('whole', 'findings') if row['rule'] == 'keepalive-race']
        apart = lost[len(lost) // 2]
        rotated = Rotated(content, int(apart['frames'].split(' ')[0]))
        subprocess.run([program, '-q', '-o', 'split', 'ring'], check=True)
        findings = check_rows(rotated)
        named = sum(check_page(program, rotated, row['connection'], rotated.connection(row['connection']))
                    for row in rows_of('whole', 'connections')[::7] + [apart])
        if '--tshark' in sys.argv[3:]:
            check_filters(rotated, findings)
        os.chdir('/')
    print('%d files, %d findings, %d frames on pages: all lead to their packets' % (FILES, len(findings), named))


main()
