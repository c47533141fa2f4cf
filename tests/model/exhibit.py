"""One trial by itself: its capture, that of the whole conversation, and a text that tells both."""
import os

from capture import Capture
from tcp import SECOND
from trials import Program, Subject, Trial, faults, faults_of_whole, is_seen, lessen_all, ONLY_LOSES


def write(binary, name, folder):
    seed, number, mode, again = name.rsplit("/", 3)
    subject = Subject(seed, number)
    trial = Trial(subject, mode, int(again), subject.frames(mode, again))
    whole = Trial(subject, "whole", 0, subject.frames("whole", 0))
    program = Program(binary)
    try:
        program.put_to([trial, whole])
        failures = list((faults_of_whole if mode == "whole" else faults)(trial))
        lessen_all(program, [failure for failure in failures if mode in ONLY_LOSES])
    finally:
        program.close()
    os.makedirs(folder, exist_ok=True)
    stem = os.path.join(folder, name.replace("/", "-"))
    made = [(stem + ".pcap", trial.frames), (stem + "-whole.pcap", whole.frames)]
    for count, failure in enumerate(failures):
        if failure.least:
            gone = set(failure.least)
            made.append((f"{stem}-least{count or ''}.pcap", [f for f in whole.frames if f[1] not in gone]))
    for path, frames in made:
        capture = Capture()
        capture.add(subject.packets, frames)
        with open(path, "wb") as file:
            file.write(capture.bytes())
        print(path)
    with open(stem + ".txt", "w", encoding="ascii") as file:
        file.write(text(trial, whole, failures))
    print(stem + ".txt")
    return 0


def text(trial, whole, failures):
    subject = trial.subject
    lines = [f"trial {trial.name}", ""]
    lines += [str(failure) + (f" [least loss: {' '.join(str(n + 1) for n in failure.least)}"
                              f"{'' if is_seen(failure) else ', unseen'}]" if failure.least else "")
              for failure in failures] or ["no failure"]
    lines += ["", "true of the whole: " + (" ".join(sorted(subject.findings)) or "no finding")]
    lines += [f"  {target}: {', '.join(sorted(' '.join(row) for row in rows))}"
              for target, rows in subject.rows.items()]
    for title, one in (("said of the whole", whole), ("said of the trial", trial)):
        lines += [f"{title}: " + (" ".join(sorted(one.findings)) or "no finding")]
        lines += [f"  {row[0] or '(no request)'}: {row[3]} {row[4]}" for row in one.rows]
    lines += ["", "frame of the whole, of the trial, time, segment"]
    places = {}
    for place, frame in enumerate(trial.frames):
        places.setdefault(frame[1], []).append(f"{place + 1}{'' if frame[2] is None else f'[:{frame[2]}]'}")
    starts = {}
    for x in subject.exchanges.values():
        for side, start, what in ((0, x.start, "request"), (1, x.answer_start, "answer to"),
                                  (1, x.final_start, "final answer to")):
            if start is not None:
                starts.setdefault((side, start), []).append(f"{what} {x.target}")
    for number, s in enumerate(subject.segments):
        notes = [note for (side, start), names in starts.items() for note in names
                 if side == s.side and s.seq <= start < s.seq + len(s.data) and
                 s.connection is owner(subject, note)]
        notes += ["again"] * s.again + ["never arrives"] * (s.arrived is None) + ["forged"] * s.forged
        lines.append(f"{number + 1:4} {','.join(places.get(number, ['-'])):>8} {s.tap / SECOND:12.6f}  {s!r}"
                     + (f"  ({', '.join(notes)})" if notes else ""))
    lines += [""]
    for talk in subject.conversation.talks:
        for x in talk.plan.exchanges:
            if x.start is not None:
                lines += [f"{x.target}: bytes {x.start}..{x.end} of the client, answered by {x.answer_start}.."
                          f"{x.answer_end} of the server", indent(x.request_head()), indent(head(x.response()))]
    return "\n".join(lines) + "\n"


def owner(subject, note):
    target = note.rsplit(" ", 1)[1]
    return next(talk for talk in subject.conversation.talks if any(x.target == target for x in talk.plan.exchanges))


def head(message):
    return message[:message.index(b"\r\n\r\n")]


def indent(octets):
    return "\n".join("    " + line for line in octets.decode().rstrip().split("\r\n"))
