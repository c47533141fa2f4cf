"""A link with a delay: relay.py tap|tun DELAY NAME-A NAME-B [lose-fin]

Makes two tap (Ethernet) or tun (bare IP) devices and carries every packet from one to the other,
DELAY seconds later, in order. The devices may be moved into namespaces while it runs. It stands in
for `tc netem`, which not every kernel has. lose-fin: the first FIN from B is lost (tap and IPv4 only).
"""
import collections
import fcntl
import os
import select
import struct
import sys
import time

TUNSETIFF, IFF_TUN, IFF_TAP, IFF_NO_PI = 0x400454CA, 0x0001, 0x0002, 0x1000
IDLE_LIMIT = 120.0


def device(name, flag):
    fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(fd, TUNSETIFF, struct.pack("16sH22x", name.encode(), flag | IFF_NO_PI))
    return fd


def is_fin(frame):
    if len(frame) < 54 or frame[12:14] != b"\x08\x00" or frame[23] != 6:
        return False
    return bool(frame[14 + (frame[14] & 15) * 4 + 13] & 1)


def forward(queue, now):
    """Writes what is due; returns the seconds until the next packet is, or None."""
    while queue and queue[0][0] <= now:
        _, fd, packet = queue.popleft()
        try:
            os.write(fd, packet)
        except OSError:
            pass  # the device is down: the packet is lost, as on a wire
    return queue[0][0] - now if queue else None


def main():
    flag = IFF_TAP if sys.argv[1] == "tap" else IFF_TUN
    delay = float(sys.argv[2])
    a, b = device(sys.argv[3], flag), device(sys.argv[4], flag)
    lose_fin = sys.argv[5:] == ["lose-fin"]
    print("ready", flush=True)
    other = {a: b, b: a}
    queue = collections.deque()
    end = time.monotonic() + IDLE_LIMIT
    while time.monotonic() < end:
        wait = forward(queue, time.monotonic())
        readable, _, _ = select.select([a, b], [], [], 1.0 if wait is None else wait)
        now = time.monotonic()
        for fd in readable:
            try:
                packet = os.read(fd, 4096)
            except OSError:
                time.sleep(0.005)  # down, while it is being moved
                continue
            if lose_fin and fd == b and is_fin(packet):
                lose_fin = False
            else:
                queue.append((now + delay, other[fd], packet))


main()
