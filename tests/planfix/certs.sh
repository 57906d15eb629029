#!/bin/sh
# Certificates for tests, made anew each time: certs.sh DIR
#
#   ca.pem                     the authority, for ca_file
#   good.pem good.key          localhost, 127.0.0.1, ::1
#   expired.pem expired.key    the same names, ended in 2021
#   wrong-name.pem .key        another host's, from the same authority
#   self-signed.pem .key       the right names, signed by nobody
#
# The authority's own key is thrown away.
set -eu
[ $# -eq 1 ] || { echo "usage: certs.sh DIR" >&2; exit 64; }
umask 077
mkdir -p "$1"
out=$(cd "$1" && pwd)
work=$(mktemp -d "$out/.certs.XXXXXX")
trap 'rm -rf "$work"' EXIT
cd "$work"
: >index.txt
cat >ca.cnf <<'EOF'
[req]
distinguished_name = name
prompt = no
[name]
CN = celsync tests
[authority]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[ours]
subjectAltName = DNS:localhost, IP:127.0.0.1, IP:::1
extendedKeyUsage = serverAuth
[others]
subjectAltName = DNS:other.invalid
extendedKeyUsage = serverAuth
[ca]
default_ca = here
[here]
database = index.txt
new_certs_dir = .
rand_serial = yes
unique_subject = no
default_md = sha256
policy = any
[any]
commonName = supplied
EOF

# Quiet unless it fails.
ssl() {
	openssl "$@" >ssl.log 2>&1 || { cat ssl.log >&2; exit 1; }
}
new_key() {
	ssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$1.key"
}
# NAME HOST SECTION START END: signed by the authority, from START to END
sign() {
	new_key "$1"
	ssl req -new -config ca.cnf -key "$1.key" -subj "/CN=$2" -out "$1.csr"
	ssl ca -batch -notext -config ca.cnf -cert ca.pem -keyfile ca.key -in "$1.csr" \
		-extensions "$3" -startdate "$4" -enddate "$5" -out "$1.pem"
}

new_key ca
ssl req -new -x509 -config ca.cnf -extensions authority -key ca.key -days 3650 -out ca.pem
sign good localhost ours 20200101000000Z 20491231000000Z
sign expired localhost ours 20200101000000Z 20210101000000Z
sign wrong-name other.invalid others 20200101000000Z 20491231000000Z
new_key self-signed
ssl req -new -x509 -config ca.cnf -extensions ours -key self-signed.key -subj /CN=localhost \
	-days 3650 -out self-signed.pem
mv ca.pem good.pem good.key expired.pem expired.key wrong-name.pem wrong-name.key \
	self-signed.pem self-signed.key "$out"
