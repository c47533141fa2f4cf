"""What the peers' logs say of a recording of many connections: tally.py NAME=CLIENT-LOG…

Prints a row per log, for samples/timeouts.csv: how often each of crowd.py's endings happened, the
statuses that clients had, and the extremes of the idle times after which the server closed (as
the client measured them), and the longest that was survived. Nothing here reads a capture.
"""
import collections
import sys


def tally(path):
    count, requests, idles, survived = collections.Counter(), collections.Counter(), [], [0.0]
    on_port = collections.Counter()
    for line in open(path):
        _, port, text = line.split(" ", 2)
        words = text.split()
        if words[0] == "client":
            count["status " + words[2]] += 1
        elif words[0].isdigit():
            count["exchanges"] += 1
            on_port[port] += 1
            survived.append(float(words[2]))
        elif words[0] != "done,":
            count[words[0]] += 1
            if words[0] == "told":
                requests[on_port[port]] += 1
            if words[0] == "idle":
                idles.append(float(words[2]))
    return count, requests, sorted(idles), max(survived)


for argument in sys.argv[1:]:
    name, _, path = argument.partition("=")
    count, requests, idles, survived = tally(path)
    print(name, " ".join("%s=%d" % item for item in sorted(count.items())),
          "told-after=%s" % dict(requests),
          "idle=%.3f..%.3f median %.3f" % (idles[0], idles[-1], idles[len(idles) // 2]) if idles else "",
          "survived<=%.3f" % survived)
