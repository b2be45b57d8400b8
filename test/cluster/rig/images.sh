#!/usr/bin/env bash
# Makes the rig's own two images, both of Debian's static busybox: rig.local/pause:1 and rig.local/busybox:1.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
mkdir -p "$RIG/images"
[ ! -f "$RIG/images/busybox.tar" ] || exit 0 # the last one made
t=$(mktemp -d)
trap 'rm -rf "$t"' EXIT
box=$t/busybox
mkdir -p "$t/pause/bin" "$box"/{bin,etc,tmp,root,home,usr}
chmod -R a+rX "$t"
chmod 1777 "$box/tmp"
busybox=$(command -v busybox)
install -m 755 "$busybox" "$t/pause/bin/busybox"
install -m 755 "$busybox" "$box/bin/busybox"
for applet in $("$busybox" --list); do [ "$applet" = busybox ] || ln -s busybox "$box/bin/$applet"; done
ln -s ../bin "$box/usr/bin"
echo 'root:x:0:0:root:/root:/bin/sh' >"$box/etc/passwd"
echo 'root:x:0:' >"$box/etc/group"
"$HERE/image.sh" rig.local/pause:1 "$t/pause" "$RIG/images/pause.tar" '["/bin/busybox","sleep","2147483647"]'
"$HERE/image.sh" rig.local/busybox:1 "$box" "$RIG/images/busybox.tar"
