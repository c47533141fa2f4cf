#!/bin/sh
# Each rule of --list-rules has a conversation or a sample that breaks it, and a near miss. A near
# miss looks like a breach, is none, and expects no such finding.
#
# In tests/conversations/ a breach is an `expect finding RULE`. A near miss has the title `near miss
# of RULE[, RULE]: …` and expects `findings=""` or `findings!~RULE`.
set -eu
. "${srcdir:-$(dirname "$0")/..}/tests/lib.sh"

# Near misses that only a sample can show, as "RULE:SAMPLE".
in_samples='timeout-mismatch:timeouts/backend-waits-longer-than-its-proxy
tls-no-close-notify:tls-body-ends-with-a-close-notify
tls-fatal-alert:tls-body-ends-with-a-close-notify'

"$CONNAUDIT" --list-rules | cut -f 1 | sort >"$work/rules"
[ -s "$work/rules" ] || die "--list-rules lists nothing"

# The same in samples/hops: what the clients and the server do is the same there as in the breach.
of_hops='nominated-forwarded:apache-consumes-what-is-named
end-to-end-kept:apache-consumes-what-is-named
option-forwarded:nginx-keeps-connections
hop-by-hop-forwarded:apache-consumes-what-is-named
nomination-struck-proxy:haproxy-sends-requests-again
close-follows-client:apache-consumes-what-is-named
back-never-reused:nginx-keeps-connections
version-mirrored:nginx-speaks-http10-to-the-server
interim-not-forwarded:apache-consumes-what-is-named
retried-unsafely:nginx-keeps-connections
retried:apache-consumes-what-is-named
gateway-error:squid-may-answer-two-from-one
transformed:proxy-that-reads-no-connection-field
via-missing:squid-may-answer-two-from-one'

# "breach RULE", and "near RULE" where the expectation is met by "clean RULE" or "clean *".
awk '
    FNR == 1 || /^=== / { conversation++; split("", near); nears = 0 }
    /^=== near miss of [^:]*:/ {
        names = $0
        sub(/^=== near miss of /, "", names)
        sub(/:.*/, "", names)
        nears = split(names, near, /, /)
        for (i = 1; i <= nears; i++)
            print "title", near[i], FILENAME
        next
    }
    /^=== near miss/ && FILENAME ~ /findings-/ { print "nameless", FILENAME ":" FNR }
    /^expect finding / { rule = $3; sub(/:$/, "", rule); print "breach", rule }
    nears {
        for (i = 1; i <= nears; i++)
            if (index($0, "findings=\"\"") || index($0 " ", "findings!~" near[i] " "))
                print "near", near[i]
    }
' "$top"/tests/conversations/*.txt >"$work/seen"
for report in "$top"/tests/golden/*.findings.csv "$top"/tests/golden/timeouts/*.findings.csv; do
    sed -n '2,$s/,.*//p' "$report"
done | sort -u | sed 's/^/breach /' >>"$work/seen"
for pair in $in_samples; do
    rule=${pair%%:*}
    sample=${pair#*:}
    ! grep -q "^$rule," "$top/tests/golden/$sample.findings.csv" ||
        die "$sample is no near miss of $rule"
    echo "near $rule" >>"$work/seen"
done

# Both sides of proxies, with the rules that are asked for only: "SAMPLE RULE" of each finding.
for sample in "$top"/samples/hops/*.pcap; do
    "$CONNAUDIT" -q --pedantic -r findings "$sample" | sed -n "2,\$s|,.*||p" | sed "s|^|$(basename "$sample" .pcap) |"
done | sort -u >"$work/hops"
cut -d ' ' -f 2 "$work/hops" | sort -u | sed 's/^/breach /' >>"$work/seen"
for pair in $of_hops; do
    ! grep -qx "${pair#*:} ${pair%%:*}" "$work/hops" || die "${pair#*:} is no near miss of ${pair%%:*}"
    echo "near ${pair%%:*}" >>"$work/seen"
done

status=0
if grep '^nameless' "$work/seen"; then
    echo "a near miss says of which rule"
    status=1
fi
sed -n 's/^title \([^ ]*\) .*/\1/p' "$work/seen" | sort -u | comm -13 "$work/rules" - >"$work/unknown"
[ ! -s "$work/unknown" ] || { echo "near misses of rules that do not exist:"; cat "$work/unknown"; status=1; }
for kind in breach near; do
    sed -n "s/^$kind \([^ ]*\).*/\1/p" "$work/seen" | sort -u | comm -23 "$work/rules" - >"$work/missing"
    [ -s "$work/missing" ] || continue
    echo "rules without a $([ "$kind" = breach ] && echo breach || echo near miss):"
    sed 's/^/    /' "$work/missing"
    status=1
done
exit $status
