#!/bin/sh
# The man page documents exactly the options that --help lists, with the same argument names. It
# belongs to this version.
set -eu
. "${srcdir:-$(dirname "$0")/..}/tests/lib.sh"
man=$top/doc/connaudit.1

"$CONNAUDIT" --help >"$work/help"

# "-r --report=NAME", one option a line.
sed -n 's/^ *\(-[A-Za-z?], \)\{0,1\}\(--[a-z-]*\(=[A-Z]*\)\{0,1\}\).*/\1\2/p' "$work/help" |
    tr -d , | sort >"$work/help.options"
sed -n '/^\.SH OPTIONS/,/^\.SH READING/p' "$man" | sed -n '/^\.TP/{n;p;}' |
    sed -e 's/\\f[A-Z]//g' -e 's/\\-/-/g' -e 's/^\.BR* *//' -e 's/ *", " */ /g' | sort >"$work/man.options"

[ -s "$work/help.options" ] || die "--help lists no options"
diff -u "$work/help.options" "$work/man.options"

version=$("$CONNAUDIT" --version | head -n 1)
grep -q "^\.TH CONNAUDIT 1 \"[^\"]*\" \"$version\"" "$man" ||
    die "the man page is not that of $version"
