#!/bin/sh
# The man page documents exactly the options that --help lists, with the same argument names, and
# is that of this version.
set -eu
man=${srcdir:-$(dirname "$0")/..}/doc/connaudit.1
: "${CONNAUDIT:?is the program to test}"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

"$CONNAUDIT" --help >"$work/help"

# "-r --report=NAME", one option a line.
sed -n 's/^ *\(-[A-Za-z?], \)\{0,1\}\(--[a-z-]*\(=[A-Z]*\)\{0,1\}\).*/\1\2/p' "$work/help" |
    tr -d , | sort >"$work/help.options"
sed -n '/^\.SH OPTIONS/,/^\.SH READING/p' "$man" | sed -n '/^\.TP/{n;p;}' |
    sed -e 's/\\f[A-Z]//g' -e 's/\\-/-/g' -e 's/^\.BR* *//' -e 's/ *", " */ /g' | sort >"$work/man.options"

if [ ! -s "$work/help.options" ]; then
    echo "--help lists no options"
    exit 1
fi
diff -u "$work/help.options" "$work/man.options"

version=$("$CONNAUDIT" --version | head -n 1)
grep -q "^\.TH CONNAUDIT 1 \"[^\"]*\" \"$version\"" "$man" || {
    echo "the man page is not that of $version"
    exit 1
}
