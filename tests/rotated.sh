#!/bin/sh
# A real capture in twenty rotated files is judged as it is whole, and every frame that a report, a
# filter or a page names is the very packet. With --tshark, tshark applies the filters, too.
set -eu
. "${srcdir:-$(dirname "$0")/..}/tests/lib.sh"
if ! command -v python3 >/dev/null; then
    echo "there is no python3 here"
    exit 77
fi
gzip -cd "$top/samples/timeouts/proxy-waits-longer-than-its-backend.pcap.gz" >"$work/real.pcap"
python3 "$top/tests/rotated.py" "$CONNAUDIT" "$work/real.pcap" "$@" || fail "rotated files"
finish
