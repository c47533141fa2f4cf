#!/bin/sh
# The same conversation in clear and in TLS gets the same rows, but for what concerns the transport:
# each sample that can be wrapped is, by tests/wrap2tls, and both are read.
set -eu
. "${srcdir:-$(dirname "$0")/..}/tests/lib.sh"
export LC_ALL=C
wrap=$PWD/tests/wrap2tls
[ -x "$wrap" ] || die "tests/wrap2tls is not built"
cd "$work"

connections=protocol,host,exchanges,declared,declared_by,declared_basis,actual,ended_by,ended_how,idle_s,stated_timeout_s,stated_max,verdict,cause,completeness,client_port
exchanges=exchange,request_time,response_end_time,method,target,host,request_version,status,response_version,request_connection,response_connection,request_keep_alive,response_keep_alive,declared,declared_by,declared_basis,actual,ended_by,ended_how,after_s,verdict,cause,completeness,request_options,response_options,request_unlisted,response_unlisted,interim,client_port
findings=rule,severity,party,exchange,client_port

# rows REPORT ARGUMENT…: one that TLS alone can break is not compared
rows() {
    report=$1
    eval "columns=\$$1"
    shift
    "$CONNAUDIT" -q -r "$report" --columns="$columns" "$@" | grep -v '^tls-' | sort
}

# What was lost of a record is not known as well as what was lost of clear text: how much of a lost
# record was padding or no data, and whether a close_notify was lost with a FIN. There a verdict may
# become undetermined, and is never another.
lossy='a-segment-of-the-body-was-lost close-kept-but-the-fin-was-lost timeout-kept-but-the-fin-was-lost'
verdicts() { "$CONNAUDIT" -q --columns=verdict "$@" | tail -n +2; }

wrapped=0
for sample in "$top"/samples/*.pcap; do
    name=$(basename "$sample" .pcap)
    status=0
    "$wrap" "$sample" "$name.tls.pcap" keys >why 2>&1 || status=$?
    [ "$status" != 77 ] || { echo "$name: $(cat why)"; continue; }
    [ "$status" = 0 ] || die "$name: wrap2tls ended with $status: $(cat why)"
    wrapped=$((wrapped + 1))
    case " $lossy " in
    *" $name "*)
        before=$(verdicts "$sample")
        after=$(verdicts -k keys "$name.tls.pcap")
        [ "$after" = "$before" ] || [ "$after" = undetermined ] || fail "$name: $after, not $before"
        continue
        ;;
    esac
    for report in connections exchanges findings; do
        rows $report "$sample" >clear
        rows $report -k keys "$name.tls.pcap" >tls
        diff clear tls >difference || fail "$name: $report: $(cat difference)"
    done
done
[ "$wrapped" -gt 40 ] || fail "only $wrapped samples could be wrapped"
finish "$wrapped samples in TLS"
