#!/bin/sh
# A run that is stopped keeps what it has read, and a live capture shows its rows as they become
# final.
set -eu
. "${srcdir:-$(dirname "$0")/..}/tests/lib.sh"
sample=$top/samples/close-declared-and-left-to-the-client.pcap
contradicted=$top/samples/close-declared-then-reused.pcap
[ -f "$sample" ] && [ -f "$contradicted" ] || die "the samples are not there"
cd "$work"

# Python is what starts and stops processes here: a shell that runs in the background starts its
# children with SIGINT ignored.
cat >stop.py <<'END'
import os, select, signal, subprocess, sys, time

program, sample = sys.argv[1], sys.argv[2]
data = open(sample, 'rb').read()
failures = 0

# Whoever runs the tests may have signals ignored (nohup), which children take over.
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, signal.SIG_DFL)

def check(condition, text):
    global failures
    if not condition:
        print(text)
        failures += 1

def start(*arguments, stdin=subprocess.PIPE, **more):
    return subprocess.Popen([program, *arguments], stdin=stdin, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, start_new_session=True, **more)

def caught(process, number):
    """Waits until the process has a handler for the signal, so that it cannot die of it."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        with open('/proc/%d/status' % process.pid) as status:
            masks = dict(line.split(':', 1) for line in status)
        if int(masks['SigCgt'], 16) >> (number - 1) & 1:
            return
        time.sleep(0.01)
    check(False, 'no handler of signal %d' % number)

def gives_rows(process, rows, seconds):
    """What the process has written when it has written that many lines or the time is over."""
    text, end = b'', time.monotonic() + seconds
    while text.count(b'\n') < rows and time.monotonic() < end:
        if select.select([process.stdout], [], [], 0.1)[0]:
            text += os.read(process.stdout.fileno(), 65536)
    return text

def stopped(process):
    """Its errors when it has ended with its standard input still open."""
    try:
        process.wait(60)
    except subprocess.TimeoutExpired:
        check(False, 'it does not end')
        process.kill()
    process.stdin.close()
    return process.stderr.read()

def feed(process, data):
    process.stdin.write(data)
    process.stdin.flush()

whole = subprocess.run([program, '-q', sample], stdout=subprocess.PIPE, check=True).stdout
whole = whole.replace(os.path.basename(sample).encode(), b'-').replace(
    os.path.dirname(sample).encode() + b'/', b'')

# Rows come while the writer is still there, also when a packet has come only in part.
for size in (len(data), len(data) - 1):
    live = start('-q', '-f', 'csv', '-')
    feed(live, data[:size])
    lines = whole.count(b'\n') if size == len(data) else 0
    if lines:
        check(gives_rows(live, lines, 60) == whole, 'a live capture: the rows do not come at once')
    live.stdin.close()
    out = live.stdout.read()
    check(live.wait() == 0, 'a live capture: status %d' % live.returncode)
    if not lines:
        check(out.count(b'\n') == whole.count(b'\n'), 'a cut live capture: %r' % out)

# The first signal: the pipe is read on for a second without data, then the run is interrupted.
for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    live = start('-f', 'csv', '-')
    feed(live, data)
    gives_rows(live, whole.count(b'\n'), 60)
    begun = time.monotonic()
    live.send_signal(number)
    errors = stopped(live)
    took = time.monotonic() - begun
    check(live.returncode == 1, '%s: status %d' % (number, live.returncode))
    check(0.9 < took, '%s: ended after %.1f s' % (number, took))
    check(b'interrupted' in errors, '%s: %r' % (number, errors))

# The writer ends at the signal as well, and gives what it still has: nothing was lost.
live = start('-q', '-f', 'csv', '-')
feed(live, data[:len(data) // 2])
caught(live, signal.SIGINT)
live.send_signal(signal.SIGINT)
time.sleep(0.3)
out, errors = live.communicate(data[len(data) // 2:])
check(live.returncode == 0 and out == whole and not errors,
      'a writer that flushes: status %d, %r %r' % (live.returncode, out, errors))

# A second SIGINT ends it at once, and leaves no file; so does another signal a second later.
for first, wait, second in ((signal.SIGINT, 0.1, signal.SIGINT), (signal.SIGTERM, 1.2, signal.SIGTERM)):
    live = start('-q', '-o', 'twice', '-')
    feed(live, data)
    caught(live, first)
    live.send_signal(first)
    end = time.monotonic() + wait
    while time.monotonic() < end:
        feed(live, data[24:])  # it does not wait for a second without data
        time.sleep(0.1)
    live.send_signal(second)
    live.stdin.flush()
    try:
        live.wait(60)
    except subprocess.TimeoutExpired:
        pass
    check(live.poll() == -second, 'a second signal: status %r' % live.poll())
    check(not os.path.exists('twice'), 'a second signal leaves files')
    live.kill()
    live.wait()

# Two signals of one timeout(1) are one. A busy machine may let them come far apart: then again.
for attempt in range(20):
    live = start('-q', '-f', 'csv', '-')
    feed(live, data)
    gives_rows(live, whole.count(b'\n'), 60)
    live.send_signal(signal.SIGINT)
    time.sleep(0.005)  # so that the second comes while it waits for last bytes
    live.send_signal(signal.SIGINT)
    stopped(live)
    if live.returncode != -signal.SIGINT:
        break
check(live.returncode == 1, 'two signals at once: status %d' % live.returncode)

# A run that was stopped is status 1, also if --fail-on matches: more might have come.
live = start('-q', '-f', 'csv', '--fail-on=contradicted', '-')
feed(live, data)
gives_rows(live, whole.count(b'\n'), 60)
live.send_signal(signal.SIGINT)
stopped(live)
check(live.returncode == 1, '--fail-on: status %d' % live.returncode)

# The reports of a directory are whole, and the manifest says why they end where they do.
live = start('-q', '-o', 'stopped', '-')
feed(live, data)
caught(live, signal.SIGTERM)
live.send_signal(signal.SIGTERM)
stopped(live)
check(live.returncode == 1, '-o: status %d' % live.returncode)
manifest = open('stopped/manifest.json').read()
check('"ended" : "interrupted"' in manifest and '"end" : "interrupted"' in manifest, '-o: manifest')
check(open('stopped/connections.csv', 'rb').read() == whole, '-o: connections')

# Signals that are ignored stay so.
live = start('-q', '-f', 'csv', '-', preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
feed(live, data)
time.sleep(0.2)
live.send_signal(signal.SIGHUP)
time.sleep(1.3)
out, errors = live.communicate()
check(live.returncode == 0 and out == whole, 'nohup: status %d' % live.returncode)

sys.exit(failures > 0)
END
if command -v python3 >/dev/null; then
    gzip -cd "$top/samples/timeouts/proxy-waits-longer-than-its-backend.pcap.gz" >real.pcap
    for jobs in 1 3; do
        rm -rf stopped
        printf '#!/bin/sh\nexec "%s" --jobs=%s "$@"\n' "$CONNAUDIT" "$jobs" >"jobs$jobs"
        chmod +x "jobs$jobs"
        python3 stop.py "$PWD/jobs$jobs" "$contradicted" || fail "signals, $jobs threads"
        # At any moment: whole files or none, and all rows that were final.
        python3 "$top/tests/moments.py" "$PWD/jobs$jobs" real.pcap 10 "$jobs" ||
            fail "a signal at any moment, $jobs threads"
        # A terminal signals the whole pipeline.
        python3 "$top/tests/live.py" "$PWD/jobs$jobs" real.pcap ||
            fail "a signal to a pipeline, $jobs threads"
    done
else
    echo "no python3: signals are not tried"
fi

# A reader that has seen enough is no error.
i=0
while [ "$i" -lt 9 ]; do
    cat "$contradicted" >"copy$i.pcap"
    i=$((i + 1))
done
{
    status=0
    "$CONNAUDIT" -f csv --separate copy?.pcap 2>errors || status=$?
    echo "$status" >status
} | true
[ "$(cat status)" = 0 ] || fail "a closed pipe: status $(cat status)"
finish
