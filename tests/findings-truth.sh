#!/bin/sh
# The samples in samples/findings.csv have exactly the findings that it lists. The list was written
# from the peers' configurations and the bytes. The rule "none" means that the sample has none.
set -eu
. "${srcdir:-$(dirname "$0")/..}/tests/lib.sh"

cd "$top/samples"

sed 1d findings.csv | sort >"$work/truth"
[ -s "$work/truth" ]
cut -d , -f 1 "$work/truth" | sort -u | while read -r sample; do
    "$CONNAUDIT" -q -r findings "$sample" >"$work/report"
    # None of these columns is ever quoted: rule, severity, party, connection (c1-FRAME), exchange.
    sed 1d "$work/report" | awk -F , -v OFS=, -v sample="$sample" '
        { sub(/^c[0-9]*-/, "", $4); print sample, $4, $6, $1, $2, $3 }
        END { if (NR == 0) print sample, "", "", "none", "", "" }'
done | sort >"$work/found"
diff -u "$work/truth" "$work/found"
