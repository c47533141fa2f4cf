#!/bin/sh
# Makes ./configure from configure.ac in a fresh checkout. Installs nothing.
set -eu
cd "$(dirname "$0")"
for tool in autoconf automake pkg-config; do
    if ! command -v "$tool" >/dev/null 2>&1; then
        echo "autogen.sh: $tool is missing" >&2
        exit 1
    fi
done
exec autoreconf --install
