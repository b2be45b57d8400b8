#!/usr/bin/env bash
# Makes the keys, certificates and kubeconfigs that are not there yet. Usage: pki.sh NODES
set -euo pipefail
. "$(dirname "$0")/lib.sh"
. "$HERE/certificates.sh"
need_rig
mkdir -p "$RIG/pki" "$RIG/etc"
cd "$RIG/pki"
authority ca rig-ca
# One CA for clients, servers and the front proxy would let any client claim any identity through the aggregation
# headers, so the front proxy has its own.
authority front-ca rig-front-ca
[ -f sa.pub ] || { openssl genrsa -out sa.key 2048 2>/dev/null && openssl rsa -in sa.key -pubout -out sa.pub 2>/dev/null; }
names=DNS:localhost
for name in kubernetes kubernetes.default kubernetes.default.svc kubernetes.default.svc.cluster.local; do names+=,DNS:$name; done
certificate apiserver /CN=kube-apiserver serverAuth "IP:$HOST_IP,IP:127.0.0.1,IP:$SERVICE_API_IP,$names"
certificate apiserver-kubelet-client /O=system:masters/CN=apiserver-kubelet-client clientAuth
certificate front-proxy-client /CN=front-proxy-client clientAuth '' front-ca
certificate admin /O=system:masters/CN=admin clientAuth
certificate controller-manager /CN=system:kube-controller-manager clientAuth
certificate scheduler /CN=system:kube-scheduler clientAuth
certificate proxy /CN=system:kube-proxy clientAuth
for user in admin controller-manager scheduler proxy; do kubeconfig "$user" >"$RIG/etc/$user.kubeconfig"; done
for i in $(seq "$1"); do
  certificate "n$i" "/O=system:nodes/CN=system:node:n$i" clientAuth
  certificate "n$i-serving" "/O=system:nodes/CN=system:node:n$i" serverAuth "IP:$(node_ip "$i"),DNS:n$i"
  kubeconfig "n$i" >"$RIG/etc/n$i.kubeconfig"
done
cp "$RIG/etc/admin.kubeconfig" "$KUBECONFIG"
