#!/usr/bin/env bash
# Takes a number from 0 to 9 for this rig (RIG_ID, else the one it had, else the first that is free) by making the bridge
# of that number, which carries the rig's folder as its alias.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
mkdir -p /run/lock
exec 6>/run/lock/ilab-backend-rig
flock 6

owner() { cat "/sys/class/net/ilab-rig$1/ifalias" 2>/dev/null; } # fails when there is no such bridge
is_free() { # no bridge of that number, and nobody else uses its addresses
  set_addresses "$1"
  [ ! -e "/sys/class/net/$P" ] || return 1
  local range
  for range in "$HOST_IP/24" "$SERVICE_CIDR" "$POD_CIDR"; do
    [ -z "$(ip -4 route show root "${range/.1\/24/.0\/24}")" ] || return 1
  done
}
choose() {
  local id had
  had=$(cat "$RIG/id" 2>/dev/null || true)
  for id in ${asked:-$had} 0 1 2 3 4 5 6 7 8 9; do
    case $id in [0-9]) ;; *) fail "RIG_ID is 0 to 9, not '$id'" ;; esac
    if [ "$(owner "$id" || true)" = "$RIG" ] || is_free "$id"; then echo "$id"; return; fi
    [ -z "$asked" ] || fail "RIG_ID $id is taken: $(owner "$id" || echo 'its addresses are in use')"
  done
  fail 'all ten numbers of rigs are taken; see: ip -details link show type bridge'
}

asked=${RIG_ID:-}
id=$(choose)
had=$(cat "$RIG/id" 2>/dev/null || true)
if [ -n "$had" ] && [ "$had" != "$id" ]; then
  say "the number of this rig was $had and is now $id: its addresses change, so its keys and data begin anew"
  "$HERE/down.sh" --purge
  mkdir -m 700 "$RIG"
fi
set_addresses "$id"
[ -e "/sys/class/net/$P" ] || { ip link add "$P" type bridge && ip link set "$P" alias "$RIG"; }
ip addr replace "$HOST_IP/24" dev "$P"
ip link set "$P" up
echo "$id" >"$RIG/id"
