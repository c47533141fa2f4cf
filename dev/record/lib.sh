# shellcheck shell=bash disable=SC2046,SC2086,SC2119,SC2120,SC2181
# Sourced by the recording scripts: a lab of two network namespaces, its captures and its servers.
#
# Each sample is a shell function sample_<name with underscores>. It runs in a subshell of its own, with
# a lab of its own, and everything it started or made is gone when it ends, however it ends.
#
#   client 192.0.2.10, 2001:db8::10  --- link ---  server 192.0.2.80, 2001:db8::80   (example.test)
#
# Nothing leaves the namespaces: they have no other link and no default route.

set -eu

RECORD_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
SAMPLES_DIR=${SAMPLES_DIR:-$(cd "$RECORD_DIR/../.." && pwd)/samples}
PYTHON=${PYTHON:-/usr/bin/python3}
SERVER=192.0.2.80
CURL="curl -sS --max-time 20 -o /dev/null --resolve example.test:80:$SERVER"
export RECORD_DIR SERVER

say() { printf '%s\n' "$*" >&2; }

need() {
    local tool missing=''
    for tool in "$@"; do
        command -v "$tool" >/dev/null || missing="$missing $tool"
    done
    [ -z "$missing" ] || { say "missing:$missing"; return 1; }
}

# -- the lab ------------------------------------------------------------------------------------------

PIDS=
NAMESPACES=
SCRATCH=

lab_end() {
    local pid name
    for pid in $PIDS; do kill "$pid" 2>/dev/null || :; done
    for name in $NAMESPACES; do
        # Daemons that left their process group still stand in the namespace, and nothing else does.
        for pid in $(ip netns pids "$name"); do kill -KILL "$pid" 2>/dev/null || :; done
        ip netns del "$name" 2>/dev/null || :
    done
    [ -z "$SCRATCH" ] || rm -rf "$SCRATCH"
}

namespace() { # NAME
    ip netns add "$1"
    NAMESPACES="$NAMESPACES $1"
    ip netns exec "$1" sysctl -q -w net.ipv4.conf.all.rp_filter=0 net.ipv4.conf.default.rp_filter=0 \
        net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.all.accept_dad=0
    ip -n "$1" link set lo up
}

offloads_off() { # NAMESPACE DEVICE
    ip netns exec "$1" ethtool -K "$2" tso off gso off gro off tx off rx off >/dev/null 2>&1 || :
}

# lab [veth|tap|tun] [DELAY] [LOST]: tap and tun go through a relay in user space that holds every packet
# for DELAY seconds, so that segments really cross on the link; LOST: see relay.py. tun has no link layer.
lab() {
    local kind=${1:-veth} delay=${2:-0} lost=${3:-}
    SCRATCH=$(mktemp -d)
    CLIENT_NS=rec-c$BASHPID SERVER_NS=rec-s$BASHPID
    trap lab_end EXIT
    namespace "$CLIENT_NS"
    namespace "$SERVER_NS"
    local a=rc$BASHPID b=rs$BASHPID
    if [ "$kind" = veth ]; then
        ip link add "$a" type veth peer name "$b"
    else
        "$PYTHON" "$RECORD_DIR/relay.py" "$kind" "$delay" "$a" "$b" ${lost:+"$lost"} >"$SCRATCH/relay" 2>&1 &
        PIDS="$PIDS $!"
        until grep -qs ready "$SCRATCH/relay"; do sleep 0.05; done
    fi
    ip link set "$a" netns "$CLIENT_NS" name eth0 2>/dev/null || ip link set "$a" netns "$CLIENT_NS"
    ip link set "$b" netns "$SERVER_NS" name eth0 2>/dev/null || ip link set "$b" netns "$SERVER_NS"
    ip -n "$CLIENT_NS" link set "$a" name eth0 2>/dev/null || :
    ip -n "$SERVER_NS" link set "$b" name eth0 2>/dev/null || :
    lab_side "$CLIENT_NS" "$kind" 10
    lab_side "$SERVER_NS" "$kind" 80
    if [ "$kind" != tun ]; then
        neighbours "$CLIENT_NS" 80 "$SERVER_NS"
        neighbours "$SERVER_NS" 10 "$CLIENT_NS"
    fi
}

lab_side() { # NAMESPACE KIND HOST
    offloads_off "$1" eth0
    ip -n "$1" link set eth0 mtu 1500 up
    ip -n "$1" addr add "192.0.2.$3/24" dev eth0
    ip -n "$1" addr add "2001:db8::$3/64" dev eth0 nodad
}

neighbours() { # NAMESPACE HOST OTHER-NAMESPACE: no ARP in the captures, no first-packet delay
    local mac
    mac=$(ip netns exec "$3" cat /sys/class/net/eth0/address)
    ip -n "$1" neigh replace "192.0.2.$2" lladdr "$mac" nud permanent dev eth0
    ip -n "$1" neigh replace "2001:db8::$2" lladdr "$mac" nud permanent dev eth0
}

in_client() { ip netns exec "$CLIENT_NS" "$@"; }
in_server() { ip netns exec "$SERVER_NS" "$@"; }

# -- captures -----------------------------------------------------------------------------------------

# capture NAME [client|server] [tcpdump options]: full length frames of port 80.
CAPTURES=
capture() {
    local name=$1 side=${2:-client} namespace pid
    shift; [ $# -eq 0 ] || shift
    namespace=$CLIENT_NS
    [ "$side" = client ] || namespace=$SERVER_NS
    case " $* " in *" -i "*) ;; *) set -- -i eth0 "$@" ;; esac
    case " $* " in *" -- "*) ;; *) set -- "$@" -- tcp port 80 ;; esac
    local options=() filter=() past='' word
    : >"$SCRATCH/$name.log"
    for word in "$@"; do
        if [ "$word" = -- ]; then past=1; elif [ -n "$past" ]; then filter+=("$word"); else options+=("$word"); fi
    done
    ip netns exec "$namespace" tcpdump -Z root -n -s 0 -U --immediate-mode "${options[@]}" \
        -w "$SCRATCH/$name" "${filter[*]}" 2>"$SCRATCH/$name.log" &
    pid=$!
    CAPTURES="$CAPTURES $pid:$name"
    until grep -q 'listening on' "$SCRATCH/$name.log"; do
        kill -0 "$pid" 2>/dev/null || { cat "$SCRATCH/$name.log" >&2; return 1; }
        sleep 0.05
    done
}

capture_end() {
    local entry
    sleep 0.3
    for entry in $CAPTURES; do
        kill -INT "${entry%%:*}"
        wait "${entry%%:*}" || :
    done
    CAPTURES=
}

keep_packed() { # NAME…: the same, compressed
    local name
    capture_end
    for name in "$@"; do
        gzip -9n "$SCRATCH/$name"
    done
    keep "${@/%/.gz}"
}

keep() { # NAME…: hands finished captures over to samples/
    local name
    capture_end
    mkdir -p "$SAMPLES_DIR"
    for name in "$@"; do
        cp "$SCRATCH/$name" "$SAMPLES_DIR/.$name.tmp"
        chmod 644 "$SAMPLES_DIR/.$name.tmp"
        mv "$SAMPLES_DIR/.$name.tmp" "$SAMPLES_DIR/$name"
        say "recorded $name ($(tshark -r "$SAMPLES_DIR/$name" 2>/dev/null | wc -l) frames)"
    done
    [ -z "${RECORD_LOGS:-}" ] || { # how the truths were checked against what the peers say
        mkdir -p "$RECORD_LOGS/${1%.pcap*}"
        cp "$SCRATCH"/*.log "$RECORD_LOGS/${1%.pcap*}/"
    }
}

# -- peers --------------------------------------------------------------------------------------------

serve() { # COMMAND…: in the background, until port 80 listens
    in_server "$@" >>"$SCRATCH/server.log" 2>&1 &
    SERVER_PID=$!
    PIDS="$PIDS $SERVER_PID"
    listening
}

listening() {
    local tries=0
    until in_server ss -Hltn 'sport = :80' | grep -q .; do
        tries=$((tries + 1))
        [ $tries -lt 100 ] || { say "no server:"; cat "$SCRATCH/server.log" >&2; return 1; }
        sleep 0.1
    done
}

actor_server() { serve "$PYTHON" "$RECORD_DIR/actor.py" server "$SERVER" 80 "$@"; }
actor_client() { in_client "$PYTHON" "$RECORD_DIR/actor.py" client "$SERVER" 80 "$@" 2>>"$SCRATCH/client.log"; }
pool() { in_client "$PYTHON" "$RECORD_DIR/pool.py" "$SERVER" 80 "$@" 2>>"$SCRATCH/client.log" || :; }
node_server() { need node; serve node "$RECORD_DIR/server.js" "$@"; }
curl_client() { in_client $CURL "$@" 2>>"$SCRATCH/client.log" || :; }

www() {
    mkdir -p "$SCRATCH/www"
    printf 'hello\n' >"$SCRATCH/www/index.html"
    printf 'second page\n' >"$SCRATCH/www/second.html"
    printf 'third page\n' >"$SCRATCH/www/third.html"
    head -c 12000 /dev/zero | tr '\0' x >"$SCRATCH/www/large.txt"
    chmod -R a+rX "$SCRATCH"
}

nginx_server() { # server directives
    need nginx
    www
    cat >"$SCRATCH/nginx.conf" <<CONF
daemon off; master_process off; user root; pid $SCRATCH/nginx.pid; error_log $SCRATCH/nginx-error.log;
events { worker_connections 64; }
http {
    types { text/html html; text/plain txt; }
    log_format record '\$msec connection=\$connection request=\$connection_requests "\$request" '
                      'status=\$status sent=\$bytes_sent';
    access_log $SCRATCH/nginx-access.log record;
    client_body_temp_path $SCRATCH/t1; proxy_temp_path $SCRATCH/t2; fastcgi_temp_path $SCRATCH/t3;
    uwsgi_temp_path $SCRATCH/t4; scgi_temp_path $SCRATCH/t5;
    server {
        ${NGINX_LISTEN:-listen 80; listen [::]:80;} server_name example.test; root $SCRATCH/www;
        $1
    }
}
CONF
    serve nginx -p "$SCRATCH" -c "$SCRATCH/nginx.conf"
}

apache_server() { # directives
    need apache2
    www
    local modules=/usr/lib/apache2/modules module
    {
        for module in mpm_event authz_core mime dir reqtimeout proxy proxy_connect; do
            echo "LoadModule ${module}_module $modules/mod_$module.so"
        done
        cat <<CONF
ServerName example.test
Listen 80
PidFile $SCRATCH/apache.pid
ErrorLog $SCRATCH/apache-error.log
LogFormat "%{usec}t request=%k \"%r\" %>s %X" record
CustomLog $SCRATCH/apache-access.log record
DocumentRoot $SCRATCH/www
StartServers 1
ServerTokens Prod
<Directory />
Require all granted
</Directory>
DirectoryIndex index.html
TypesConfig /dev/null
RequestReadTimeout header=0 body=0
$1
CONF
    } >"$SCRATCH/apache.conf"
    serve apache2 -X -d "$SCRATCH" -f "$SCRATCH/apache.conf"
}

haproxy_server() { # front-end directives: it answers by itself
    haproxy_config 'mode http' "frontend web
    bind :80
    $1
    http-request return status 200 content-type text/plain string \"hello\""
    serve haproxy -db -f "$SCRATCH/haproxy.cfg"
}

haproxy_config() { # DEFAULTS SECTIONS
    need haproxy
    cat >"$SCRATCH/haproxy.cfg" <<CONF
global
    maxconn 64
defaults
    timeout connect 5s
    timeout client 10s
    timeout server 10s
    $1
$2
CONF
}

gunicorn_server() { # SECONDS: its timeout of idle connections, which only workers with threads have
    need gunicorn
    cat >"$SCRATCH/app.py" <<CONF
def app(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "6")])
    return [b"hello\\n"]
CONF
    serve gunicorn --chdir "$SCRATCH" --worker-class gthread --threads 4 --keep-alive "$1" -b "$SERVER:80" app:app
}

lighttpd_server() { # directives
    need lighttpd
    www
    cat >"$SCRATCH/lighttpd.conf" <<CONF
server.document-root = "$SCRATCH/www"
server.port = 80
server.errorlog = "$SCRATCH/lighttpd-error.log"
index-file.names = ( "index.html" )
mimetype.assign = ( ".html" => "text/html", ".txt" => "text/plain" )
$1
CONF
    serve lighttpd -D -f "$SCRATCH/lighttpd.conf"
}

# -- running ------------------------------------------------------------------------------------------

# run_samples [NAME…]: the named sample functions, or all of the script that sourced this.
run_samples() {
    local name failed=0
    [ "$(id -u)" = 0 ] || { say "network namespaces need root"; return 1; }
    need ip ethtool tcpdump tshark editcap mergecap curl ss "$PYTHON" || return 1
    if [ $# -eq 0 ]; then
        set -- $(declare -F | sed -n 's/^declare -f sample_//p')
    fi
    for name in "$@"; do
        declare -F "sample_$name" >/dev/null || continue
        # Not `if ( … )`: the shell would ignore set -e inside.
        set +e
        ( set -e; "sample_$name" )
        [ $? -eq 0 ] || { say "failed: $name"; failed=1; }
        set -e
    done
    return $failed
}
