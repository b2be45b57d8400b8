#!/usr/bin/env bash
# Starts what does not run: start.sh NAME...
# NAME: etcd kube-apiserver kube-controller-manager kube-scheduler provisioner dns registry, or a service of a node that
# kill.sh ended: kubelet@n1 containerd@n1 kube-proxy@n1. A node as a whole: node-up.sh.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
need_root cluster:up
need_rig
lock
pki=$RIG/pki etc=$RIG/etc

start_etcd() {
  # Without fsync: a test cluster may lose its data in a power cut, and disks of CI machines are slow.
  spawn etcd etcd --name rig --data-dir "$RIG/data/etcd" --unsafe-no-fsync \
    --listen-client-urls "http://$LOOP_IP:2379" --advertise-client-urls "http://$LOOP_IP:2379" \
    --listen-peer-urls "http://$LOOP_IP:2380" --initial-advertise-peer-urls "http://$LOOP_IP:2380" \
    --initial-cluster "rig=http://$LOOP_IP:2380"
}
start_kube-apiserver() {
  # shellcheck disable=SC2086
  spawn kube-apiserver kube-apiserver --etcd-servers="http://$LOOP_IP:2379" \
    --bind-address="$HOST_IP" --advertise-address="$HOST_IP" --secure-port=6443 \
    --service-cluster-ip-range="$SERVICE_CIDR" --authorization-mode=Node,RBAC --enable-admission-plugins=NodeRestriction \
    --allow-privileged --enable-aggregator-routing \
    --tls-cert-file="$pki/apiserver.crt" --tls-private-key-file="$pki/apiserver.key" --client-ca-file="$pki/ca.crt" \
    --kubelet-certificate-authority="$pki/ca.crt" --kubelet-client-certificate="$pki/apiserver-kubelet-client.crt" \
    --kubelet-client-key="$pki/apiserver-kubelet-client.key" --kubelet-preferred-address-types=InternalIP \
    --service-account-issuer=https://kubernetes.default.svc.cluster.local \
    --service-account-key-file="$pki/sa.pub" --service-account-signing-key-file="$pki/sa.key" \
    --requestheader-client-ca-file="$pki/front-ca.crt" --requestheader-allowed-names=front-proxy-client \
    --requestheader-username-headers=X-Remote-User --requestheader-group-headers=X-Remote-Group \
    --requestheader-extra-headers-prefix=X-Remote-Extra- \
    --proxy-client-cert-file="$pki/front-proxy-client.crt" --proxy-client-key-file="$pki/front-proxy-client.key" \
    --event-ttl=4h --shutdown-delay-duration=0s ${APISERVER_FLAGS:-}
}
start_kube-controller-manager() {
  spawn kube-controller-manager kube-controller-manager --kubeconfig "$etc/controller-manager.kubeconfig" \
    --use-service-account-credentials --service-account-private-key-file "$pki/sa.key" --root-ca-file "$pki/ca.crt" \
    --cluster-signing-cert-file "$pki/ca.crt" --cluster-signing-key-file "$pki/ca.key" \
    --bind-address "$LOOP_IP" --leader-elect=false --allocate-node-cidrs=false \
    --node-monitor-grace-period="${NODE_GRACE:-20s}" --concurrent-job-syncs=20
}
start_kube-scheduler() {
  local own=$etc/scheduler.kubeconfig
  spawn kube-scheduler kube-scheduler --kubeconfig "$own" --authentication-kubeconfig "$own" --authorization-kubeconfig "$own" \
    --bind-address "$LOOP_IP" --leader-elect=false
}
start_provisioner() {
  mkdir -p "$RIG/volumes"
  spawn provisioner provisioner --kubeconfig "$etc/admin.kubeconfig" --folder "$RIG/volumes"
}
start_dns() {
  cat >"$etc/Corefile" <<CONF
.:53 {
  bind $HOST_IP
  errors
  kubernetes cluster.local in-addr.arpa {
    kubeconfig $etc/admin.kubeconfig rig
    pods insecure
  }
}
CONF
  spawn dns dns -conf "$etc/Corefile"
}
start_registry() {
  # shellcheck disable=SC2034
  local root=$PROJECT node
  # shellcheck source=/dev/null
  . "$PROJECT/bin/find-node.sh"
  mkdir -p "$RIG/registry"
  spawn registry "$node" "$HERE/registry/main.ts" "$HOST_IP" 5000 "$RIG/registry"
}

for name in "$@"; do
  case " $CONTROL_PLANE " in
    *" $name "*)
      alive "$name" || "start_$name"
      [ "$name" != kube-apiserver ] || await 180 'the API server' api_ready || {
        tail -n 15 "$RIG/log/kube-apiserver.log" >&2
        fail "the API server does not become ready; logs: $RIG/log; to begin anew: npm run cluster:down -- --purge"
      }
      continue
      ;;
  esac
  service=${name%@*} node=n$(node_number "${name#*@}")
  case " $NODE_SERVICES " in *" $service "*) rm -f "$RIG/run/$service.$node.off" ;; *) fail "no such component: $name" ;; esac
done
