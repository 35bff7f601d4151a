# shellcheck shell=sh
# The cluster that the hosts of a rehearsal share, in one directory:
#   initialised, version, endpoint, pod-subnet, allocates      of the control plane that was initialised
#   nodes/NAME/   root, address, version, role, runtime, pod-cidr, labels, taints; joined (its number) last of all
#   secrets/NAME  bootstrap-token-ID: the token's digest and description; kubeadm-certs: the certificate key's digest
#   cluster-configuration, kubelet-configuration      as kubeadm keeps them in ConfigMaps
#   daemonsets    lines NAMESPACE/NAME;   applied: digests of manifests;   pod-network: the file that it puts on nodes
#   nodes/NAME/applied     the labels and taints that Caravan set
#   nodes/NAME/no-member   its member of etcd was removed;   etcd-leader: the node that leads etcd, if it was chosen
#   volume-attachments     lines NODE VOLUME
#   probes/NODE   NODE|UID|ADDRESS|NODE-ADDRESS of a probe's pod;   probe-service: ADDRESS|NODE-PORT
#   pki/          made by the rehearsal at its start

digest_of() { printf '%s' "$1" | sha256sum | cut -d ' ' -f 1; } # TEXT

cluster_is_up() { # Does a control plane answer?
  [ -f "$SHARED/initialised" ] || return 1
  for cluster_root in "$WORKSHOP"/hosts/*; do
    if [ -f "$cluster_root/etc/kubernetes/manifests/kube-apiserver.yaml" ] && [ -e "$cluster_root/.rehearsal/units/kubelet.service/active" ]; then return 0; fi
  done
  return 1
}

# --- static pods: a container for each manifest for as long as the kubelet runs
#   containers/NAME           how often it was stopped, one line for each time
#   containers/NAME.refuses   once stopped, it does not come back as long as its certificate is the one that it has then

static_container() { # COMPONENT: the id of its container, or nothing
  [ -f "$R/etc/kubernetes/manifests/$1.yaml" ] && unit_is kubelet active || return 0
  # a flag that no component knows
  if grep -q -e --no-such-flag "$R/etc/kubernetes/manifests/$1.yaml"; then return 0; fi
  if [ -f "$STATE/containers/$1.down" ] && [ "$(line_of "$STATE/containers/$1.down")" = "$(static_certificate)" ]; then return 0; fi
  { echo "$1" && cat "$STATE/containers/$1" "$R/etc/kubernetes/manifests/$1.yaml" 2>/dev/null; } | sha256sum | cut -d ' ' -f 1
}
static_inspect() { # CONTAINER: when it was started, as crictl and docker print it: a second after its manifest came, or its last stop
  for static_name in etcd kube-apiserver kube-controller-manager kube-scheduler; do
    [ "$(static_container "$static_name")" = "$1" ] || continue
    static_since=$STATE/containers/$static_name
    if [ ! -f "$static_since" ]; then static_since=$R/etc/kubernetes/manifests/$static_name.yaml; fi
    date -u -d "@$(($(stat -c %Y "$static_since") + 1))" +%Y-%m-%dT%H:%M:%S.123456789Z
    return 0
  done
  return 1
}
static_certificate() { sha256sum < "$R/etc/kubernetes/pki/apiserver.crt"; }

static_stop() { # CONTAINER
  for static_name in etcd kube-apiserver kube-controller-manager kube-scheduler; do
    [ "$(static_container "$static_name")" = "$1" ] || continue
    mkdir -p "$STATE/containers"
    echo stopped >> "$STATE/containers/$static_name"
    if [ -f "$STATE/containers/$static_name.refuses" ]; then
      static_certificate > "$STATE/containers/$static_name.down" && rm "$STATE/containers/$static_name.refuses"
    fi
  done
}

# --- nodes

nodes() { # names, in the order in which they joined
  for nodes_directory in "$SHARED"/nodes/*; do
    if [ -f "$nodes_directory/joined" ]; then echo "$(line_of "$nodes_directory/joined") ${nodes_directory##*/}"; fi
  done | sort -n | cut -d ' ' -f 2
}

node_value() { line_of "$SHARED/nodes/$1/$2"; } # NODE NAME

node_ready() { # NODE: True, False or Unknown, as kubelet and controller manager have it
  node_root=$(node_value "$1" root)
  if [ ! -e "$node_root/.rehearsal/units/kubelet.service/active" ]; then echo Unknown && return 0; fi
  for node_file in "$node_root"/etc/cni/net.d/*.conf "$node_root"/etc/cni/net.d/*.conflist; do
    if [ -f "$node_file" ]; then echo True && return 0; fi
  done
  echo False
}

# Takes this host into the cluster.
register() { # NAME ROLE(control-plane|worker) RUNTIME TAINTED(yes|no)
  (
    flock 9
    register_node=$SHARED/nodes/$1
    mkdir -p "$register_node"
    if [ ! -f "$register_node/joined" ]; then
      register_number=$(line_of "$SHARED/next-node")
      echo $((${register_number:-0} + 1)) > "$SHARED/next-node"
      : > "$register_node/labels"
      : > "$register_node/taints"
      pod_cidr_for "${register_number:-0}" > "$register_node/pod-cidr"
    else
      register_number=$(line_of "$register_node/joined")
    fi
    echo "$R" > "$register_node/root"
    line_of "$STATE/address" > "$register_node/address"
    line_of "$STATE/packages/kubelet/version" > "$register_node/version"
    echo "$2" > "$register_node/role"
    echo "$3" > "$register_node/runtime"
    if [ "$2" = control-plane ]; then
      case $(line_of "$SHARED/version") in
        1.1[0-9].* | 1.2[0-3].*) set_pair labels "$1" node-role.kubernetes.io/master '' ;;
      esac
      set_pair labels "$1" node-role.kubernetes.io/control-plane ''
      if [ "$4" = yes ]; then
        case $(line_of "$SHARED/version") in
          1.1[0-9].* | 1.2[0-3].*) set_pair taints "$1" node-role.kubernetes.io/master :NoSchedule ;;
          *) set_pair taints "$1" node-role.kubernetes.io/control-plane :NoSchedule ;;
        esac
      fi
    fi
    if [ -f "$SHARED/pod-network" ]; then pod_network_on "$R"; fi
    echo "${register_number:-0}" > "$register_node/joined"
  ) 9> "$SHARED/lock"
}

# The bridge network's own block; otherwise what the controller manager gives, if it gives any.
pod_cidr_for() { # NUMBER
  if [ -f "$R/etc/caravan/pod-network" ] && [ "$(line_of "$SHARED/allocates")" = no ]; then
    sed -n 's/^POD_CIDR=//p' "$R/etc/caravan/pod-network"
  elif [ "$(line_of "$SHARED/allocates")" = yes ]; then
    line_of "$SHARED/pod-subnet" | awk -F'[./]' -v number="$1" '{ print $1 "." ($2 + int(number / 256)) "." ($3 + number % 256) ".0/24" }'
  fi
}

# The certSANs of a ClusterConfiguration on standard input.
certificate_names() {
  awk '/^ *certSANs: *$/ { inside = 1; next } inside && /^ *- / { sub(/^ *- */, ""); gsub(/["'"'"']/, ""); print; next } { inside = 0 }'
}

# A label or a taint: lines KEY=VALUE, for taints KEY=VALUE:EFFECT or KEY:EFFECT.
set_pair() { # labels|taints NODE KEY REST
  drop_pair "$1" "$2" "$3"
  case $1 in
    labels) echo "$3=$4" ;;
    taints) echo "$3$4" ;;
  esac >> "$SHARED/nodes/$2/$1"
}
drop_pair() { # labels|taints NODE KEY
  awk -v key="$3" '{ name = $0; sub(/[=:].*/, "", name) } name != key' "$SHARED/nodes/$2/$1" | write_file "$SHARED/nodes/$2/$1"
}

# --- the pod network

pod_network_on() { # ROOT
  pod_network_file=$(line_of "$SHARED/pod-network")
  mkdir -p "$1/etc/cni/net.d"
  printf '{"cniVersion": "0.3.1", "name": "%s", "plugins": []}\n' "${pod_network_file%.conflist}" > "$1/etc/cni/net.d/$pod_network_file"
}

# The routes that Caravan's service for the bridge network would keep on this host.
pod_routes() {
  if [ -f "$R/etc/kubernetes/kubelet.conf" ] && unit_is caravan-pod-network.service active && cluster_is_up; then
    for route_node in $(nodes); do
      if [ "$(node_value "$route_node" root)" != "$R" ]; then
        for route_block in $(node_value "$route_node" pod-cidr | tr , ' '); do
          echo "$route_block via $(node_value "$route_node" address) dev eth0 proto 186"
        done
      fi
    done
  fi
}

# --- images

image_here() { # IMAGE
  grep -qsxF -e "$1" "$IMAGES"
}
pull_image() { # IMAGE
  if image_here "$1"; then return 0; fi
  work 300
  mkdir -p "${IMAGES%/*}"
  echo "$1" >> "$IMAGES"
}

# --- the pods that try the cluster; each is a process on its node, too

PROBE_PROCESS=4100

start_probe() { # NODE
  probe_number=$(node_value "$1" joined)
  probe_uid=$(printf '%s' "probe $1" | sha256sum | sed 's/^\(........\)\(....\)\(....\)\(....\)\(............\).*/\1-\2-\3-\4-\5/')
  probe_process=$(node_value "$1" root)/proc/$PROBE_PROCESS
  mkdir -p "$SHARED/probes" "$probe_process/root/etc"
  echo "0::/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod$(echo "$probe_uid" | tr - _).slice/cri-containerd-0.scope" \
    > "$probe_process/cgroup"
  printf 'search kube-system.svc.cluster.local svc.cluster.local cluster.local\nnameserver 10.96.0.10\noptions ndots:5\n' > "$probe_process/root/etc/resolv.conf"
  echo "$1|$probe_uid|10.244.${probe_number:-0}.9|$(node_value "$1" address)" > "$SHARED/probes/$1"
}

stop_probes() {
  for probe_file in "$SHARED"/probes/*; do
    if [ -f "$probe_file" ]; then rm -rf "$(node_value "${probe_file##*/}" root)/proc/$PROBE_PROCESS"; fi
  done
  rm -rf "$SHARED/probes" "$SHARED/probe-service"
}

probe_listens() { # ADDRESS PORT
  probe_service=$(line_of "$SHARED/probe-service")
  case $2 in
    80) [ "$1" = "${probe_service%|*}" ] ;;
    8001) cat "$SHARED"/probes/* 2>/dev/null | cut -d '|' -f 3 | grep -qxF "$1" ;;
    *) [ "$2" = "${probe_service#*|}" ] && cat "$SHARED"/probes/* | cut -d '|' -f 4 | grep -qxF "$1" ;;
  esac
}
