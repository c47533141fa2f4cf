# Pages that show commands. A shell test sources this file behind tests/lib.sh. Each command of a
# block that begins with "$ " runs in the working directory. Its output, standard error included,
# must be the text below it. A line "..." stands for any number of lines.
mkdir "$scratch/bin" "$scratch/shown"
ln -s "$CONNAUDIT" "$scratch/bin/connaudit"
PATH=$scratch/bin:$PATH
export PATH

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

# run_pages PAGE...: $count is then the number of commands, $absent the number of those that were
# not run because their program is not installed.
run_pages() {
    # Writes each command to NUMBER.command, and the text below it to NUMBER.shown.
    count=$(awk -v work="$scratch/shown/" '
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
    ' "$@")
    [ "$count" -gt 0 ] || die "the pages show no command"
    absent=0
    number=0
    while [ "$number" -lt "$count" ]; do
        number=$((number + 1))
        this=$scratch/shown/$number
        if grep -Eq '(^|\| )(mlr|jq|sqlite3|python3) ' "$this.command" &&
            ! command -v "$(grep -Eo '(^|\| )(mlr|jq|sqlite3|python3) ' "$this.command" |
                head -n 1 | tr -d '| ')" >/dev/null; then
            absent=$((absent + 1))
            continue
        fi
        # The pages do not show the exit status.
        sh "$this.command" >"$this.printed" 2>&1 </dev/null || :
        agrees "$this.shown" "$this.printed" && continue
        fail "$(cat "$this.page"): \$ $(cat "$this.command")"
        diff "$this.shown" "$this.printed" || :
    done
}
