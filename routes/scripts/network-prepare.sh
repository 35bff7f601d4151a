#!/bin/sh
# Installs what the bridge network needs on each host before kubelet starts: the CNI configuration, and a small service. The service sets
# the node's block of addresses and keeps a route to each other node's. If a node is added or removed later, the services of all others
# notice it, so no other host needs a change. Other networks install their own files.
# Environment: CNI, POD_CIDR (this node's block), POD_SUBNET (all of them), SERVICE_SUBNET, NODE_NAME. For dual stack, POD_CIDR and the
# subnets are one of each family, with a comma between them.

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"

[ "$CNI" = bridge ] || skip "the $CNI network needs nothing on the host before kubeadm"

ranges=
default_routes=
for block in $(echo "$POD_CIDR" | tr , ' '); do
  case $block in
    *:*/*) destination=::/0 ;;
    *.*.*.*/*) destination=0.0.0.0/0 ;;
    *) fail "this node's block of pod addresses is '$block', which is no network" "Correct kubernetes.podSubnet in the spec." ;;
  esac
  ranges="${ranges:+$ranges, }[{\"subnet\": \"$block\"}]"
  default_routes="${default_routes:+$default_routes, }{\"dst\": \"$destination\"}"
done
[ -n "$ranges" ] || fail "this node has no block of pod addresses" "Correct kubernetes.podSubnet in the spec."

# The bridge's own masquerading would hide pods from each other; the service masquerades what leaves the pod network.
put_file "$R/etc/cni/net.d/10-caravan-bridge.conflist" 0644 <<JSON
{
  "cniVersion": "0.4.0",
  "name": "caravan-bridge",
  "plugins": [
    {
      "type": "bridge",
      "bridge": "cni0",
      "isGateway": true,
      "hairpinMode": true,
      "ipMasq": false,
      "ipam": {
        "type": "host-local",
        "ranges": [$ranges],
        "routes": [$default_routes]
      }
    },
    {"type": "portmap", "capabilities": {"portMappings": true}}
  ]
}
JSON

service_changed=no
keep_reader caravan-pod-network.service
put_file "$R/etc/caravan/pod-network" 0644 <<VALUES
# Read by caravan-pod-network.service.
NODE_NAME=$NODE_NAME
POD_CIDR=$POD_CIDR
POD_SUBNET=$POD_SUBNET
SERVICE_SUBNET=${SERVICE_SUBNET:-}
VALUES
[ "$file_changed" = no ] || service_changed=yes

put_file "$R/usr/local/lib/caravan/pod-network" 0755 <<'SCRIPT'
#!/bin/sh
# The bridge pod network of this node: its block of addresses, routes to the other nodes' blocks, and the rules that
# let pods out. Run by caravan-pod-network.service; `pod-network clear` takes routes and rules away again.
# Address and credentials of the API server are kubelet's own. From Kubernetes 1.32 on these may read no node but their own
# (AuthorizeNodeWithSelectors), so the step "network" grants the group of all nodes to list them. Routes of ours carry
# protocol 202, so that no other is touched.
set -u
kubeconfig=${KUBELET_KUBECONFIG:-/etc/kubernetes/kubelet.conf}
protocol=202

files=${RUNTIME_DIRECTORY:-/run/caravan-pod-network}

cluster() { kubectl --kubeconfig "$kubeconfig" --cache-dir "$files" --request-timeout 10s "$@"; }

# What is of that family, 4 or 6, among networks or addresses with commas or spaces between them; one a line.
of_family() { # FAMILY LIST
  case $1 in 6) pattern=: ;; *) pattern="[.]" ;; esac
  echo "$2" | tr -s ' ,' '[\n*]' | grep -e "$pattern"
}
family_of() { case $1 in *:*) echo 6 ;; *) echo 4 ;; esac; } # NETWORK

rules() { # -A or -D
  for family in 4 6; do
    block=$(of_family $family "$POD_CIDR") || continue
    pods=$(of_family $family "$POD_SUBNET")
    case $family in 6) tables=ip6tables ;; *) tables=iptables ;; esac
    each_rule "$1" nat POSTROUTING -s "$block" ! -d "$pods" -m comment --comment "caravan: pods to the outside" -j MASQUERADE
    # A packet to a Service that kube-proxy has not translated yet would be lost, and with it each later one of its connection: the
    # kernel keeps the first one's way. CoreDNS would try for 30 s, at each start of the node. An answer makes it connect again at once.
    if services=$(of_family $family "${SERVICE_SUBNET:-}"); then
      each_rule "$1" filter FORWARD -i cni0 -d "$services" -m comment --comment "caravan: Services that are not ready" -j REJECT
    fi
    each_rule "$1" filter FORWARD -s "$pods" -m comment --comment "caravan: from pods" -j ACCEPT
    each_rule "$1" filter FORWARD -d "$pods" -m comment --comment "caravan: to pods" -j ACCEPT
  done
}
each_rule() { # -A or -D, TABLE CHAIN RULE...
  action=$1 table=$2 chain=$3
  shift 3
  if "$tables" -w -t "$table" -C "$chain" "$@" 2>/dev/null; then
    if [ "$action" = -D ]; then "$tables" -w -t "$table" -D "$chain" "$@"; fi
  elif [ "$action" = -A ]; then
    "$tables" -w -t "$table" -A "$chain" "$@"
  fi
}

# One node as the API server describes it: its blocks for this node, a route to each for any other. The first block is named twice, as
# it is in two fields.
node() { # NAME CIDRS ADDRESSES
  if [ "$1" = "$NODE_NAME" ]; then
    case $2 in
      *[!\ ]*)
        for block in $(of_family 4 "$POD_CIDR") $(of_family 6 "$POD_CIDR"); do
          case " $2 " in
            *" $block "*) ;;
            *) echo "node $1 has the blocks $2, but this host was prepared for $POD_CIDR: its pods will not be reached" >&2 ;;
          esac
        done
        ;;
      *) [ "$given" = yes ] || give_block "$1" ;;
    esac
    return 0
  fi
  for block in $(echo "$2" | tr ' ' '\n' | sort -u); do
    # such as of a lost node whose place this one took, until it is deleted
    case ",$POD_CIDR," in *",$block,"*) continue ;; esac
    family=$(family_of "$block")
    via=$(of_family "$family" "$3" | head -n 1)
    if [ -n "$via" ] && ! ip "-$family" route show "$block" | grep -qF "via $via "; then
      echo "route to $block through $1 at $via"
      ip "-$family" route replace "$block" via "$via" proto $protocol
    fi
  done
}

# kubelet reports its node's state at once when the block appears, and again only 10 s later. So the block comes when
# there is nothing else to wait for: with the CSINode object, which is the last that kubelet makes of a new node.
give_block() { # NODE
  for _ in 1 2 3 4 5 6 7 8 9 10; do
    if cluster get csinode "$1" -o name >/dev/null 2>&1; then break; fi
    sleep 0.3
  done
  echo "giving node $1 the block $POD_CIDR"
  blocks=$(echo "$POD_CIDR" | sed 's/,/","/g')
  if cluster patch node "$1" -p "{\"spec\":{\"podCIDR\":\"${POD_CIDR%%,*}\",\"podCIDRs\":[\"$blocks\"]}}" >/dev/null; then given=yes; fi
}

gone() { # CIDRS
  for block in $1; do
    family=$(family_of "$block")
    if [ -n "$(ip "-$family" route show "$block" proto $protocol)" ]; then
      echo "no route to $block any more"
      ip "-$family" route del "$block" proto $protocol
    fi
  done
}

# Our routes: their destinations.
own_routes() { { ip -4 route show proto $protocol; ip -6 route show proto $protocol 2>/dev/null; } | cut -d ' ' -f 1; }

# Routes of nodes that are not there any more, such as went while nobody looked.
sweep() { # FILE with the nodes there are
  own_routes | while read -r cidr; do
    cut -d '|' -f 2 "$1" | tr ' ' '\n' | grep -qxF "$cidr" || gone "$cidr"
  done
}

if [ "${1:-}" = clear ]; then
  rules -D
  own_routes | while read -r cidr; do gone "$cidr"; done
  exit 0
fi

# Writes the nodes that there are to a file.
list_nodes() { cluster get nodes -o "jsonpath={range .items[*]}$fields{end}" > "$files/nodes" 2>"$files/error"; }

watch=
trap 'if [ -n "$watch" ]; then kill "$watch" 2>/dev/null; fi; exit 0' TERM INT
# Until this host has joined a cluster there is nothing to do. Looked for, not watched: a systemd path unit takes one of the
# kernel's inotify instances, and a busy host may have none left.
until [ -f "$kubeconfig" ]; do sleep 0.5; done

rules -A
fields='{.metadata.name}{"|"}{.spec.podCIDR}{" "}{.spec.podCIDRs[*]}{"|"}{.status.addresses[?(@.type=="InternalIP")].address}{"\n"}'
event_fields=$(printf %s "$fields" | sed 's/{[.]/{.object./g')
rm -f "$files/events"
mkfifo "$files/events"

# Why the last list of nodes failed, "" once one succeeded: a reason is written to the log once, not every second.
refused=
failures=0
given=no

# The whole list, then what happens to it. The API server ends a watch from time to time; a new one is begun then.
while [ -f "$kubeconfig" ]; do
  if list_nodes; then
    refused=
    failures=0
    sweep "$files/nodes"
    given=no
    # kubectl itself, not the function above: this is the process to end with the service
    kubectl --kubeconfig "$kubeconfig" --cache-dir "$files" get nodes --watch --output-watch-events \
      -o "jsonpath={.type}{\"|\"}$event_fields" 2>"$files/error" > "$files/events" &
    watch=$!
    while IFS='|' read -r event name cidr address; do
      case $event in
        ADDED | MODIFIED) node "$name" "$cidr" "$address" ;;
        DELETED)
          gone "$cidr"
          # another node may have the block by now
          if list_nodes; then
            while IFS='|' read -r name cidr address; do node "$name" "$cidr" "$address"; done < "$files/nodes"
          fi
          ;;
      esac
    done < "$files/events"
    wait "$watch"
    watch=
  else
    reason=$(tail -n 1 "$files/error")
    if [ "$reason" != "$refused" ]; then echo "cannot list the nodes: $reason" >&2; fi
    refused=$reason
    # kubelet may read its own node before the cluster lets it list all of them
    own=$(cluster get node "$NODE_NAME" -o "jsonpath=$fields" 2>/dev/null) || own=
    if [ -n "$own" ]; then
      cidr=${own#*|}
      node "$NODE_NAME" "${cidr%%|*}" ""
    fi
  fi
  # The API server is not up yet, or was lost. Each look takes a good part of a second of processor time, so after half a minute
  # they become rare.
  failures=$((failures + 1))
  if [ "$failures" -lt 20 ]; then sleep 1; else sleep 10; fi
done
SCRIPT
[ "$file_changed" = no ] || service_changed=yes

put_file "$R/etc/systemd/system/caravan-pod-network.service" 0644 <<'UNIT'
[Unit]
Description=Caravan: pod network (bridge) of this node
After=network-online.target
Wants=network-online.target

[Service]
EnvironmentFile=/etc/caravan/pod-network
RuntimeDirectory=caravan-pod-network
RuntimeDirectoryMode=0700
ExecStart=/usr/local/lib/caravan/pod-network
Restart=always
RestartSec=5

[Install]
WantedBy=multi-user.target
UNIT
[ "$file_changed" = no ] || service_changed=yes

if planning && [ ! -e "$R/etc/systemd/system/caravan-pod-network.service" ]; then
  change "enable and start caravan-pod-network.service" || exit 0
fi
if [ "$service_changed" = yes ] && ! planning; then
  systemctl daemon-reload
  # only if it runs: with other values than before
  systemctl try-restart caravan-pod-network.service
fi
unit_running caravan-pod-network.service
