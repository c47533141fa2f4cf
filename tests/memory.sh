#!/bin/sh
# --max-memory bounds the whole process, and nobody erases somebody else's evidence cheaply.
set -eu
. "${srcdir:-$(dirname "$0")/..}/tests/lib.sh"
if ! command -v python3 >/dev/null; then
    echo "there is no python3 here"
    exit 77
fi
python3 "$top/tests/memory.py" "$CONNAUDIT" "$work" || fail "memory"
finish
