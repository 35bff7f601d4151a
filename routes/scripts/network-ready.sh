#!/bin/sh
# Waits until the bridge network is complete: every node has its block of addresses, and this host has a route to each other node's.
# Environment: CNI, NODE_NAME.

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"

if planning; then exit 0; fi
[ "$CNI" = bridge ] || skip "the pods of the $CNI network report when it is ready"

bridge_ready() {
  cluster get nodes -o 'jsonpath={range .items[*]}{.metadata.name}{"|"}{.spec.podCIDR}{" "}{.spec.podCIDRs[*]}{"\n"}{end}' \
    > "$WORK/nodes" || return 1
  : > "$WORK/waiting"
  { ip -4 route show; ip -6 route show 2>/dev/null || true; } > "$WORK/routes"
  while IFS='|' read -r name cidrs; do
    cidrs=$(echo "$cidrs" | tr -s ' ' '\n' | sed '/^$/d' | sort -u)
    if [ -z "$cidrs" ]; then
      echo "$name has no block of addresses yet" >> "$WORK/waiting"
    elif [ "$name" != "$NODE_NAME" ]; then
      for cidr in $cidrs; do
        grep -qF "$cidr via " "$WORK/routes" || echo "no route to $name ($cidr) yet" >> "$WORK/waiting"
      done
    fi
  done < "$WORK/nodes"
  [ -s "$WORK/nodes" ] && [ ! -s "$WORK/waiting" ]
}

say "waiting for the nodes' blocks of addresses and routes"
wait_until 60 bridge_ready ||
  fail_for_now "the bridge network is not complete after 60 s: $(one_line_input < "$WORK/waiting")" \
    "On the host named: journalctl -u caravan-pod-network"
echo "$(wc -l < "$WORK/nodes") nodes, each with its block and a route"
