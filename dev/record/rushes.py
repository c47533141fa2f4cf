"""Rushes of short-lived clients: rushes.py ADDRESS PORT LOW,HIGH CLIENTS SECONDS [SEED]

In each rush CLIENTS clients, spread over a fifth of a second, connect, ask once with `Connection: close`
and log the status; the next rush begins LOW to HIGH seconds after the last one began. Behind a proxy
that pools connections, these become requests after idle times of about LOW to HIGH.
"""
import asyncio
import random
import sys
import time

from crowd import fetch, log


async def client(target, delay):
    await asyncio.sleep(delay)
    reader, writer = await asyncio.open_connection(*target)
    port = writer.get_extra_info("sockname")[1]
    answer = await fetch(reader, writer, "Connection: close\r\n")
    log(port, "client had %s" % (answer[0] if answer else "nothing"))
    writer.close()


async def main():
    address, port, gaps, clients, seconds = sys.argv[1:6]
    rng = random.Random(int(sys.argv[6]) if len(sys.argv) > 6 else 1)
    low, high = (float(gap) for gap in gaps.split(","))
    end = time.monotonic() + float(seconds)
    running = []
    while time.monotonic() < end:
        running += [asyncio.create_task(client((address, int(port)), rng.uniform(0, 0.2)))
                    for _ in range(int(clients))]
        await asyncio.sleep(rng.uniform(low, high))
    await asyncio.gather(*running)


asyncio.run(main())
