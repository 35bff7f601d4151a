# shellcheck shell=sh
# What scripts need that drain nodes, or take them out of the cluster; sourced after lib.sh, run on a control plane.

# The annotation of a node that Caravan cordoned: such a node is uncordoned again, others stay cordoned.
CORDONED=caravan.dev/cordoned

# Whether the cluster has that node; if the API server does not answer, the step fails and is tried again.
has_node() { # NODE
  node_found=$(cluster get node "$1" --ignore-not-found -o name 2>"$WORK/output") ||
    command_failed "kubectl get node $1: $(last_words)" "Is the API server up?"
  [ -n "$node_found" ]
}

# Writes the pods of a node that a drain moves into $WORK/pods: no static pods, none of a DaemonSet, none that has ended. NAMESPACE/NAME,
# one a line.
list_pods_of() { # NODE
  # shellcheck disable=SC2016 # the template's own variables
  cluster get pods -A --field-selector "spec.nodeName=$1" \
    -o go-template='{{range .items}}{{$kind := ""}}{{range .metadata.ownerReferences}}{{if .controller}}{{$kind = .kind}}{{end}}{{end}}{{.metadata.namespace}}/{{.metadata.name}} {{.status.phase}} {{$kind}}
{{end}}' > "$WORK/all-pods" 2>"$WORK/output" || command_failed "kubectl get pods: $(last_words)" "Is the API server up?"
  awk '$2 != "Succeeded" && $2 != "Failed" && $3 != "DaemonSet" && $3 != "Node" { print $1 }' "$WORK/all-pods" > "$WORK/pods"
}

# Whether the cluster has a working kube-controller-manager or kube-scheduler: it renewed its lease since the last call for this component,
# ten seconds or more after it was elected. One that takes over leads 15 s after the former one ended, and its controllers start after that.
# With no such lease (no leader election, before 1.20 another kind of lock) the answer is yes.
leads() { # kube-controller-manager | kube-scheduler
  lease_now=$(cluster -n kube-system get lease "$1" --ignore-not-found -o 'jsonpath={.spec.acquireTime} {.spec.renewTime}') || return 1
  [ -n "$lease_now" ] || return 0
  if [ "$1" != "${lease_of:-}" ]; then lease_of=$1 lease_seen=$lease_now; fi
  lease_before=$lease_seen
  lease_seen=$lease_now
  [ "$lease_now" != "$lease_before" ] || return 1
  lease_elected=$(date -u -d "${lease_now%% *}" +%s) && lease_renewed=$(date -u -d "${lease_now##* }" +%s) || return 1
  [ "$((lease_renewed - lease_elected))" -ge 10 ]
}

# The disruption budgets that allow no disruption, in the namespaces of the pods in $WORK/pods; a sentence each.
budgets_in_the_way() {
  cluster get poddisruptionbudgets \
    -A -o 'jsonpath={range .items[?(@.status.disruptionsAllowed==0)]}{.metadata.namespace} {.metadata.name} {.status.currentHealthy} {.status.desiredHealthy}{"\n"}{end}' \
    > "$WORK/budgets" 2>/dev/null || return 0
  sed 's,/.*,,' "$WORK/pods" | sort -u > "$WORK/namespaces"
  while read -r budget_namespace budget_name budget_healthy budget_wanted; do
    if grep -qxF -e "$budget_namespace" "$WORK/namespaces"; then
      echo "the disruption budget $budget_namespace/$budget_name allows no disruption: $budget_healthy healthy, at least $budget_wanted required"
    fi
  done < "$WORK/budgets"
}

node_is_ready() { # NODE [VERSION of its kubelet, without v]
  node_state=$(cluster get node "$1" -o 'jsonpath={.status.conditions[?(@.type=="Ready")].status} {.status.nodeInfo.kubeletVersion}' \
    2>/dev/null) || return 1
  case $node_state in "True v${2:-}"*) [ -z "${2:-}" ] || [ "$node_state" = "True v$2" ] ;; *) return 1 ;; esac
}

# For a message: what the node says of itself.
node_words() { # NODE
  cluster get node "$1" -o 'jsonpath={.status.conditions[?(@.type=="Ready")].message} (kubelet {.status.nodeInfo.kubeletVersion})' \
    2>/dev/null || echo "the API server does not answer"
}

# Uncordons the node if Caravan cordoned it.
uncordon_ours() { # NODE
  node_cordoned=$(cluster get node "$1" -o 'jsonpath={.metadata.annotations.caravan\.dev/cordoned}' 2>"$WORK/output") ||
    command_failed "kubectl get node $1: $(last_words)" "Is the API server up?"
  [ "$node_cordoned" = true ] || return 0
  if change "uncordon the node $1"; then
    logged cluster uncordon "$1" || command_failed "could not uncordon $1: $(last_words)" "By hand: kubectl uncordon $1"
    cluster annotate node "$1" "$CORDONED-" >/dev/null 2>&1 || true
  fi
}
