#!/bin/sh
# Several inputs form one capture. A capture cut into files gives the report of the whole, whatever
# the order of the arguments. With --separate each file is judged on its own. A broken file does not
# affect the others.
set -eu
. "${srcdir:-$(dirname "$0")/..}/tests/lib.sh"

cd "$work"

# offsets FILE: the offset of each packet of a little-endian pcap file, and of the file's end.
offsets() {
    od -An -v -tu1 "$1" | awk '
        { for (i = 1; i <= NF; i++) byte[n++] = $i }
        END {
            for (at = 24; at < n; at += 16 + length_of) {
                print at
                length_of = byte[at + 8] + 256 * byte[at + 9] + 65536 * byte[at + 10]
            }
            print n
        }'
}

# part FILE FROM TO: these bytes of it.
part() {
    tail -c +$(($2 + 1)) "$1" | head -c $(($3 - $2))
}

# rotate FILE N NAME: N packets a file, as NAME.001 and so on.
rotate() {
    number=0
    offsets "$1" | awk -v n="$2" '{ if (NR % n == 1 || n == 1) print; last = $1 }
                                  END { print last }' | uniq >points
    from=
    while read -r to; do
        if [ -n "$from" ]; then
            number=$((number + 1))
            name=$(printf '%s.%03d' "$3" "$number")
            { head -c 24 "$1"; part "$1" "$from" "$to"; } >"$name"
        fi
        from=$to
    done <points
}

# deal FILE NAME: its packets in turn to NAME.1 and NAME.2.
deal() {
    head -c 24 "$1" >"$2.1"
    head -c 24 "$1" >"$2.2"
    from=
    turn=1
    offsets "$1" >points
    while read -r to; do
        if [ -n "$from" ]; then
            part "$1" "$from" "$to" >>"$2.$turn"
            turn=$((3 - turn))
        fi
        from=$to
    done <points
}

# whole FORMULA: the report on standard input, with frames numbered as in the file that was cut. The
# formula computes that number from input k and frame n. Names and labels of files are removed.
whole() {
    awk -F, '
        function number(k, n) { return n == "" ? "" : '"$1"' }
        NR == 1 { for (i = 1; i <= NF; i++) name[i] = $i; columns = NF; print; next }
        NF != columns { print "a row with commas in it"; next }
        {
            split(substr($1, 2), id, "-")
            for (i = 1; i <= NF; i++) cells[name[i]] = $i
            line = ""
            for (i = 1; i <= NF; i++) {
                cell = $i
                input = name[i]
                sub(/_frame$/, "_input", input)
                if (name[i] == "connection") cell = number(id[1], id[2])
                else if (name[i] == "first_frame") cell = number(id[1], $i)
                else if (name[i] ~ /_frame$/) cell = number(cells[input], $i)
                else if (name[i] ~ /_input$/) cell = $i != "" ? "-" : ""
                else if (name[i] == "file" || name[i] == "stream") cell = "-"
                line = line cell ","
            }
            print line
        }'
}

# same NAME FORMULA FILE...: the files give the report of one.pcap, frame for frame.
same() {
    name=$1
    formula=$2
    shift 2
    for report in connections exchanges; do
        "$CONNAUDIT" -q -r "$report" one.pcap | whole n >expected
        "$CONNAUDIT" -q -r "$report" "$@" >rows || fail "$name: status $?"
        whole "$formula" <rows >got
        [ "$(wc -l <got)" -gt 1 ] || fail "$name: no rows"
        diff -u expected got || fail "$name: the report $report differs"
    done
}

for sample in same-ports-twice max-used-up-without-a-close idle-timeout-stated-and-kept \
    ended-while-the-connection-was-open; do
    cp "$top/samples/$sample.pcap" one.pcap
    rm -rf part.* dir
    rotate one.pcap 4 part
    same "$sample, rotated" '(k - 1) * 4 + n' part.*
    # shellcheck disable=SC2012
    same "$sample, named backwards" '(k - 1) * 4 + n' $(ls -r part.*)
    mkdir dir
    mv part.* dir
    echo 'no capture' >dir/notes
    same "$sample, as a directory" '(k - 1) * 4 + n' dir
    deal one.pcap dealt
    same "$sample, in two files at once" '(n - 1) * 2 + k' dealt.2 dealt.1
    cat one.pcap | "$CONNAUDIT" -q - | whole n >got
    "$CONNAUDIT" -q one.pcap | whole n | diff -u - got || fail "$sample: from standard input"
done

# A file per packet, a thousand files, and 64 descriptors. Each sample has its own time and network,
# so together they give the rows of the single files.
mkdir many
count=0
for sample in "$top"/samples/*.pcap; do
    [ "$(od -An -tx1 -N4 "$sample" | tr -d ' ')" = d4c3b2a1 ] || continue
    rotate "$sample" 1 "many/$(basename "$sample" .pcap)"
    cp "$sample" .
    count=$((count + 1))
done
files=$(find many -type f | wc -l)
[ "$files" -ge 900 ] || fail "only $files files"
"$CONNAUDIT" -q ./*-*.pcap | whole 0 | sort >expected
(ulimit -n 64 && "$CONNAUDIT" -q many) >rows || fail "$files files: status $?"
whole 0 <rows | sort >got
[ "$(wc -l <got)" -gt "$count" ] || fail "$files files: too few rows"
diff -u expected got || fail "$files files: other rows than of $count"

# A broken file, a file of another format and a missing file are reported; the others are read.
cp "$top/samples/idle-timeout-stated-and-kept.pcap" good
head -c -5 "$top/samples/three-requests-pipelined.pcap" >cut
echo 'no capture' >foreign
status=0
"$CONNAUDIT" -q foreign good missing cut >rows 2>errors || status=$?
[ "$status" -eq 1 ] || fail "broken inputs: status $status"
for file in foreign missing cut; do
    grep -q "^connaudit: $file: " errors || fail "broken inputs: nothing about $file"
done
[ "$(wc -l <errors)" -eq 3 ] || fail "broken inputs: $(cat errors)"
grep -q ',good,' rows || fail "broken inputs: the good one is missing"
grep -q ',cut,' rows || fail "broken inputs: what the cut one held is missing"

# If nothing can be read, there is no report.
status=0
"$CONNAUDIT" -q foreign missing >rows 2>errors || status=$?
[ "$status" -eq 1 ] && [ ! -s rows ] || fail "nothing to read: status $status, $(cat rows)"

# --separate: the rows of each file, under its number.
for report in connections exchanges; do
    "$CONNAUDIT" -q -r "$report" --separate same-ports-twice.pcap max-used-up-without-a-close.pcap \
        websocket-upgrade.pcap >got
    "$CONNAUDIT" -q -r "$report" same-ports-twice.pcap | head -n 1 >expected
    # shellcheck disable=SC2046
    number=0
    for file in $(sed -n '2,$s/^[^,]*,.*,\([a-z0-9-]*\.pcap\),.*/\1/p' got | uniq); do
        number=$((number + 1))
        "$CONNAUDIT" -q -r "$report" "$file" | awk -F , -v OFS=, -v number="$number" '
            NR == 1 { for (i = 1; i <= NF; i++) name[i] = $i; next }
            {
                sub(/^c1-/, "c" number "-", $1)
                for (i = 1; i <= NF; i++) if (name[i] ~ /_input$/ && $i != "") $i = number
                print
            }' >>expected
    done
    [ "$number" -eq 3 ] || fail "--separate: $number files"
    diff -u expected got || fail "--separate: the report $report differs"
done
# With --separate, a connection that continues in the next file becomes two.
rotate same-ports-twice.pcap 4 apart
joined=$("$CONNAUDIT" -q -a apart.* | wc -l)
apart=$("$CONNAUDIT" -q -a --separate apart.* | wc -l)
[ "$apart" -gt "$joined" ] || fail "--separate: $apart rows, $joined without it"

# A filter removes packets and changes no number. Here it selects the second of two connections with
# the same ports by its initial sequence number.
"$CONNAUDIT" -q same-ports-twice.pcap | sed -n '1p; 3p' >expected
second=$(sed -n '2s/^c1-\([0-9]*\),.*/\1/p' expected)
[ -n "$second" ] || fail "the sample has no second connection"
at=$(offsets same-ports-twice.pcap | sed -n "${second}p")
isn=$(part same-ports-twice.pcap $((at + 16 + 14 + 20 + 4)) $((at + 16 + 14 + 20 + 8)) |
    od -An -tu1 | awk '{ printf "%.0f", $1 * 16777216 + $2 * 65536 + $3 * 256 + $4 }')
"$CONNAUDIT" -q -F "tcp[4:4] - $isn < 65536 or tcp[8:4] - $isn < 65536" same-ports-twice.pcap |
    diff -u expected - || fail "-F changes numbers"
for expression in 'port and' 'wlan type data' 'host localhost'; do
    status=0
    "$CONNAUDIT" -q -F "$expression" one.pcap >rows 2>errors || status=$?
    [ "$status" -eq 2 ] && [ ! -s rows ] || fail "-F '$expression': status $status"
done

# Two mirror ports, each with a file of its own, show every packet twice. No row and no verdict
# changes.
for sample in "$top"/samples/*.pcap; do
    name=$(basename "$sample")
    cp "$sample" .
    cp "$sample" mirrored
    for report in connections exchanges; do
        "$CONNAUDIT" -q -r "$report" "$name" >expected
        "$CONNAUDIT" -q -r "$report" "$name" mirrored >got
        diff -u expected got || fail "$name: seen twice, the report $report differs"
    done
done

# A file that is named twice is read once, and this is reported.
"$CONNAUDIT" one.pcap ./one.pcap >got 2>errors
"$CONNAUDIT" -q one.pcap | diff -u - got || fail "a file named twice counts twice"
grep -q 'read once' errors || fail "a file named twice: not said"

# A lost request whose frames lie in two inputs of a rotated set: the proof leads to the packets. In
# proof_file the display filter selects exactly its frames; the others are K-N, in the input K.
cp "$top/samples/request-crossed-the-idle-close-seen-by-the-server.pcap" one.pcap
rm -f part.*
rotate one.pcap 4 part
field() { sed -n 's/.*"'"$1"'":"\{0,1\}\([^",]*\).*/\1/p' race.jsonl; }
"$CONNAUDIT" -q -f jsonl -r findings part.* | grep '"rule":"keepalive-race"' >race.jsonl
frames=$(sed -n 's/.*"frames":\[\([^]]*\)\].*/\1/p' race.jsonl | tr -d '"' | tr ',' ' ')
input=$(field proof_input)
file=$(field proof_file)
[ "$file" = "$(printf 'part.%03d' "$input")" ] || fail "proof_file: $file is not input $input"
whole_frames=$("$CONNAUDIT" -q -f jsonl -r findings one.pcap | grep '"rule":"keepalive-race"' |
    sed -n 's/.*"frames":\[\([^]]*\)\].*/\1/p' | tr -d '"' | tr ',' ' ')
own=
others=0
joined=
for frame in $frames; do
    case $frame in
    *-*)
        others=$((others + 1))
        joined="$joined $(((${frame%-*} - 1) * 4 + ${frame#*-}))"
        ;;
    *)
        own="$own $frame"
        joined="$joined $(((input - 1) * 4 + frame))"
        ;;
    esac
done
[ "$others" -gt 0 ] && [ -n "$own" ] || fail "the frames of the proof lie in one input: $frames"
[ "$joined" = " $whole_frames" ] || fail "the frames of the proof: $joined, in one file $whole_frames"
if command -v tshark >/dev/null; then
    selected=$(tshark -r "$file" -Y "$(sed -n 's/.*"display_filter":"\([^"]*\)".*/\1/p' race.jsonl)" \
        -T fields -e frame.number 2>/dev/null | tr '\n' ' ')
    [ " $selected" = "$own " ] || fail "the display filter selects $selected in $file, not$own"
fi

finish
