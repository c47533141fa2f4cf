#!/bin/sh
# The completions are what the program prints: there is one table of options. The bash completion
# offers exactly the options that --help lists and the values that the program accepts. Where an
# option takes a file, it offers files. At the prompt of bash, zsh and fish, Tab shows them.
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

# At a prompt: tmux types, and reads the screen.
export LC_ALL=C.UTF-8 HOME="$work" XDG_CONFIG_HOME="$work" XDG_DATA_HOME="$work" XDG_CACHE_HOME="$work"
mkdir "$work/bin" "$work/zsh"
ln -s "$CONNAUDIT" "$work/bin/connaudit"
cp "$top/completion/_connaudit" "$work/zsh"
cat >"$work/start.bash" <<END
. '$top/completion/connaudit'
PS1='ready> '
END
cat >"$work/.zshrc" <<END
fpath=('$work/zsh' \$fpath)
autoload -U compinit
compinit -D -u
PS1='ready> '
END
cat >"$work/start.fish" <<END
source '$top/completion/connaudit.fish'
function fish_prompt; echo 'ready> '; end
END
screen() {
    tmux -S "$work/tmux.$shell" capture-pane -p
}
# shows WHAT PATTERN: waits until the screen shows the extended regular expression.
shows() {
    tries=0
    until screen | grep -Eq -- "$2"; do
        tries=$((tries + 1))
        if [ "$tries" -gt 600 ]; then
            fail "$1: no $2: $(screen)"
            return 0
        fi
        sleep 0.1
    done
}
# tab SHELL KEYS PATTERN...: what the line becomes, or what is listed below it. The first Tab may
# only add what all candidates begin with.
tab() {
    tmux -S "$work/tmux.$shell" send-keys C-l C-u
    tmux -S "$work/tmux.$shell" send-keys -l "$2"
    shows "$1" "^ready> $2"
    tmux -S "$work/tmux.$shell" send-keys Tab
    case $1 in
    bash) tmux -S "$work/tmux.$shell" send-keys Tab Tab ;;
    zsh) tmux -S "$work/tmux.$shell" send-keys Tab ;;
    esac
    typed="$1: $2<TAB>"
    shift 2
    for pattern; do
        shows "$typed" "$pattern"
    done
}
prompts=0
for shell in bash zsh fish; do
    if ! command -v tmux >/dev/null || ! command -v "$shell" >/dev/null; then
        echo "no tmux or no $shell: nobody types there"
        continue
    fi
    prompts=$((prompts + 1))
    case $shell in
    bash) start="bash --noprofile --rcfile '$work/start.bash' -i" ;;
    zsh) start='zsh -d -i' ;;
    fish) start="fish --no-config --init-command \"source '$work/start.fish'\" -i" ;;
    esac
    tmux -S "$work/tmux.$shell" -f /dev/null new-session -d -x 100 -y 40 -c "$work/here" \
        "env ZDOTDIR='$work' PATH='$work/bin:$PATH' $start"
    shows "$shell" '^ready>'
    tab "$shell" 'connaudit --fo' '--force( |$)' '--format'
    tab "$shell" 'connaudit --pedan' '^ready> connaudit --pedantic'
    tab "$shell" 'connaudit --report=ser' '^ready> connaudit --report=servers'
    tab "$shell" 'connaudit -r pai' '^ready> connaudit -r pairs'
    tab "$shell" 'connaudit --explain=keepalive-r' '^ready> connaudit --explain=keepalive-race'
    tab "$shell" 'connaudit --output=rep' '^ready> connaudit --output=reports'
    tab "$shell" 'connaudit -q cap' '^ready> connaudit -q capture.pcap'
    tmux -S "$work/tmux.$shell" kill-server
done

finish "$prompts shells with a prompt"
