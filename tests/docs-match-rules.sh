#!/bin/sh
# docs/rules.md has a heading for each rule, in the order of --list-rules, and the same text below
# it.
set -eu
. "${srcdir:-$(dirname "$0")/..}/tests/lib.sh"
page=$top/docs/rules.md

"$CONNAUDIT" --list-rules | awk -F '\t' '{ print $1; print $2 " | " $3 " | " $4; print $5 }' >"$work/program"

# "### name", then "severity | party | reference", then the sentence, then a full stop.
awk '
    /^### / { gsub(/[#` ]/, ""); print; line = 1; next }
    line == 1 && NF { print; line = 2; next }
    line == 2 && NF { text = $0; line = 3; next }
    line == 3 && NF { text = text " " $0; next }
    line == 3 { sub(/\.$/, "", text); print text; line = 0 }
    END { if (line == 3) { sub(/\.$/, "", text); print text } }
' "$page" >"$work/page"

[ -s "$work/program" ] || die "--list-rules lists nothing"
diff -u "$work/program" "$work/page" || die "docs/rules.md is not --list-rules"
"$CONNAUDIT" --list-rules | cut -f 1 | while read -r rule; do
    "$CONNAUDIT" --explain="$rule" | grep -q "^$rule: " || die "--explain=$rule"
done
