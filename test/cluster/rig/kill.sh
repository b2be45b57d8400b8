#!/usr/bin/env bash
# Ends a component and waits until it is gone; it stays away until start.sh NAME (or up.sh). Usage: kill.sh NAME [SIGNAL]
# NAME as of start.sh. SIGNAL: KILL (default), TERM; STOP and CONT make it hang and go on, without an end.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
need_root cluster:up
need_rig
name=$1 signal=${2:-KILL}

service_pid() { cat "$RIG/$node/$service.nspid"; }
service_gone() { ! "$HERE/in-node.sh" "$node" sh -c "[ -d /proc/$(service_pid) ] && ! grep -q '^State:.Z' /proc/$(service_pid)/status"; }

case " $CONTROL_PLANE " in
  *" $name "*)
    case $signal in
      STOP | CONT) kill -s "$signal" "$(alive_pid "$name")" ;;
      *) stop "$name" "$signal" ;;
    esac
    exit
    ;;
esac
service=${name%@*} node=n$(node_number "${name#*@}")
case " $NODE_SERVICES " in *" $service "*) ;; *) fail "no such component: $name" ;; esac
case $signal in STOP | CONT) ;; *) touch "$RIG/run/$service.$node.off" ;; esac
"$HERE/in-node.sh" "$node" sh -c "kill -s $signal $(service_pid) 2>/dev/null" || true
case $signal in STOP | CONT) ;; *) await 20 "the end of $name" service_gone ;; esac
