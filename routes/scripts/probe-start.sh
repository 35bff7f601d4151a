#!/bin/sh
# Starts the pods for the step probe: one on each node, placed without the scheduler, and a Service of type NodePort for them. If pods of
# an interrupted run still run, they are used again. The pods end automatically after 15 minutes.
# Environment: PROBE_SECONDS (how long to wait for the pods); POD_SUBNET; IMAGE_REPOSITORY, KUBERNETES_VERSION, and PAUSE_IMAGE if a route
# sets it.
# Standard input: names of nodes, one a line.
# Secrets: probes, a line `service|ADDRESS|NODE-PORT`, then `pod|NODE|UID|ADDRESS|NODE-ADDRESS|WORDS` for each node. For dual stack, an
# ADDRESS is one of each family, with a space between them. Nothing of it is secret. But a result with a secret is not
# recorded, so a resumed run starts this step again and checks its pods.

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"

cat > "$WORK/nodes"
if planning || [ ! -s "$WORK/nodes" ]; then exit 0; fi

# each node has this image by now: it is the runtime's sandbox image
image=$(pause_image)

case ${POD_SUBNET:-} in
  *,*) families='ipFamilyPolicy: PreferDualStack' pod_address='{.status.podIPs[*].ip}' service_address='{.spec.clusterIPs[*]}' ;;
  *) families='' pod_address='{.status.podIP}' service_address='{.spec.clusterIP}' ;;
esac

# The Service's pods listen on port 8001 (the step probe). Every policy should admit these pods: not root, no privileges, read-only.
{
  cat <<YAML
apiVersion: v1
kind: Service
metadata: {name: caravan-probe, namespace: kube-system, labels: {app: caravan-probe}}
spec:
  type: NodePort
  $families
  # old kubelets report a pod as ready up to a minute late
  publishNotReadyAddresses: true
  selector: {app: caravan-probe}
  ports: [{port: 80, targetPort: 8001}]
YAML
  while read -r node; do
    cat <<YAML
---
apiVersion: v1
kind: Pod
metadata: {name: caravan-probe-$node, namespace: kube-system, labels: {app: caravan-probe}}
spec:
  nodeName: $node
  tolerations: [{operator: Exists}]
  activeDeadlineSeconds: 900
  terminationGracePeriodSeconds: 1
  automountServiceAccountToken: false
  enableServiceLinks: false
  securityContext: {runAsNonRoot: true, runAsUser: 65535, runAsGroup: 65535, seccompProfile: {type: RuntimeDefault}}
  containers:
    - name: pause
      image: $image
      imagePullPolicy: IfNotPresent
      securityContext: {allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {drop: [ALL]}}
YAML
  done < "$WORK/nodes"
} > "$WORK/probes.yaml"

waiting='{.status.containerStatuses[0].state.waiting'
pod_line='{.spec.nodeName}{"|"}{.metadata.uid}{"|"}'$pod_address'{"|"}{.status.hostIP}{"|"}{.status.phase}{"|"}'
pod_line=$pod_line'{.metadata.deletionTimestamp}{"|"}'
pod_line=$pod_line'{.status.reason}{" "}{.status.message}{" "}'$waiting'.reason}{" "}'$waiting'.message}{"\n"}'

probes() { cluster -n kube-system "$@"; }

create() {
  probes create -f "$WORK/probes.yaml" -o name > "$WORK/output" 2>&1
}

# Does each node have a running pod that this run started before it was interrupted?
all_run() {
  probes get pods -l app=caravan-probe -o "jsonpath={range .items[*]}$pod_line{end}" > "$WORK/there" 2>&1 || return 1
  while read -r node; do grep -q "^$node|[^|]*|[^|]*|[^|]*|Running||" "$WORK/there" || return 1; done < "$WORK/nodes"
}

create_again() {
  logged probes delete pods,services -l app=caravan-probe --ignore-not-found --grace-period 1 --timeout 30s && create
}

# The controller manager makes the service accounts of a new cluster. Until then pods are refused.
account_missing() { grep -q 'error looking up service account' "$WORK/output"; }
account_made() { probes get serviceaccount default -o name; }
create_with_account() {
  say "waiting for the service account of kube-system"
  wait_until "$PROBE_SECONDS" account_made && create_again
}

say "starting a pod on each of $(wc -l < "$WORK/nodes") nodes"
if ! create && ! { account_missing && create_with_account; }; then
  cp "$WORK/output" "$WORK/refused"
  if ! grep -q AlreadyExists "$WORK/refused" || ! { all_run || create_again; }; then
    command_failed "could not start the pods that try the cluster: $(last_words)" \
      "Does the cluster admit pods in kube-system? Without the line direct:probe-cluster in steps/verify.camel.yaml nothing is tried."
  fi
fi

# The reported states of each node's pod, the newest last.
watch_pods() { probes get pods -l app=caravan-probe -w -o "jsonpath=$pod_line" >> "$WORK/watched" 2>"$WORK/watch-output" & }
: > "$WORK/watched"
watch_pods
watcher=$!
on_exit() { kill "$watcher" 2>/dev/null; }

probes get service caravan-probe -o "jsonpath=service|$service_address|{.spec.ports[0].nodePort}{\"\\n\"}" > "$WORK/table" \
  2>"$WORK/output" ||
  command_failed "kubectl get service caravan-probe: $(last_words)" "Is the API server up?"

# The newest line of each node's pod, if it has an address, or will never have one because it failed or is being deleted.
started() {
  awk -F'|' 'NR == FNR { wanted[$1] = 1; next } $1 in wanted { line[$1] = $0; done[$1] = $3 != "" || $5 == "Failed" || $6 != "" }
    END {
      for (node in wanted) { print node in line ? line[node] : node "||||||it is not there"; if (!done[node]) missing = 1 }
      exit missing
    }' \
    "$WORK/nodes" "$WORK/watched" > "$WORK/pods"
}
end=$(($(date +%s) + PROBE_SECONDS))
until started; do
  if [ "$(date +%s)" -ge "$end" ]; then break; fi
  if ! kill -0 "$watcher" 2>/dev/null; then
    watch_pods
    watcher=$!
  fi
  sleep 0.1
done
# of a pod's node there is only one address
if [ -n "$families" ]; then
  cluster get nodes -o 'jsonpath={range .items[*]}{.metadata.name}{"|"}{.status.addresses[?(@.type=="InternalIP")].address}{"\n"}{end}' \
    > "$WORK/node-addresses" 2>"$WORK/output" ||
    command_failed "kubectl get nodes: $(last_words)" "Is the API server up?"
  awk -F'|' -v OFS='|' 'NR == FNR { address[$1] = $2; next } $1 in address { $4 = address[$1] } { print }' "$WORK/node-addresses" \
    "$WORK/pods" > "$WORK/pods-of-both"
  mv "$WORK/pods-of-both" "$WORK/pods"
fi
sort "$WORK/pods" |
  awk -F'|' '{ words = $7; gsub(/[ \t]+/, " ", words); sub(/^ /, "", words); sub(/ $/, "", words)
    print "pod|" $1 "|" $2 "|" $3 "|" $4 "|" words }' >> "$WORK/table"
awk -F'|' '$1 == "service" { print "the Service is at " $2 ", its NodePort " $3 }
  $1 == "pod" { print "the pod on " $2 " is at " $4 " " $6 }' "$WORK/table"
secret probes < "$WORK/table"
