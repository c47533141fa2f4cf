# What every shell test begins with. A test sources this file before anything else:
#
#     set -eu
#     . "${srcdir:-$(dirname "$0")/..}/tests/lib.sh"
#
# It then has these variables and functions:
#
#     $top        the top directory of the sources, an absolute path
#     $CONNAUDIT  the program to test, an absolute path
#     $work       an empty directory; it is removed when the test ends
#     fail        counts a failure and prints why; the test goes on
#     die         prints why and ends the test as failed
#     finish      ends the test: failed if fail was called, passed if not
top=$(cd "${srcdir:-$(dirname "$0")/..}" && pwd)
: "${CONNAUDIT:?must name the program to test}"
case $CONNAUDIT in
/*) ;;
*) CONNAUDIT=$PWD/$CONNAUDIT ;;
esac

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
work=$scratch/work
mkdir "$work"
: >"$scratch/failures"

# fail TEXT...: the count is a file, so that a failure in a pipe or a subshell counts too.
fail() {
    echo "$*"
    echo failed >>"$scratch/failures"
}

# die TEXT...: for a failure after which the rest of the test has no meaning.
die() {
    echo "$*"
    exit 1
}

# finish [TEXT]: TEXT says how much the test has done, for example "12 samples".
finish() {
    failed=$(wc -l <"$scratch/failures" | tr -d ' ')
    echo "${1:+$1, }$failed failures"
    [ "$failed" -eq 0 ] || exit 1
    exit 0
}

# holds DIR NAME...: the directory holds these files, sorted by name, and nothing else.
holds() {
    dir=$1
    shift
    [ "$(LC_ALL=C ls -A "$dir" 2>/dev/null | tr '\n' ' ')" = "${*:+$* }" ] ||
        fail "$dir: holds $(ls -A "$dir" | tr '\n' ' ')instead of $*"
}

# empty_capture FILE: writes a capture without a frame: little-endian pcap 2.4, Ethernet.
empty_capture() {
    printf '\324\303\262\241\002\000\004\000\000\000\000\000\000\000\000\000\377\377\000\000\001\000\000\000' >"$1"
}
