# shellcheck shell=bash disable=SC2034
# Sourced by the scripts that record TLS: a certificate, key logs, captures of port 443 with the secrets
# in front. They take dumpcap and editcap of Wireshark, and openssl.
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

KEYS=

# tls_lab NAME: the lab, a certificate, and a capture of port 443 at the client.
tls_lab() {
    lab
    KEYS=$SCRATCH/keys
    openssl req -x509 -newkey rsa:2048 -nodes -keyout "$SCRATCH/key.pem" -out "$SCRATCH/cert.pem" \
        -days 2 -subj /CN=example.test -addext subjectAltName=DNS:example.test 2>>"$SCRATCH/openssl.log"
    ip netns exec "$CLIENT_NS" dumpcap -q -i eth0 -f 'tcp port 443' -w "$SCRATCH/raw.pcapng" \
        2>"$SCRATCH/dumpcap.log" &
    PIDS="$PIDS $!"
    DUMPCAP=$!
    until grep -qs 'Capturing on\|File:' "$SCRATCH/dumpcap.log"; do sleep 0.05; done
    sleep 0.3
}

# tls_serve COMMAND…: in the background, until port 443 listens
tls_serve() {
    in_server "$@" >>"$SCRATCH/server.log" 2>&1 &
    PIDS="$PIDS $!"
    until in_server ss -Hltn 'sport = :443' | grep -q .; do sleep 0.1; done
}

peer() { tls_serve "$PYTHON" "$RECORD_DIR/tls_peer.py" "$SCRATCH" "$KEYS" "$SERVER" "$@"; }

# get SECONDS PATH…: one connection with a request a path, which then waits for the server's close
get() { in_client "$PYTHON" "$RECORD_DIR/tls_get.py" "$SCRATCH/cert.pem" "$SERVER" "$@" 2>>"$SCRATCH/client.log"; }

# keep_tls NAME: the capture without what dumpcap says of this machine, with the secrets
keep_tls() {
    sleep 0.5
    kill -TERM "$DUMPCAP"
    wait "$DUMPCAP" || :
    editcap -F pcap "$SCRATCH/raw.pcapng" "$SCRATCH/raw.pcap"
    editcap --inject-secrets "tls,$KEYS" "$SCRATCH/raw.pcap" "$SCRATCH/$1"
    keep "$1"
}

# keep_tls_bare NAME: the same without the secrets
keep_tls_bare() {
    sleep 0.5
    kill -TERM "$DUMPCAP"
    wait "$DUMPCAP" || :
    editcap -F pcap "$SCRATCH/raw.pcapng" "$SCRATCH/$1"
    keep "$1"
}

# tls_pages: what the servers serve
tls_pages() {
    www
    cat "$SCRATCH/cert.pem" "$SCRATCH/key.pem" >"$SCRATCH/both.pem"
    chmod -R a+rX "$SCRATCH"
}

tls_nginx() { # server directives
    tls_pages
    cat >"$SCRATCH/nginx.conf" <<CONF
daemon off; master_process off; user root; pid $SCRATCH/nginx.pid; error_log $SCRATCH/nginx-error.log;
events { worker_connections 64; }
http {
    types { text/html html; text/plain txt; }
    log_format record '\$msec connection=\$connection request=\$connection_requests "\$request" '
                      'status=\$status sent=\$bytes_sent \$ssl_protocol \$ssl_cipher '
                      'early=\$ssl_early_data reused=\$ssl_session_reused';
    access_log $SCRATCH/nginx-access.log record;
    client_body_temp_path $SCRATCH/t1; proxy_temp_path $SCRATCH/t2; fastcgi_temp_path $SCRATCH/t3;
    uwsgi_temp_path $SCRATCH/t4; scgi_temp_path $SCRATCH/t5;
    ssl_certificate $SCRATCH/cert.pem; ssl_certificate_key $SCRATCH/key.pem;
    server {
        ${NGINX_LISTEN:-listen 443 ssl;} server_name example.test; root $SCRATCH/www;
        $1
    }
}
CONF
    tls_serve nginx -p "$SCRATCH" -c "$SCRATCH/nginx.conf"
}

tls_apache() { # PROTOCOLS DIRECTIVES
    tls_pages
    local modules=/usr/lib/apache2/modules module
    {
        for module in mpm_event authz_core mime dir ssl http2; do
            echo "LoadModule ${module}_module $modules/mod_$module.so"
        done
        cat <<CONF
ServerName example.test
Listen 443
PidFile $SCRATCH/apache.pid
ErrorLog $SCRATCH/apache-error.log
LogFormat "%{usec}t request=%k \"%r\" %>s %X" record
CustomLog $SCRATCH/apache-access.log record
DocumentRoot $SCRATCH/www
StartServers 1
ServerTokens Prod
Protocols $1
SSLEngine on
SSLCertificateFile $SCRATCH/cert.pem
SSLCertificateKeyFile $SCRATCH/key.pem
SSLSessionCache none
<Directory />
Require all granted
</Directory>
DirectoryIndex index.html
TypesConfig /dev/null
$2
CONF
    } >"$SCRATCH/apache.conf"
    tls_serve apache2 -X -d "$SCRATCH" -f "$SCRATCH/apache.conf"
}

tls_haproxy() { # BIND-OPTIONS DIRECTIVES: it answers by itself
    tls_pages
    haproxy_config 'mode http' "frontend web
    bind :443 ssl crt $SCRATCH/both.pem $1
    $2
    http-request return status 200 content-type text/plain string \"hello\""
    tls_serve haproxy -db -f "$SCRATCH/haproxy.cfg"
}

tls_lighttpd() { # directives
    tls_pages
    cat >"$SCRATCH/lighttpd.conf" <<CONF
server.modules = ( "mod_openssl" )
server.document-root = "$SCRATCH/www"
server.port = 443
server.errorlog = "$SCRATCH/lighttpd-error.log"
index-file.names = ( "index.html" )
mimetype.assign = ( ".html" => "text/html", ".txt" => "text/plain" )
ssl.engine = "enable"
ssl.pemfile = "$SCRATCH/both.pem"
$1
CONF
    tls_serve lighttpd -D -f "$SCRATCH/lighttpd.conf"
}

# tls_curl OPTION…: curl with its key log
tls_curl() {
    in_client env SSLKEYLOGFILE="$KEYS" curl -sS --max-time 20 -o /dev/null --resolve "example.test:443:$SERVER" \
        --cacert "$SCRATCH/cert.pem" "$@" 2>>"$SCRATCH/client.log"
}

# tls_get SECONDS PATH…: as get, with the client's key log
tls_get() { SSLKEYLOGFILE=$KEYS get "$@"; }

# s_client OPTION…: openssl's client, which reads what it sends
s_client() {
    in_client openssl s_client -connect "$SERVER:443" -servername example.test -keylogfile "$KEYS" "$@" \
        >>"$SCRATCH/client.log" 2>&1
}
