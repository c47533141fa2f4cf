#!/bin/sh
# The pages show what the program does: their commands run in the top directory. docs/data.md has a
# test of its own. Files that the pages refer to must exist.
set -eu
. "${srcdir:-$(dirname "$0")/..}/tests/lib.sh"
. "$top/tests/pages.sh"
export LC_ALL=C
cd "$top"

for page in README.md ARCHITECTURE.md CONTRIBUTING.md docs/*.md samples/README.md; do
    for link in $(grep -o '](\([^)#:]*\))' "$page" | sed 's/^](//; s/)$//'); do
        [ -e "$(dirname "$page")/$link" ] && continue
        fail "$page: there is no $link"
    done
done

pages=README.md
for page in docs/*.md; do
    [ "$page" = docs/data.md ] || pages="$pages $page"
done
# shellcheck disable=SC2086
run_pages $pages
finish "$count commands"
