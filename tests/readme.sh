#!/bin/sh
# What the pages show is what the program does: each command of a block that begins with "$ " is run in
# the top directory, and what it prints, on both outputs, is what stands below it. A line "..." stands
# for any number of lines. And what the pages refer to is there.
set -eu
. "${srcdir:-$(dirname "$0")/..}/tests/lib.sh"
export LC_ALL=C

mkdir "$work/bin"
ln -s "$CONNAUDIT" "$work/bin/connaudit"
PATH=$work/bin:$PATH
export PATH
cd "$top"

# Each command to NUMBER.command, what stands below it to NUMBER.shown.
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
        # From line i of what is shown and line j of what was printed on.
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
    # Of a status nothing is shown.
    sh "$this.command" >"$this.printed" 2>&1 </dev/null || :
    if ! agrees "$this.shown" "$this.printed"; then
        fail "$(cat "$this.page"): \$ $(cat "$this.command")"
        diff "$this.shown" "$this.printed" || :
    fi
done
[ "$count" -gt 0 ] || die "the pages show no command"
finish "$count commands"
