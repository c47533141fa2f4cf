#!/bin/sh
# The pages show what the program does. Each command of a block that begins with "$ " runs in the
# top directory. Its output, standard error included, must be the text below it. A line "..." stands
# for any number of lines. Files that the pages refer to must exist.
set -eu
. "${srcdir:-$(dirname "$0")/..}/tests/lib.sh"
export LC_ALL=C

mkdir "$work/bin"
ln -s "$CONNAUDIT" "$work/bin/connaudit"
PATH=$work/bin:$PATH
export PATH
cd "$top"

# Writes each command to NUMBER.command, and the text below it to NUMBER.shown.
count=$(awk -v work="$work/" '
    /^```/ {
        shows = 0
        inside = !inside
        next
    }
    inside && /^\$ / {
        shows = 1
        count++
        name = work count
        print FILENAME > (name ".page")
        print substr($0, 3) > (name ".command")
        printf "" > (name ".shown")
        next
    }
    shows { print > (name ".shown") }
    END { print count + 0 }
' README.md docs/*.md)

# agrees SHOWN PRINTED
agrees() {
    awk '
        FILENAME == ARGV[1] { shown[++wanted] = $0; next }
        { printed[++got] = $0 }
        # Compares from line i of the shown text and line j of the printed text on.
        function fits(i, j) {
            for (; i <= wanted && shown[i] != "..."; i++)
                if (j > got || shown[i] != printed[j++]) return 0
            if (i > wanted) return j > got
            for (; j <= got + 1; j++)
                if (fits(i + 1, j)) return 1
            return 0
        }
        END { exit !fits(1, 1) }
    ' "$1" "$2"
}

for page in README.md ARCHITECTURE.md CONTRIBUTING.md docs/*.md samples/README.md; do
    for link in $(grep -o '](\([^)#:]*\))' "$page" | sed 's/^](//; s/)$//'); do
        [ -e "$(dirname "$page")/$link" ] && continue
        fail "$page: there is no $link"
    done
done

number=0
while [ "$number" -lt "$count" ]; do
    number=$((number + 1))
    this=$work/$number
    # The pages do not show the exit status.
    sh "$this.command" >"$this.printed" 2>&1 </dev/null || :
    if ! agrees "$this.shown" "$this.printed"; then
        fail "$(cat "$this.page"): \$ $(cat "$this.command")"
        diff "$this.shown" "$this.printed" || :
    fi
done
[ "$count" -gt 0 ] || die "the pages show no command"
finish "$count commands"
