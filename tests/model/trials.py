"""Trials: a conversation, what was lost of it, what the program says of the rest, and whether it may say so."""
import csv
import os
import shutil
import subprocess
import tempfile

from capture import Capture, Packets, trial_of
from dice import Dice
from draw import Conversation
from losses import MODES, lose
from tcp import MS, SERVER
from truth import ACCUSING, BROKEN, KEPT, OPEN, judge
from visible import shows_loss

IN_CAPTURE = 4000  # trials: as many servers as the program tells apart
ONLY_LOSES = {"one", "two", "burst", "tenth", "third", "first", "last", "ends", "direction", "few"}
# A request was lost, it is not seen how: what is then said is that nobody is at fault.
LOST_FINDINGS = {"closed-unanswered", "closed-during-request", "request-after-fin", "connection-forgotten", "aborted"}
EXCHANGE_COLUMNS = ("connection", "target", "request_frame", "response_frame", "verdict", "cause")
FINDING_COLUMNS = ("connection", "rule", "severity", "party")


class Subject:
    """A conversation, its packets, and what is true of it."""

    def __init__(self, seed, number):
        self.name = f"{seed}/{number}"
        self.conversation = Conversation(self.name)
        self.segments = self.conversation.segments
        self.packets = Packets(self.conversation)
        self.rows, self.findings, self.cut_off = judge(self.conversation)
        self.exchanges = {x.target: x for talk in self.conversation.talks for x in talk.plan.exchanges}
        self.until = {}
        self.starts = {}
        for talk in self.conversation.talks:
            for x in talk.plan.exchanges:
                for start in {x.answer_start, x.final_start} - {None}:
                    self.starts.setdefault(talk, []).append((start, x.target))
            for start, _ in talk.unsolicited:
                self.starts.setdefault(talk, []).append((start, ""))

    def frames(self, mode, number):
        return lose(mode, Dice(f"trial {self.name}/{mode}/{number}"), self.segments)

    def answered_by(self, number):
        """The target of the one request whose response, or part of it, begins in this segment."""
        segment = self.segments[number]
        end = segment.seq + len(segment.data)
        targets = {target for start, target in self.starts.get(segment.connection, ()) if segment.seq <= start < end}
        return targets.pop() if segment.side == SERVER and len(targets) == 1 else ""

    def cut(self, until):
        """The truth of a capture that ended there: the same, or nothing was said of that yet."""
        if until not in self.until:
            self.until[until] = judge(self.conversation, until)
        return self.until[until]

    def allowed(self, target, frames):
        """The rows that are right of what is left."""
        rows = self.rows.get(target, set())
        last = max((frame[1] for frame in frames), default=0)
        return rows if last + 1 == len(self.segments) else rows | self.cut(last)[0].get(target, set())

    def allowed_findings(self, frames):
        last = max((frame[1] for frame in frames), default=0)
        return self.findings if last + 1 == len(self.segments) else self.findings | self.cut(last)[1]


class Trial:
    __slots__ = ("subject", "mode", "number", "frames", "before", "rows", "findings")

    def __init__(self, subject, mode, number, frames):
        self.subject, self.mode, self.number, self.frames = subject, mode, number, frames
        self.rows, self.findings = [], []

    @property
    def name(self):
        return f"{self.subject.name}/{self.mode}/{self.number}"

    def segment(self, frame):
        """The number of the segment that this frame of the capture shows."""
        return self.frames[int(frame) - 1 - self.before][1]

    def target(self, row):
        """What the row is about, if need be by its response."""
        return row[0] or (self.subject.answered_by(self.segment(row[2])) if row[2] else "")


class Program:
    """Runs the program over trials."""

    def __init__(self, binary):
        self.binary = binary
        self.folder = tempfile.mkdtemp(prefix="model-", dir="/dev/shm" if os.path.isdir("/dev/shm") else None)

    def close(self):
        shutil.rmtree(self.folder, ignore_errors=True)

    def put_to(self, trials):
        """Fills in the rows and findings of each trial."""
        capture = Capture()
        for trial in trials:
            trial.before = capture.add(trial.subject.packets, trial.frames)
            trial.rows, trial.findings = [], []
        name, out = os.path.join(self.folder, "trials.pcap"), os.path.join(self.folder, "reports")
        with open(name, "wb") as file:
            file.write(capture.bytes())
        run = subprocess.run([self.binary, "-q", "--no-hash", "--force", "-o", out, name],
                             capture_output=True, check=False)
        if run.returncode:
            kept = tempfile.mkstemp(prefix="model-failed-", suffix=".pcap")[1]
            shutil.copy(name, kept)
            raise RuntimeError(f"exit status {run.returncode} of {kept}: {run.stderr.decode(errors='replace')[-2000:]}")
        owner = {connection: trials[trial_of(address)] for connection, address, server, port in read(
            os.path.join(out, "connections.csv"), ("connection", "client_ip", "server_ip", "client_port"))}
        for connection, *row in read(os.path.join(out, "exchanges.csv"), EXCHANGE_COLUMNS):
            owner[connection].rows.append(row)
        for connection, *row in read(os.path.join(out, "findings.csv"), FINDING_COLUMNS):
            if row[1] in ACCUSING and connection:
                owner[connection].findings.append(row[0])


def read(name, columns):
    with open(name, newline="", encoding="ascii") as file:
        reader = csv.reader(file)
        header = next(reader)
        places = [header.index(column) for column in columns]
        for row in reader:
            yield [row[place] for place in places]


class Failure:
    """One thing that the program must not say: of which trial, of what, what it was, and what would be right."""

    def __init__(self, trial, kind, what, said, right):
        self.trial, self.kind, self.what, self.said, self.right = trial, kind, what, said, right
        self.least = None

    def repeats(self, trial):
        """Whether the trial, of the same conversation, has it too."""
        return any(other.kind == self.kind and other.what == self.what for other in faults(trial))

    def __str__(self):
        right = ", ".join(sorted(" ".join(row) if isinstance(row, tuple) else row for row in self.right))
        return f"{self.trial.name} {self.kind}: {self.what} {self.said} (right: {right or 'nothing'})"


def faults(trial):
    """What is wrong of a trial in which something is lost."""
    subject = trial.subject
    for row in trial.rows:
        verdict, cause = row[3:]
        target = trial.target(row) if verdict != OPEN else ""
        if not target:
            continue
        allowed = subject.allowed(target, trial.frames)
        if allowed and not any(row[0] == verdict for row in allowed):
            kind = "turned" if all(right[0] != OPEN for right in allowed) else "settled"
            said = f"{verdict} {cause}" + ("" if row[0] else ", of its response alone")
            yield Failure(trial, kind, target, said, allowed)
    if trial.findings:
        allowed = subject.allowed_findings(trial.frames)
        for rule in trial.findings:
            if rule not in allowed and not (rule == "keepalive-race" and allowed & LOST_FINDINGS):
                yield Failure(trial, "finding", rule, "", ())


def faults_of_whole(trial):
    subject = trial.subject
    seen = []
    for target, _, _, verdict, cause in trial.rows:
        if not target:
            continue
        seen.append(target)
        allowed = subject.rows.get(target)
        if allowed is None:
            yield Failure(trial, "row", target, "no such request", ())
        elif not any(row[0] == verdict for row in allowed):
            yield Failure(trial, "verdict", target, f"{verdict} {cause}", allowed)
        elif verdict != OPEN and (verdict, cause) not in allowed:
            yield Failure(trial, "cause", target, f"{verdict} {cause}", allowed)
    if sorted(t for t in seen if t not in subject.cut_off) != sorted(subject.rows.keys() - subject.cut_off):
        missing = sorted(set(subject.rows) - set(seen)) or sorted(seen)
        yield Failure(trial, "row", " ".join(missing), "missing or twice", ())
    for rule in trial.findings:
        if rule not in subject.findings:
            yield Failure(trial, "finding", rule, "", subject.findings)


def paired_wrongly(trial, row):
    """Whether a request was given another one's response."""
    target, _, response, _, _ = row
    exchange = trial.subject.exchanges.get(target)
    if not response or exchange is None:
        return False
    segment = trial.subject.segments[trial.segment(response)]
    if segment.side != SERVER or exchange.answer_start is None:
        return True
    end = exchange.answer_end or 2**62
    return not (segment.seq < end and segment.seq + len(segment.data) > exchange.answer_start)


def lessen(failure):
    """Tries to give back what was lost as long as the failure stays: yields frames, is sent whether they fail."""
    trial = failure.trial
    kept = {frame[1]: frame for frame in trial.frames}
    lost = [number for number in range(len(trial.subject.segments)) if number not in kept]
    times = {frame[1]: frame for frame in trial.frames}

    def frames(missing):
        gone = set(missing)
        made = [times.get(number, (segment.tap, number, None, 0))
                for number, segment in enumerate(trial.subject.segments) if number not in gone]
        return sorted(made, key=lambda frame: frame[0])

    size = max(1, len(lost) // 2)
    while True:
        at = 0
        while at < len(lost):
            rest = lost[:at] + lost[at + size:]
            if rest and (yield frames(rest)):
                lost = rest
            else:
                at += size
        if size == 1:
            break
        size //= 2
    failure.least = lost


def lessen_all(program, failures):
    """The least losses of all failures, many at a time."""
    working = []
    for failure in failures:
        steps = lessen(failure)
        frames = next(steps, None)
        if frames is not None:
            working.append((failure, steps, frames))
    while working:
        trials = [Trial(failure.trial.subject, failure.trial.mode, failure.trial.number, frames)
                  for failure, _, frames in working]
        for start in range(0, len(trials), IN_CAPTURE):
            program.put_to(trials[start:start + IN_CAPTURE])
        following = []
        for (failure, steps, _), trial in zip(working, trials):
            try:
                following.append((failure, steps, steps.send(failure.repeats(trial))))
            except StopIteration:
                pass
        working = following


def is_seen(failure):
    """Whether what is left without the least loss shows it."""
    subject = failure.trial.subject
    gone = set(failure.least)
    left = [s for number, s in enumerate(subject.segments) if number not in gone]
    talks = subject.conversation.talks
    if failure.kind != "finding":
        exchange = subject.exchanges[failure.what]
        talks = [talk for talk in talks if exchange in talk.plan.exchanges]
    return any(shows_loss([s for s in left if s.connection is talk]) for talk in talks)


def hides_step(frames, segments):
    """Whether the clock was set back between two frames that are so far apart that their times do not show it, or
    hardly: packets may be so much out of their order."""
    pairs = [(time, segments[number].tap - time) for time, number, *_ in frames]
    return any(back > back_before and time >= time_before - 20 * MS
               for (time_before, back_before), (time, back) in zip(pairs, pairs[1:]))


def is_unseen(failure):
    """Whether nothing that is left shows what was taken away."""
    trial = failure.trial
    if trial.mode == "clock":
        return hides_step(trial.frames, trial.subject.segments)
    return failure.least is not None and not is_seen(failure)


class Tally:
    """Of one mode."""

    COLUMNS = ("trials", "rows", "kept", "undetermined", "settled", "turned", "findings", "unseen", "as whole",
               "gone", "mispaired")

    def __init__(self):
        for column in self.COLUMNS:
            setattr(self, column, 0)

    def add(self, other):
        for column in self.COLUMNS:
            setattr(self, column, getattr(self, column) + getattr(other, column))


def check(program, trials):
    """Tallies by mode, failures, and what is none but worth a look. The whole of each conversation is among them."""
    program.put_to(trials)
    tallies = {trial.mode: Tally() for trial in trials}
    failures, wrong = [], {}
    for trial in trials:
        if trial.mode == "whole":
            failures += faults_of_whole(trial)
    for failure in failures:
        wrong.setdefault(failure.trial.subject, set()).add(failure.what)
    inherited = []
    for trial in trials:
        if trial.mode != "whole":
            for failure in faults(trial):
                (inherited if failure.what in wrong.get(trial.subject, ()) else failures).append(failure)
    lessen_all(program, [failure for failure in failures if failure.trial.mode in ONLY_LOSES])
    unseen = [failure for failure in failures if is_unseen(failure)]
    failures = [failure for failure in failures if failure not in unseen]
    notes = [("unseen", failure) for failure in unseen]
    for failure in inherited:
        setattr(tallies[failure.trial.mode], "as whole", getattr(tallies[failure.trial.mode], "as whole") + 1)
    for failure in unseen:
        tallies[failure.trial.mode].unseen += 1
    for failure in failures:
        if failure.kind == "finding":
            tallies[failure.trial.mode].findings += 1
    bad = {(failure.trial, failure.what): failure.kind for failure in failures if failure.kind != "finding"}
    for trial in trials:
        notes += [("mispaired", failure) for failure in count_rows(trial, tallies[trial.mode], bad)]
    return tallies, failures, notes


def count_rows(trial, tally, bad):
    """Yields requests that have somebody else's response."""
    seen = set()
    tally.trials += 1
    for row in trial.rows:
        target, verdict = trial.target(row), row[3]
        if not target:
            continue
        tally.rows += 1
        seen.add(target)
        kind = bad.get((trial, target))
        if kind in ("turned", "verdict"):
            tally.turned += 1
        elif kind == "settled":
            tally.settled += 1
        elif verdict == OPEN and not any(r[0] == OPEN for r in trial.subject.rows.get(target, ())):
            tally.undetermined += 1
        else:
            tally.kept += 1
        if verdict != OPEN and paired_wrongly(trial, row):
            tally.mispaired += 1
            yield Failure(trial, "mispaired", target, f"{verdict} {row[4]}", trial.subject.rows.get(target, ()))
    tally.gone += len(trial.subject.rows.keys() - seen)


def describe(failure):
    """What kind of failure: what was true, what was said, and which packets it took."""
    lost = ""
    if failure.least is not None:
        lost = " without " + " ".join(packet_kind(failure.trial.subject, n) for n in failure.least[:6])
    right = "/".join(sorted({" ".join(r) if isinstance(r, tuple) else r for r in failure.right}))
    what = failure.what if failure.kind == "finding" else f"{right} -> {failure.said}"
    return f"{failure.kind}: {what}{lost}"


def packet_kind(subject, number):
    segment = subject.segments[number]
    kind = "".join(n for n, bit in (("SYN", 2), ("FIN", 1), ("RST", 4)) if segment.flags & bit)
    return ("server:" if segment.side else "client:") + (kind + ("data" if segment.data else "") or "ack")
