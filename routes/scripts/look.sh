#!/bin/sh
# What `caravan init` shows of a host before there is a spec: a line for each NAME and value, separated by a tab.
# It needs no root and nothing beside it, and changes nothing.
set -u
tell() { printf '%s\t%s\n' "$1" "$2"; }
tell name "$(hostname -s 2>/dev/null || cut -d. -f1 /proc/sys/kernel/hostname)"
# shellcheck source=/dev/null  # the host's own
tell system "$(. /etc/os-release 2>/dev/null && printf '%s' "${PRETTY_NAME:-}")"
tell cpus "$(getconf _NPROCESSORS_ONLN 2>/dev/null)"
tell memoryMib "$(awk '/^MemTotal:/ { print int($2 / 1024) }' /proc/meminfo)"
for program in containerd dockerd crio kubelet; do
  command -v "$program" >/dev/null 2>&1 && tell found "$program"
done
[ ! -e /etc/kubernetes/kubelet.conf ] || tell found "a node of a cluster"
if [ "$(id -u)" != 0 ]; then
  if ! command -v sudo >/dev/null 2>&1; then
    tell sudo missing
  elif ! sudo -n true 2>/dev/null; then
    tell sudo password
  fi
fi
exit 0
