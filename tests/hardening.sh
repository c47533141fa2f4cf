#!/bin/sh
# What configure found is in the program: position-independent, tables read-only and bound from the
# start, no stack that runs, canaries, checked functions of libc.
set -eu
. "${srcdir:-$(dirname "$0")/..}/tests/lib.sh"
if ! command -v readelf >/dev/null || [ -z "$(echo "${HARDENING-}" | tr -d " ")" ]; then
    echo "this build is not hardened, or there is no readelf"
    exit 77
fi
readelf -W -h -l -d "$CONNAUDIT" >"$work/headers"
readelf -W --dyn-syms "$CONNAUDIT" >"$work/symbols"

# wants FLAG PATTERN FILE: what the flag is for shows in the file.
wants() {
    case " $HARDENING " in
    *" $1"*) grep -qE "$2" "$work/$3" || fail "$1: the program does not show it" ;;
    *) echo "configure found no $1" ;;
    esac
}
wants -pie 'Type: *DYN' headers
wants -Wl,-z,relro GNU_RELRO headers
wants -Wl,-z,now 'BIND_NOW|Flags:.* NOW' headers
wants -Wl,-z,noexecstack 'GNU_STACK .* RW ' headers
wants -fstack-protector-strong __stack_chk_fail symbols
wants -D_FORTIFY_SOURCE '__[a-z]+_chk(@|$)' symbols
finish
