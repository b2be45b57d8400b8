# shellcheck shell=bash
# Sourced by every script of the rig: where its things are, what its addresses are, how its processes are held.
# What the caller uses is not used here:
# shellcheck disable=SC2034
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
PROJECT=$(cd "$HERE/../../.." && pwd -P)

# Everything a rig makes lies in one folder: keys, data, images, logs, records. Each clone has its own; never $TMPDIR, which
# may be another one tomorrow.
own=/tmp/ilab-backend-rig-$(printf %s "$PROJECT" | sha256sum | cut -c1-8)
RIG=${ILAB_TEST_RIG:-$own}
PUBLISH='' # .cluster/ of the clone names the clone's own rig only
[ "$RIG" != "$own" ] || PUBLISH=$PROJECT/.cluster
case $RIG in
  /run/* | /var/lib/* | /var/log/*) echo "ILAB_TEST_RIG may not lie below /run, /var/lib or /var/log: a node hides them" >&2; exit 2 ;;
  /*) ;;
  *) echo "ILAB_TEST_RIG must be an absolute path: $RIG" >&2; exit 2 ;;
esac
export PATH="$RIG/bin:$PATH"
KUBECONFIG=$RIG/kubeconfig
export KUBECONFIG

fail() { # fail MESSAGE...: ends the script
  printf 'cluster rig: %s\n' "$*" >&2
  exit 1
}
say() { printf 'cluster rig: %s\n' "$*" >&2; }

# Several rigs may stand side by side: the number of each decides its addresses and the names of its links and groups.
set_addresses() { # set_addresses ID
  RIG_ID=$1
  P=ilab-rig$RIG_ID # bridge; nodes' links and groups are $P-nI
  HOST_IP=10.250.$RIG_ID.1
  LOOP_IP=127.0.$((200 + RIG_ID)).1 # for what only the control plane itself needs
  API=https://$HOST_IP:6443
  REGISTRY=$HOST_IP:5000
  SERVICE_CIDR=10.$((96 + RIG_ID)).0.0/16
  SERVICE_API_IP=10.$((96 + RIG_ID)).0.1
  POD_CIDR=10.$((244 - RIG_ID)).0.0/16
}
node_ip() { echo "10.250.$RIG_ID.$((10 + $1))"; }
pod_cidr() { echo "10.$((244 - RIG_ID)).$1.0/24"; }

need_rig() { # the rig must have been made; it need not run
  [ -f "$RIG/id" ] || fail "there is no rig in $RIG; type: npm run cluster:up"
  set_addresses "$(cat "$RIG/id")"
}
need_root() { [ "$(id -u)" -eq 0 ] || fail "needs root: it makes namespaces, links and control groups; type: sudo npm run $1"; }
node_number() { # node_number ARGUMENT: 1 of 1 or n1
  local i=${1#n}
  case $i in [1-4]) echo "$i" ;; *) fail "no such node: '$1' (n1 to n4)" ;; esac
}

lock() { # one script at a time changes a rig; scripts that it calls are under its lock
  [ -z "${RIG_LOCKED:-}" ] || return 0
  mkdir -p "$RIG"
  exec 8>"$RIG/lock"
  flock -w 900 8 || fail "another command has been changing $RIG for 15 minutes"
  export RIG_LOCKED=1
}

# A record is `pid start boot`: a number alone may long be somebody else's.
start_time() { # field 22, counted after the name, which may hold anything
  local stat
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
  stat=${stat##*) }
  # shellcheck disable=SC2086
  set -- $stat
  [ "$1" != Z ] && [ "$1" != X ] || return 1 # a slow process 1 of the host may leave a zombie for a while
  echo "${20}"
}
record_self() { echo "$$ $(start_time $$) $(cat /proc/sys/kernel/random/boot_id)" >"$1"; }
alive_pid() { # alive_pid NAME: the pid of a recorded process that still is that process
  local pid start boot
  [ -f "$RIG/run/$1.pid" ] && read -r pid start boot <"$RIG/run/$1.pid" || return 1
  [ "$boot" = "$(cat /proc/sys/kernel/random/boot_id)" ] && [ "$(start_time "$pid")" = "$start" ] && echo "$pid"
}
alive() { alive_pid "$1" >/dev/null; }
gone() { ! alive "$1"; }

# spawn NAME COMMAND...: in the background, recorded by itself before it becomes the command: no moment without a record.
# ILAB_RIG_PROCESS marks it and all it starts, so that down.sh finds what lost its record.
spawn() {
  local name=$1
  shift
  # shellcheck disable=SC2016
  ILAB_RIG_PROCESS=$RIG setsid bash -c '. "$1"; record_self "$2"; shift 2; exec "$@"' rig "$HERE/lib.sh" "$RIG/run/$name.pid" "$@" \
    >>"$RIG/log/$name.log" 2>&1 </dev/null 8>&- &
  await 10 "$name" alive "$name"
}
stop() { # stop NAME [SIGNAL]: ends exactly the process that spawn started, and waits until it is gone
  local pid
  pid=$(alive_pid "$1") || { rm -f "$RIG/run/$1.pid"; return 0; }
  kill -s CONT "$pid" 2>/dev/null || true
  kill -s "${2:-KILL}" "$pid" 2>/dev/null || true
  await 10 "the end of $1" gone "$1" || { kill -s KILL "$pid"; await 10 "the end of $1" gone "$1"; }
  rm -f "$RIG/run/$1.pid"
}

await() { # await SECONDS WHAT COMMAND...: until the command succeeds
  local end=$((SECONDS + $1)) what=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    [ "$SECONDS" -lt "$end" ] || { say "waited in vain for $what"; return 1; }
    sleep 0.1
  done
}

CONTROL_PLANE='etcd kube-apiserver kube-controller-manager kube-scheduler provisioner dns registry'
NODE_SERVICES='containerd kubelet kube-proxy'
# Prints the numbers of the nodes that run.
running_nodes() {
  local i
  for i in 1 2 3 4; do if alive "n$i"; then echo "$i"; fi; done
}
api_ready() { kubectl get --raw /readyz --request-timeout=5s; }
