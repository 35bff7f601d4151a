#!/bin/sh
# Tries, from inside this node's pod, what a workload needs: pods on other nodes, a Service, a NodePort, a name of the cluster's DNS.
# It needs no image and no package that a node does not have. kubectl listens as a file server in the pod's network namespace, and curl and
# getent run there. The server is also in the pod's process namespace, so the kernel ends it with the pod.
# Environment: NODE_NAME; PROBE_SECONDS, PROBE_DNS_SECONDS (how long each may take to answer); PROBE_PEERS (how many other nodes' pods);
# PROBE_LEAVE_OUT (of service, node-port, dns).  Standard input: the table from probe-start.

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"

cat > "$WORK/table"
if planning || [ ! -s "$WORK/table" ]; then exit 0; fi

field() { awk -F'|' -v node="$NODE_NAME" -v n="$1" '$1 == "pod" && $2 == node { print $n; exit }' "$WORK/table"; } # NUMBER
uid=$(field 3)
service=$(awk -F'|' '$1 == "service" { print $2 }' "$WORK/table")
node_port=$(awk -F'|' '$1 == "service" { print $3 }' "$WORK/table")
remedy="See what is named here on its host, then run the same command again. Without the line direct:probe-cluster in steps/verify.camel.yaml nothing is tried."

case $(field 6) in
  OutOf* | Evicted*) skip "kubelet accepts no pod here: $(field 6)" ;;
esac
[ -n "$(field 4)" ] ||
  fail "the pod that tries the cluster did not start on $NODE_NAME within $PROBE_SECONDS s: $(field 6 | cut -c 1-300)" \
  "On $NODE_NAME: journalctl -u kubelet. The runtime's and the pod network's own words are there."

# A process of the pod. The systemd driver writes the pod's id with _ for -.
pod_process() {
  pod_process=$({
    grep -lsE "pod($uid|$(echo "$uid" | tr - _))" "$R"/proc/[0-9]*/cgroup || grep -ls "/pods/$uid/etc-hosts" "$R"/proc/[0-9]*/mountinfo
  } | while read -r process; do
    if [ -r "${process%/*}/root/etc/resolv.conf" ]; then echo "${process%/*}" && break; fi
  done)
  [ -n "$pod_process" ]
}
wait_until 10 pod_process ||
  fail "the pod $(field 3) of $NODE_NAME has no process on this host" \
    "Was it removed? See: kubectl -n kube-system get pods -l app=caravan-probe"
pod_process
id=${pod_process##*/}

cat "$pod_process/root/etc/resolv.conf" > "$WORK/resolv.conf"

# Serves the files of the pod's /etc. If the server of an interrupted attempt already listens there, it is used.
(
  exec >/dev/null 2>&1 3>&-
  KUBECONFIG=/dev/null exec nsenter -t "$id" -n -p kubectl proxy --address= --port=8001 --www="$pod_process/root/etc" --www-prefix=/probe/
) &

url() { case $1 in *:*) echo "http://[$1]:$2/probe/resolv.conf" ;; *) echo "http://$1:$2/probe/resolv.conf" ;; esac; } # ADDRESS PORT

answers() { # ADDRESS PORT: does a pod of ours answer? Leaves why not in $WORK/why
  if nsenter -t "$id" -n curl -gsS -m 2 --noproxy '*' "$(url "$1" "$2")" > "$WORK/answer" 2>"$WORK/why"; then
    if grep -q 'kube-system' "$WORK/answer"; then return 0; fi
    echo "something else answers there" > "$WORK/why"
  fi
  return 1
}

# Resolves a name as a program in the pod does: with the pod's resolv.conf alone, without the host's other sources. The mounts are private
# to this process, also with util-linux 2.23, which leaves them shared.
resolves() { # NAME ADDRESS
  # shellcheck disable=SC2016 # the inner shell's own variables
  if RES_OPTIONS='timeout:1 attempts:2' nsenter -t "$id" -n unshare -m sh \
    -c 'mount --make-rprivate / && mount --bind "$1" /etc/resolv.conf && exec timeout 4 getent -s hosts:dns ahosts "$2"' \
    sh "$WORK/resolv.conf" "$1" > "$WORK/answer" 2>"$WORK/why"; then
    if awk '{ print $1 }' "$WORK/answer" | grep -qxF "$2"; then return 0; fi
    echo "it says $(awk '{ print $1 }' "$WORK/answer" | sort -u | paste -s -d ' ')" > "$WORK/why"
  elif [ ! -s "$WORK/why" ]; then
    echo "no answer from $(awk '$1 == "nameserver" { print $2 }' "$WORK/resolv.conf" | paste -s -d ' ')" > "$WORK/why"
  fi
  return 1
}

try() { # KIND ADDRESS PORT
  case $1 in
    dns) resolves "$3" "$2" ;;
    *) answers "$2" "$3" ;;
  esac
}

what() { # KIND ADDRESS PORT NODE
  case $1 in
    pod) echo "the pod on $4 at $2:$3" ;;
    service) echo "the Service at $2:$3" ;;
    node-port) echo "the NodePort at $2:$3" ;;
    dns) echo "the name $3" ;;
  esac
}

joined() { awk -v by="$1" '{ printf "%s%s", between, $0; between = by }'; } # BY

wanted() { case " ${PROBE_LEAVE_OUT:-} " in *" $1 "*) return 1 ;; esac; } # KIND

# What to try: KIND ADDRESS PORT NODE. The peers are the next nodes in the order of names; after the last one the first follows.
{
  awk -F'|' -v node="$NODE_NAME" -v peers="$PROBE_PEERS" '$1 == "pod" { name[++n] = $2; address[n] = $4; if ($2 == node) me = n }
    END {
      for (i = 1; i <= peers && i < n; i++) {
        k = (me + i - 1) % n + 1
        parts = split(address[k], part, " ")
        for (p = 1; p <= parts; p++) print "pod", part[p], 8001, name[k]
      }
    }' "$WORK/table"
  if wanted service; then for at in $service; do echo "service $at 80 -"; done; fi
  if wanted node-port; then for at in $(field 5); do echo "node-port $at $node_port -"; done; fi
  if wanted dns; then for at in $service; do echo "dns $at caravan-probe.kube-system.svc -"; done; fi
} > "$WORK/todo"
tried=$(wc -l < "$WORK/todo")

begin=$(date +%s)
rounds=0
while :; do
  passed=$(($(date +%s) - begin))
  : > "$WORK/left"
  : > "$WORK/words"
  while read -r kind address port node; do
    if ! try "$kind" "$address" "$port" </dev/null; then
      echo "$kind $address $port $node" >> "$WORK/left"
      echo "$(what "$kind" "$address" "$port" "$node") ($(sed -n -e 's/^curl: ([0-9]*) //' -e '1p' "$WORK/why" | cut -c 1-120))" \
        >> "$WORK/words"
    fi
  done < "$WORK/todo"
  mv "$WORK/left" "$WORK/todo"
  [ -s "$WORK/todo" ] || break
  if ! pod_process || [ "${pod_process##*/}" != "$id" ]; then
    fail "the pod of $NODE_NAME was removed while it tried the cluster" "$remedy"
  fi
  if grep -qv '^dns ' "$WORK/todo"; then limit=$PROBE_SECONDS; else limit=$PROBE_DNS_SECONDS; fi
  if [ "$passed" -ge "$limit" ]; then break; fi
  rounds=$((rounds + 1))
  if [ "$rounds" -eq 5 ]; then say "waits for $(joined '; ' < "$WORK/words")"; fi
  sleep 0.2
done
if [ ! -s "$WORK/todo" ]; then
  echo "pods, Service, NodePort and names answer"
  exit 0
fi

# --- why

# The last error in the logs of kube-proxy's newest two containers, in the runtime's form or in Docker's. Its lines about its settings at
# each start are not errors.
kube_proxy_words() {
  # shellcheck disable=SC2012 # names that kubelet makes
  ls -t "$R"/var/log/pods/kube-system_kube-proxy-*/kube-proxy/*.log 2>/dev/null | head -n 2 > "$WORK/proxy-logs" || true
  if [ ! -s "$WORK/proxy-logs" ]; then
    echo "there is no kube-proxy"
    return 0
  fi
  while read -r proxy_log; do
    tail -n 300 "$proxy_log" | sed -E -e 's/^[^ ]+ (stdout|stderr) [FP] //' -e 's/^\{"log":"(.*)\\n","stream".*/\1/' -e 's/\\"/"/g' |
      grep -E '^[EF][0-9]{4}|^(Error|panic|fatal)' | grep -vF 'configuration may be incomplete or incorrect' | tail -n 1
  done < "$WORK/proxy-logs" | head -n 1 | sed -E 's/^[EF][0-9]{4} [^]]*\] *//' | cut -c 1-300 | sed 's/^/kube-proxy says: /'
}

# Why this host may drop packets that it forwards.
forward_words() {
  if [ "$(cat "$R/proc/sys/net/ipv4/ip_forward" 2>/dev/null)" = 0 ]; then echo "net.ipv4.ip_forward is 0"; fi
  if grep -q '^[^ ]* [^ ]*:' "$WORK/todo" && [ "$(cat "$R/proc/sys/net/ipv6/conf/all/forwarding" 2>/dev/null)" = 0 ]; then
    echo "net.ipv6.conf.all.forwarding is 0"
  fi
  for tables in $(tables_commands); do
    "$tables" -S FORWARD 2>/dev/null | grep -E '^-P FORWARD DROP|^-A FORWARD( -[iosd] [^ ]+)* -j (DROP|REJECT)' | head -n 2 |
      sed "s/^/$tables has /"
  done
}

{
  forward_words
  if grep -qE '^(service|node-port) ' "$WORK/todo"; then kube_proxy_words; fi
} > "$WORK/causes" || true
causes=$(sed 's/^/; /' "$WORK/causes" | joined '') || true
fail "a pod on $NODE_NAME does not reach $(wc -l < "$WORK/words") of $tried$causes: $(joined '; ' < "$WORK/words")" "$remedy"
