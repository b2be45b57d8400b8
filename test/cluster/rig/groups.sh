# shellcheck shell=bash
# Sourced by what starts and ends nodes: a node's control groups, below which all its pods lie.
cgroup_roots() { # one for version 2, one a hierarchy for version 1
  if [ "$(stat -fc %T /sys/fs/cgroup)" = cgroup2fs ]; then echo /sys/fs/cgroup/; else printf '%s\n' /sys/fs/cgroup/*/; fi
}
make_groups() { # make_groups NODE
  local root file controller
  for root in $(cgroup_roots); do
    if [ -f "$root/cgroup.controllers" ] && [ "$root" = /sys/fs/cgroup/ ]; then
      for controller in $(<"$root/cgroup.controllers"); do
        echo "+$controller" >"$root/cgroup.subtree_control" 2>/dev/null || true
      done
      grep -qw memory "$root/cgroup.subtree_control" ||
        fail 'control groups (version 2) cannot be divided here: processes stand in the root group of this container'
    fi
    mkdir -p "$root$P-$1" 2>/dev/null || continue
    # A new cpuset group of version 1 is empty; nothing can run in it before it has its parent's processors and memory nodes.
    [ ! -f "${root}cpuset.cpus" ] || for file in cpuset.cpus cpuset.mems; do cat "$root$file" >"$root$P-$1/$file"; done
  done
}
groups_of() { # groups_of NODE: those that exist
  local root
  for root in $(cgroup_roots); do if [ -d "$root$P-$1" ]; then echo "$root$P-$1"; fi; done
}
remove_group() { find "$1" -depth -type d -exec rmdir {} + && [ ! -d "$1" ]; }
# What is left of dead containers is empty once the kernel has reaped their processes.
remove_groups() { # remove_groups NODE
  local group
  for group in $(groups_of "$1"); do await 20 "the end of $group" remove_group "$group" || true; done
}
