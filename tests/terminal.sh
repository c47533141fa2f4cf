#!/bin/sh
# What a person sees on a terminal of 80 and of 120 columns (tests/golden/terminal), and how rows and
# columns are chosen. With --update, the script writes what is to be seen instead.
set -eu
. "${srcdir:-$(dirname "$0")/..}/tests/lib.sh"
mode=${1:-compare}
cd "$top/samples"

# On a terminal, in colours and without. tmux shows what a person would see.
if command -v tmux >/dev/null; then
    # shows PATTERN: whether the terminal of $socket shows it.
    shows() {
        tmux -S "$socket" capture-pane -p | grep -q "$1"
    }
    # Whether the live capture's rows are there; they stay in $work/live.$width.early.
    twelve_rows() {
        tmux -S "$socket" capture-pane -p >"$work/live.$width.early"
        [ "$(grep -c '^c1-' "$work/live.$width.early")" -ge 12 ]
    }
    # until_it_is_so CONDITION...: waits for a minute at most.
    until_it_is_so() {
        tries=0
        until "$@"; do
            tries=$((tries + 1))
            [ "$tries" -lt 300 ] || return 1
            sleep 0.2
        done
    }
    # screen WIDTH NAME COMMAND: what the command leaves on a terminal.
    screen() {
        socket=$work/tmux.$2.$1
        env -u NO_COLOR LC_ALL=C.UTF-8 tmux -S "$socket" -f /dev/null new-session -d -x "$1" -y 60 \
            "$3; echo; echo END; sleep 100"
        until_it_is_so shows '^END' || :
        tmux -S "$socket" capture-pane -p | sed '/^END/,$d' | sed '$d' >"$work/$2.$1.txt"
        tmux -S "$socket" capture-pane -e -p >"$work/$2.$1.coloured"
        tmux -S "$socket" kill-server 2>/dev/null || :
        if [ "$mode" = --update ]; then
            mkdir -p "$top/tests/golden/terminal"
            cp "$work/$2.$1.txt" "$top/tests/golden/terminal/$2.$1.txt"
        elif ! diff -u "$top/tests/golden/terminal/$2.$1.txt" "$work/$2.$1.txt"; then
            fail "$2 has changed on a terminal of $1 columns"
        fi
    }
    some='close-declared-then-reused.pcap third-of-three-requests-says-close.pcap only-the-servers-direction.pcap'
    for width in 80 120; do
        screen "$width" connections "'$CONNAUDIT' -q $some"
        screen "$width" findings "'$CONNAUDIT' -q -r findings $some"
        screen "$width" no-color "NO_COLOR=1 '$CONNAUDIT' -q $some"
        awk -v width="$width" '{ gsub(/\342\200\246/, "."); if (length($0) > width) exit 1 }' \
            "$work/connections.$width.txt" || fail "a line is longer than $width columns"
    done
    # A live capture: the rows come while its writer is still there, in the order in which they became
    # final. Twelve connections have been closed by both sides then; seven were reset, which may go
    # on for 120 s, and six are open.
    for width in 80 120; do
        socket=$work/tmux.live.$width
        mkfifo "$work/live.$width"
        env -u NO_COLOR LC_ALL=C.UTF-8 tmux -S "$socket" -f /dev/null new-session -d -x "$width" -y 40 \
            "\"$CONNAUDIT\" -q - <\"$work/live.$width\"; echo; echo END; sleep 100"
        exec 3>"$work/live.$width"
        gzip -cd timeouts/proxy-waits-longer-than-its-backend.pcap.gz | head -c 40000 >&3
        until_it_is_so twelve_rows || :
        [ "$(grep -c '^c1-' "$work/live.$width.early")" -eq 12 ] ||
            fail "a live capture on a terminal: $(cat "$work/live.$width.early")"
        exec 3>&-
        until_it_is_so shows '^END' || :
        tmux -S "$socket" capture-pane -p | sed '/^END/,$d' | sed '$d' >"$work/live.$width.txt"
        tmux -S "$socket" kill-server 2>/dev/null || :
        if [ "$mode" = --update ]; then
            cp "$work/live.$width.txt" "$top/tests/golden/terminal/"
        elif ! diff -u "$top/tests/golden/terminal/live.$width.txt" "$work/live.$width.txt"; then
            fail "a live capture has changed on a terminal of $width columns"
        fi
    done
    # Standard input is the terminal: it says what it waits for, and Ctrl-C ends it.
    socket=$work/tmux.waiting
    LC_ALL=C.UTF-8 tmux -S "$socket" -f /dev/null new-session -d -x 80 -y 20 \
        "sh -c 'trap : INT; \"$CONNAUDIT\" -; echo status \$?; sleep 100'"
    for text in 'waiting for a capture on standard input' 'status 1'; do
        until_it_is_so shows "$text" ||
            fail "- on a terminal: no '$text': $(tmux -S "$socket" capture-pane -p)"
        tmux -S "$socket" send-keys C-c
    done
    tmux -S "$socket" kill-server 2>/dev/null || :
    grep -q "$(printf '\033')" "$work/connections.80.coloured" || fail "a terminal has no colours"
    ! grep -q "$(printf '\033')" "$work/no-color.80.coloured" || fail "NO_COLOR has colours"
    [ "$mode" != --update ] || finish
else
    echo "no tmux: terminals are not tried"
fi

# Rows and columns, in every format.
[ "$("$CONNAUDIT" -q --columns=verdict,connection close-declared-then-reused.pcap | tr '\n' ' ')" = \
    'verdict,connection contradicted,c1-1 ' ] || fail "--columns"
[ "$("$CONNAUDIT" -q -f jsonl --columns=exchange,verdict -r exchanges --top=1 \
    third-of-three-requests-says-close.pcap)" = '{"exchange":1,"verdict":"as_declared"}' ] || fail "--top"
"$CONNAUDIT" -q --only=contradicted --columns=verdict ./*.pcap* >"$work/only"
[ "$(sed 1d "$work/only" | sort -u)" = contradicted ] || fail "--only: $(cat "$work/only")"
all=$("$CONNAUDIT" -q --columns=verdict ./*.pcap* | grep -c contradicted)
[ "$all" -gt 10 ] && [ "$(sed 1d "$work/only" | wc -l)" -eq "$all" ] || fail "--only: not $all rows"
"$CONNAUDIT" -q -r findings --only=error,note --columns=severity ./*.pcap* | sed 1d | sort -u >"$work/only"
[ "$(tr '\n' ' ' <"$work/only")" = 'error note ' ] || fail "--only: $(cat "$work/only")"
"$CONNAUDIT" -q --top=1000 --columns=verdict ./*.pcap* | sed 1d | uniq >"$work/order"
[ "$(tr '\n' ' ' <"$work/order")" = 'contradicted undetermined as_declared ' ] || fail "--top: $(cat "$work/order")"
"$CONNAUDIT" -q --top=3 ./*.pcap* | sed 1d >"$work/three"
"$CONNAUDIT" -q --top=1000 ./*.pcap* | sed 1d | head -n 3 | diff - "$work/three" || fail "--top=3"
"$CONNAUDIT" -q -f table --color=always close-declared-then-reused.pcap |
    grep -q "$(printf '\033\\[31mcontradicted')" || fail "--color=always"
# No table with addresses of IPv4 is wider than the terminal, not even a chart.
for report in connections exchanges findings servers pairs hops idle inputs; do
    for width in 80 100 120; do
        COLUMNS=$width "$CONNAUDIT" -q -f table -r $report close*.pcap hops/*.pcap timeouts/proxy-waits*.gz >"$work/table"
        awk -v width=$width '{ gsub(/\342\200\246/, ".") } length($0) > width { print; exit 1 }' "$work/table" ||
            fail "-f table -r $report: a line of more than $width columns"
        [ "$(wc -l <"$work/table")" -gt 3 ] || fail "-r $report has few rows"
    done
done
# A table without a row says why if that is known.
[ "$(COLUMNS=80 "$CONNAUDIT" -q -f table -r hops close-declared-then-reused.pcap)" = \
    '0 hops: no proxy was seen from both of its sides.' ] || fail "no hops"
[ "$(COLUMNS=80 "$CONNAUDIT" -q -f table -r findings --only=note close-declared-then-reused.pcap)" = '0 findings.' ] ||
    fail "no findings"
[ "$(COLUMNS=80 "$CONNAUDIT" -q -f table -F 'port 1' close-declared-then-reused.pcap)" = \
    '0 connections with HTTP. -a lists the others, too.' ] || fail "no connections"
# A narrow one shows when a connection began, its host, and who closed it.
[ "$(COLUMNS=80 "$CONNAUDIT" -q -f table close-declared-then-reused.pcap | sed -n 2,3p | tr -s ' ' | tr '\n' '/')" = \
    'connection time host by verdict cause/c1-1 17:47:46 example.test server contradicted reused_after_close/' ] ||
    fail "80 columns: $(COLUMNS=80 "$CONNAUDIT" -q -f table close-declared-then-reused.pcap)"

# One row, and one field that is empty.
[ "$("$CONNAUDIT" -q -f table --columns=idle_s close-declared-but-left-open.pcap | tr '\n' '/')" = \
    'idle_s//1 connection. All rows and columns: -f csv/' ] || fail "-f table: one empty field"
[ "$("$CONNAUDIT" -q -f table -r servers --columns=server_port close-declared-but-left-open.pcap | tail -n 1)" = \
    '1 server. All rows and columns: -f csv' ] || fail "-f table: one server"

# A table has at most 1,000 rows, the worst of all, and says so; --top has no such bound.
"$CONNAUDIT" -q -f table ./*.pcap* timeouts/*.pcap* >"$work/many"
all=$("$CONNAUDIT" -q --columns=verdict ./*.pcap* timeouts/*.pcap* | sed 1d | tee "$work/verdicts" | wc -l)
bad=$(grep -c contradicted "$work/verdicts")
[ "$all" -gt 1000 ] && [ "$(tail -n 1 "$work/many")" = \
    "1,000 of $(echo "$all" | sed 's/...$/,&/') connections, the worst first. All rows and columns: -f csv" ] ||
    fail "-f table of $all rows: $(tail -n 1 "$work/many")"
[ "$(grep -c '^c[0-9]' "$work/many")" -eq 1000 ] && [ "$(grep -c contradicted "$work/many")" -eq "$bad" ] ||
    fail "-f table: not 1,000 rows, or not all $bad contradicted ones"
[ "$("$CONNAUDIT" -q -f table --top=1050 ./*.pcap* timeouts/*.pcap* | grep -c '^c[0-9]')" -eq 1050 ] || fail "--top=1050"

# -rservers, options that are unknown, and values that are none.
"$CONNAUDIT" -q -rservers close-declared-then-reused.pcap | grep -q '^server_ip' || fail "-rservers"
"$CONNAUDIT" -qrpairs close-declared-then-reused.pcap | grep -q '^client_ip' || fail "-qrpairs"
[ "$("$CONNAUDIT" -V)" = "$("$CONNAUDIT" --version)" ] || fail "-V"
[ "$("$CONNAUDIT" --version | wc -l)" -eq 13 ] || fail "--version does not name all libraries"
"$CONNAUDIT" --help | awk 'length($0) > 80 { print; exit 1 }' || fail "--help is too wide"

# refuses WORDS OPTION...
refuses() {
    words=$1
    shift
    status=0
    "$CONNAUDIT" "$@" close-declared-then-reused.pcap >"$work/out" 2>"$work/errors" || status=$?
    [ "$status" -eq 2 ] && grep -q "$words" "$work/errors" || fail "$*: status $status, $(cat "$work/errors")"
}
refuses 'help lists' --nonsense
refuses 'help lists' -Z
refuses "no column 'nonsense' (docs/reports.md)" --columns=connection,nonsense
refuses "no column 'vedict'; near ones: verdict (docs" --columns='connection, vedict'
refuses "no column 'VERDICT'; near ones: verdict (docs" --columns=VERDICT
refuses "columns names 'verdict' twice" --columns=verdict,cause,verdict
refuses "no column 'method', but -r exchanges has" --columns=method
refuses "no column ''" --columns=connection,,verdict
refuses 'Unknown option --colums=a; near ones: --columns (' --colums=a
refuses 'Unknown option --nonsense (' --nonsense
refuses 'only takes a list' --only=bad
refuses 'top takes a number' --top=0
refuses 'not with --output' -o "$work/new" --top=1
refuses 'not with --output' -o "$work/new" -f table
refuses 'not both' -o "$work/new" -f sqlite --sqlite="$work/new.db"
refuses 'sqlite is for' -f sqlite
refuses 'takes the name of a file' --sqlite=
refuses 'not with --output' --show=1 --sqlite="$work/new.db"
refuses 'not both' -o "$work/new" --no-html --html="$work/new.html"
refuses 'no-html is for' --no-html
refuses 'takes the name of a file' --html=here/
refuses 'with --show' --show=1 -f csv
refuses 'with --show' -f mermaid
refuses 'with --show' -o "$work/new" -f json
refuses '> report.csv' -o report.csv
refuses 'only is for' -r inputs --only=error
refuses 'only is for' -r pairs --only=contradicted
refuses 'findings have no verdict: --only takes error, warning and note' -r findings --only=contradicted
refuses 'findings have no verdict' -r findings --only=contradicted,error
refuses 'servers have no severity: --only takes as_declared' -r servers --only=error
refuses 'near ones: keepalive-race' --explain=keepalive-rave
refuses 'character 3' --match='/a(b/'
refuses 'syntax error' -F 'port and'
refuses 'has "prot", which is no word of filters (near ones: proto, port) and no address; names' -F 'tcp prot 80'
refuses 'has "example.com", which is no word of filters and no address; names of hosts' -F 'host example.com'
# Blanks in lists are none of the words.
"$CONNAUDIT" -q --columns=' connection, verdict ' --only='contradicted, error' close-declared-then-reused.pcap >"$work/out"
[ "$(head -n 1 "$work/out")" = connection,verdict ] && [ "$(wc -l <"$work/out")" -eq 2 ] ||
    fail "blanks in lists: $(cat "$work/out")"
[ ! -e "$work/new" ] || fail "wrong usage left a directory"

# Below the threshold of a timeout the summary gives the facts, which are those of the report servers.
"$CONNAUDIT" -r servers --columns=idle_close_n,inferred_timeout_s timeouts/too-few-idle-closes.pcap.gz \
    >"$work/few" 2>"$work/errors"
closes=$(sed -n '2s/,.*//p' "$work/few")
[ "$closes" -gt 0 ] && [ "$closes" -lt 10 ] || fail "too few: $(cat "$work/few")"
grep -q "idle closes .* $closes idle closes after [0-9.]* " "$work/errors" ||
    fail "too few idle closes: $(cat "$work/errors")"
"$CONNAUDIT" ipv6-idle-timeout.pcap 2>"$work/errors" >"$work/out"
grep -q 'idle closes .* 1 idle close after 2\.0 s: too few' "$work/errors" ||
    fail "one idle close: $(cat "$work/errors")"
# A page says what would settle an undetermined verdict.
"$CONNAUDIT" --show=c1-1 only-the-servers-direction.pcap | grep -q 'to settle it *the other direction' ||
    fail "--show does not say what is lacking"

# What people have in their hands instead of a capture is named.
names() {
    printf "$1" >"$work/foreign"
    "$CONNAUDIT" "$work/foreign" >"$work/out" 2>"$work/errors" && fail "$2 is read" || :
    grep -q "$2" "$work/errors" || fail "$2: $(cat "$work/errors")"
}
names 'BZh91AY&SY012345678901234567' bzip2
names 'PK\003\004012345678901234567890123456' zip
names 'snoop\000\000\000\000\000\000\002\000\000\000\004' snoop
names '{"log": {"version": "1.2"}}' JSON
# On a terminal no row of the histogram is zeros alone; in a file such rows tell what was censored.
zeros=$("$CONNAUDIT" -q -r idle --columns=reused,closed,lost timeouts/apache-closes-after-five-seconds.pcap.gz | grep -c '^0,0,0$')
[ "$zeros" -gt 0 ] || fail "the histogram has no censored row"
"$CONNAUDIT" -q -r idle -f table timeouts/apache-closes-after-five-seconds.pcap.gz >"$work/out"
[ "$(wc -l <"$work/out")" -gt 3 ] && ! grep -Eq ' 0 +0 +0 *$' "$work/out" || fail "zeros alone: $(cat "$work/out")"
"$CONNAUDIT" -q -r idle -f table client-finished-and-server-never-closed.pcap >"$work/out"
grep -q '^0 ranges of idle times: after 0.1 s or longer no connection' "$work/out" || fail "no range: $(cat "$work/out")"
finish
