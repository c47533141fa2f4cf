"""Clients that keep connections as pools do: crowd.py ADDRESS PORT IDLES LEAVE CONNECTIONS SECONDS [SEED]

CONNECTIONS connections to one server, twenty-four at a time or fewer. On each, requests follow one
another after idle times drawn from IDLES, until one of these ends it, and the log says which:

  idle    the server closed it while it was idle (the client waits for that, and never for long)
  told    the response said close
  left    the client closed it after an idle time, which it does with the probability LEAVE
  lost    a request was not answered
  open    SECONDS were over; it is left as it is until the program is killed

IDLES is one of uniform:LOW,HIGH  exponential:MEAN  bursty:LOW,HIGH (every other idle time is below a
tenth of a second, the others are uniform)  fixed:TIME. The same SEED draws the same times.
"""
import asyncio
import random
import sys
import time

AT_A_TIME = 24
PATIENCE = 20.0


def log(port, text):
    print("%.6f %d %s" % (time.time(), port, text), file=sys.stderr, flush=True)


def idle_times(text, rng):
    kind, _, numbers = text.partition(":")
    values = [float(number) for number in numbers.split(",")]
    while True:
        if kind == "fixed":
            yield values[0]
        elif kind == "exponential":
            yield rng.expovariate(1 / values[0])
        elif kind == "bursty" and rng.random() < 0.5:
            yield rng.uniform(0.01, 0.1)
        else:
            yield rng.uniform(*values)


async def fetch(reader, writer, fields=""):
    """Asks and reads the answer: its status and whether it says close; None: there was none."""
    writer.write(("GET / HTTP/1.1\r\nHost: example.test\r\n%s\r\n" % fields).encode())
    try:
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), PATIENCE)
        lines = head.decode("latin-1").lower().split("\r\n")
        values = dict(line.split(": ", 1) for line in lines[1:] if ": " in line)
        await reader.readexactly(int(values.get("content-length", 0)))
    except (asyncio.IncompleteReadError, asyncio.TimeoutError, ConnectionError):
        return None
    return int(lines[0].split(" ")[1]), values.get("connection") == "close"


async def converse(reader, writer, idles, leave, rng, end):
    """One connection; returns what ended it and the idle time before that."""
    idle = 0.0
    port = writer.get_extra_info("sockname")[1]
    while True:
        answer = await fetch(reader, writer)
        if answer is None:
            return "lost", idle
        log(port, "%d after %.3f" % (answer[0], idle))
        begun = time.monotonic()
        idle = 0.0 if answer[1] else next(idles)
        if begun + idle > end and not answer[1]:
            idle = max(end - begun, 0.0)
        try:
            await asyncio.wait_for(reader.read(1), PATIENCE if answer[1] else idle)
            return "told" if answer[1] else "idle", time.monotonic() - begun
        except ConnectionError:
            return "reset", time.monotonic() - begun
        except asyncio.TimeoutError:
            pass
        if time.monotonic() >= end:
            return "open", time.monotonic() - begun
        if rng.random() < leave:
            return "left", time.monotonic() - begun


async def worker(number, target, idles, leave, budget, end, kept):
    rng = random.Random(number)
    times = idle_times(idles, rng)
    await asyncio.sleep(rng.random())
    while budget and time.monotonic() < end:
        budget.pop()
        reader, writer = await asyncio.open_connection(*target)
        port = writer.get_extra_info("sockname")[1]
        how, idle = await converse(reader, writer, times, leave, rng, end)
        log(port, "%s after %.3f" % (how, idle))
        if how == "open":
            kept.append(writer)
            break
        writer.close()


async def main():
    address, port, idles, leave, connections, seconds = sys.argv[1:7]
    seed = int(sys.argv[7]) if len(sys.argv) > 7 else 1
    budget, kept = [None] * int(connections), []
    end = time.monotonic() + float(seconds)
    await asyncio.gather(*(worker(seed * 1000 + number, (address, int(port)), idles, float(leave),
                                  budget, end, kept) for number in range(AT_A_TIME)))
    log(0, "done, %d open" % len(kept))
    if kept:
        await asyncio.sleep(PATIENCE)


if __name__ == "__main__":
    asyncio.run(main())
