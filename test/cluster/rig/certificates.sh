# shellcheck shell=bash
# Sourced by what makes keys; works in the current folder, $RIG/pki. A certificate stands last: when it is there, all is there.
umask 077
key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1.key"; }
authority() { # authority FILE NAME
  [ ! -f "$1.crt" ] || return 0
  key "$1"
  openssl req -x509 -new -key "$1.key" -subj "/CN=$2" -days 3650 -out "$1.new" \
    -addext keyUsage=critical,keyCertSign,cRLSign # basicConstraints CA:TRUE is the default of -x509
  mv "$1.new" "$1.crt"
}
certificate() { # certificate FILE SUBJECT USAGE [NAMES [AUTHORITY]]
  local ca=${5:-ca}
  [ ! -f "$1.crt" ] || return 0
  key "$1"
  { echo "extendedKeyUsage=$3"; [ -z "${4:-}" ] || echo "subjectAltName=$4"; } >"$1.ext"
  openssl req -new -key "$1.key" -subj "$2" | openssl x509 -req -CA "$ca.crt" -CAkey "$ca.key" \
    -set_serial "0x$(openssl rand -hex 16)" -days 3650 -extfile "$1.ext" -out "$1.new" 2>/dev/null
  rm "$1.ext"
  mv "$1.new" "$1.crt"
}
kubeconfig() { # kubeconfig FILE [USER]
  cat <<YAML
apiVersion: v1
kind: Config
clusters: [{name: rig, cluster: {server: "$API", certificate-authority-data: $(base64 -w0 ca.crt)}}]
users: [{name: "${2:-$1}", user: {client-certificate-data: $(base64 -w0 "$1.crt"), client-key-data: $(base64 -w0 "$1.key")}}]
contexts: [{name: rig, context: {cluster: rig, user: "${2:-$1}"}}]
current-context: rig
YAML
}
