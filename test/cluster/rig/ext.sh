#!/usr/bin/env bash
# Brings controllers that run stages on many nodes, or queue them, into the running rig: ext.sh NAME...
# NAME: kueue, training-operator, jobset, trainer (with the jobset that it needs). Each is its own module's Deployment with its
# rights, webhooks and CRDs; only the image is ours, the program of controllers/build.sh alone. May be repeated.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
need_root cluster:ext
need_rig
lock
[ $# -gt 0 ] || fail 'which? npm run cluster:ext -- kueue | training-operator | jobset | trainer'
api_ready >/dev/null 2>&1 || fail 'the cluster is not up; type: npm run cluster:up'

deployment_of() {
  case $1 in
    kueue) echo kueue-system kueue-controller-manager ;;
    jobset) echo jobset-system jobset-controller-manager ;;
    trainer) echo kubeflow-system kubeflow-trainer-controller-manager ;;
    training-operator) echo kubeflow training-operator ;;
  esac
}

image_of() { # image_of NAME FOLDER: loads it, prints its name, which follows the content
  local image t
  image=rig.local/$1:$(cat "$2/manager" "$0" | sha256sum | cut -c1-12)
  echo "$image"
  # Every node has what lies there, and nodes that come later get it.
  [ "$(cat "$RIG/images/ext-$1.name" 2>/dev/null)" != "$image" ] || return 0
  t=$(mktemp -d)
  mkdir -p "$t/root/tmp" "$t/root/etc/config"
  chmod 1777 "$t/root/tmp"
  cp "$2/manager" "$t/root/manager"
  # What a worker waits for its master with. The operator's own asks until `nslookup` ends with 0, which that of busybox
  # does not do where any of the search domains has no such name.
  cat >"$t/root/etc/config/initContainer.yaml" <<'YAML'
- name: init-pytorch
  image: {{.InitContainerImage}}
  imagePullPolicy: IfNotPresent
  securityContext:
    allowPrivilegeEscalation: false
    capabilities: {drop: [ALL]}
  command: [sh, -c, 'for i in $(seq {{.MaxTries}}); do nslookup {{.MasterAddr}} | grep -q ^Name: && exit 0; sleep 1; done; exit 1']
YAML
  ENTRYPOINT='["/manager"]' "$HERE/image.sh" "$image" "$t/root" "$t/ext-$1.tar" null 65532
  "$HERE/load.sh" "$t/ext-$1.tar" >&2
  echo "$image" >"$RIG/images/ext-$1.name"
  rm -rf "$t"
}

install() {
  local name=$1 folder image namespace deployment manifests
  folder=$("$HERE/controllers/build.sh" "$name")
  image=$(image_of "$name" "$folder")
  manifests=$(mktemp)
  # Only the controller's own image names it so; the fields of the CRDs end in "image:".
  sed "s#^\( *\)\(- \)\?image: .*/\(training-operator\|jobset\|trainer-controller-manager\|kueue\):.*#\1\2image: $image#
    s/imagePullPolicy: Always/imagePullPolicy: IfNotPresent/
    s#^\( *\)- /manager\$#&$([ "$name" != training-operator ] || printf '%s' '\n\1- --pytorch-init-container-image=rig.local/busybox:1')#" \
    "$folder/manifests.yaml" >"$manifests"
  # On the server: the CRDs are too large for the annotation that kubectl would keep.
  kubectl apply --server-side --force-conflicts -f "$manifests" >/dev/null
  rm -f "$manifests"
  read -r namespace deployment <<<"$(deployment_of "$name")"
  kubectl -n "$namespace" rollout status "deployment/$deployment" --timeout=180s >&2
}

for name in "$@"; do
  [ -n "$(deployment_of "$name")" ] || fail "no such controller: $name (kueue, training-operator, jobset, trainer)"
  [ "$name" != trainer ] || install jobset
  install "$name"
done
