#!/bin/sh
# The completions are what the program prints: there is one table of options. The bash completion offers exactly the options that --help lists and the values that the program accepts. Where an option takes a file, it offers files.
set -eu
. "${srcdir:-$(dirname "$0")/..}/tests/lib.sh"
if ! command -v bash >/dev/null; then
    echo "there is no bash here"
    exit 77
fi

# offers WORD...: the completions of the last word, sorted, in a directory with these files.
mkdir -p "$work/here/reports"
: >"$work/here/capture.pcap"
offers() {
    (cd "$work/here" && bash -c '
        set -u
        . "$1"
        program=$2
        shift 2
        COMP_WORDS=("$program" "$@")
        COMP_CWORD=$#
        _connaudit "$program" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
        ((${#COMPREPLY[@]} == 0)) || printf "%s\n" "${COMPREPLY[@]}"
    ' completion "$top/completion/connaudit" "$CONNAUDIT" "$@") | sort
}

# same WHAT EXPECTED: compares with the list on standard input; the order does not matter.
same() {
    sort >"$work/got"
    printf '%s' "$2" | tr ' ' '\n' | sed '/^$/d' | sort | diff - "$work/got" || fail "$1"
}

for shell in bash:connaudit zsh:_connaudit fish:connaudit.fish; do
    "$CONNAUDIT" --completion="${shell%:*}" | diff "$top/completion/${shell#*:}" - >"$work/differ" ||
        fail "completion/${shell#*:} is not what --completion=${shell%:*} prints: $(cat "$work/differ")"
done
for shell in zsh fish; do
    ! command -v "$shell" >/dev/null ||
        "$shell" -n "$top"/completion/*onnaudit"$([ "$shell" = zsh ] || echo .fish)" ||
        fail "$shell does not take its completion"
done

"$CONNAUDIT" --help >"$work/help"
sed -n 's/^ *\(-[A-Za-z], \)\{0,1\}\(--[a-z-]*\)\(=[A-Z]*\)\{0,1\}\( .*\)\{0,1\}$/\1 \2\3/p' "$work/help" | tr -d , \
    >"$work/options"
[ -s "$work/options" ] || fail "--help lists no options"
all=$(sed 's/=[A-Z]*/=/' "$work/options" | tr '\n' ' ')
offers - | same "the options" "$all"
offers --rep | same "the beginning of an option" '--report='

# What each option takes; the name of its argument decides.
while read -r option; do
    name=${option##* }
    argument=${name#*=}
    name=${name%=*}
    if [ "$argument" = "$name" ]; then
        offers "$name" '' | same "behind $name" 'capture.pcap reports'
        continue
    fi
    offers "$name" = >"$work/with"
    offers "$name" '' >"$work/apart"
    cmp "$work/with" "$work/apart" || fail "$name= and $name differ"
    case $argument in
    DIR) expected=reports ;;
    FILE) expected='capture.pcap reports' ;;
    *) expected= ;;
    esac
    grep -xE 'capture.pcap|reports|-.*' "$work/with" | same "behind $name=" "$expected"
done <"$work/options"

# The values that the program itself names in its error message.
for option in --report --format --fail-on --only --color --progress; do
    "$CONNAUDIT" "$option=nonsense" x 2>"$work/error" && fail "$option=nonsense is taken"
    words=$(sed "s/'nonsense'//; s/ (connaudit.*//; s/.* takes //; s/.*: *//; s/, not.*//; s/ or / /; s/ and / /; s/a list of //; s/,//g" "$work/error")
    offers "$option" = | same "the values of $option" "$words"
done
offers --report = ex | same "the beginning of a value" exchanges
offers --explain = | same "the rules" "$("$CONNAUDIT" --list-rules | cut -f 1 | tr '\n' ' ')"
offers a '' | same "files" 'capture.pcap reports'

finish
