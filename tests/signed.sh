#!/bin/sh
# docs/evidence.md, "Can be sworn to": its commands, each where its tool is there. A signature or a time
# stamp lies beside the manifest, holds, and falls when the manifest changes; --verify minds no such file.
set -eu
. "${srcdir:-$(dirname "$0")/..}/tests/lib.sh"
cd "$work"
tried=0

has() {
    command -v "$1" >/dev/null 2>&1
}

# holds_until_changed NAME COMMAND...: the command checks the manifest.
holds_until_changed() {
    name=$1
    shift
    tried=$((tried + 1))
    "$@" >log 2>&1 || fail "$name: does not hold: $(cat log)"
    "$CONNAUDIT" -q --verify=DIR >log 2>&1 || fail "$name: --verify minds it: $(cat log)"
    cp DIR/manifest.json kept
    echo >>DIR/manifest.json
    ! "$@" >log 2>&1 || fail "$name: holds of another manifest"
    cp kept DIR/manifest.json
}

# Whoever stamps: a certificate of the test's own, for time stamps alone.
make_stamp() {
    cat >stamp.cnf <<-end
	[req]
	distinguished_name = dn
	[dn]
	[ca]
	basicConstraints = critical,CA:TRUE
	[stamps]
	extendedKeyUsage = critical,timeStamping
	[tsa]
	serial = serial
	signer_cert = stamps.pem
	certs = ca.pem
	signer_key = stamps.key
	signer_digest = sha256
	default_policy = 1.2.3.4
	digests = sha256
	end
    echo 01 >serial
    openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -subj /CN=ca -config stamp.cnf \
        -extensions ca
    openssl req -newkey rsa:2048 -nodes -keyout stamps.key -out stamps.csr -subj /CN=stamps -config stamp.cnf
    openssl x509 -req -in stamps.csr -CA ca.pem -CAkey ca.key -CAcreateserial -out stamps.pem \
        -extfile stamp.cnf -extensions stamps
    openssl ts -query -data DIR/manifest.json -sha256 -cert -out request.tsq
    openssl ts -reply -config stamp.cnf -section tsa -queryfile request.tsq -out manifest.tsr
}

cp "$top/samples/close-declared-then-reused.pcap" .
"$CONNAUDIT" -q -o DIR close-declared-then-reused.pcap
if has minisign; then
    minisign -G -W -p minisign.pub -s minisign.key >log
    minisign -S -s minisign.key -m DIR/manifest.json >log
    holds_until_changed minisign minisign -V -m DIR/manifest.json -p minisign.pub
fi
if has gpg && has gpg-agent; then
    GNUPGHOME=$work/gnupg
    export GNUPGHOME
    mkdir -m 700 gnupg
    gpg --batch --quiet --passphrase '' --quick-gen-key test@example.test >log 2>&1 || die "gpg: $(cat log)"
    gpg --armor --detach-sign DIR/manifest.json 2>log
    holds_until_changed gpg gpg --verify DIR/manifest.json.asc DIR/manifest.json
    gpgconf --kill all >log 2>&1 || :
fi
if has openssl; then
    make_stamp >log 2>&1 || die "openssl: $(cat log)"
    holds_until_changed 'time stamp' openssl ts -verify -data DIR/manifest.json -in manifest.tsr -CAfile ca.pem
fi
[ "$tried" -gt 0 ] || exit 77
finish "$tried tools"
