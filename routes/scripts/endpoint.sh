#!/bin/sh
# Keeps an endpoint of the API servers that outlives each host: haproxy leads to all of them, and for a virtual address keepalived has one
# of the control planes hold it. Both are the distribution's packages. A haproxy or keepalived that is configured for something else is not
# touched.
# Environment: ENDPOINT_KIND (vip or node-local; none: this host does not keep the endpoint), ENDPOINT_ADDRESS, ENDPOINT_PORT,
# ENDPOINT_SERVERS (NAME=ADDRESS:PORT of each API server), NODE_NAME; for vip also NODE_ADDRESS, ENDPOINT_PEERS (addresses of the other
# control planes), ENDPOINT_PRIORITY; CONTROL_PLANE_ENDPOINT.
# ENDPOINT_STAGE in the action change-endpoint: beside (what Caravan kept before works beside the new endpoint), alone (it ends).

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/endpoint-lib.sh"

know_family
HAPROXY=$R/etc/haproxy/haproxy.cfg
KEEPALIVED=$R/etc/keepalived/keepalived.conf
stage=${ENDPOINT_STAGE:-}
OURS='# Written by Caravan for the endpoint of the API servers.'

is_ours() { grep -qsF "$OURS" "$1"; } # FILE

# Where haproxy listens, one a line.
binds() {
  case $ENDPOINT_KIND in
    # IPv6 addresses accept IPv4 connections, too
    vip) case $ENDPOINT_ADDRESS in *:*) bind=":::$ENDPOINT_PORT v4v6" ;; *) bind="*:$ENDPOINT_PORT" ;; esac ;;
    *) bind="$ENDPOINT_ADDRESS:$ENDPOINT_PORT" ;;
  esac
  {
    echo "$bind"
    if [ "$stage" = beside ] && is_ours "$HAPROXY"; then sed -n 's/^  bind //p' "$HAPROXY"; fi
  } | awk '
    # of one port, all addresses include the loopback address
    { word = $1; port = word; sub(/.*:/, "", port); all = word !~ /^127[.]/ }
    !(port in line) { line[port] = $0; wide[port] = all; order[++count] = port; next }
    all && !wide[port] { line[port] = $0; wide[port] = 1 }
    END { for (i = 1; i <= count; i++) print line[order[i]] }'
}

# Virtual addresses with their prefixes, one a line.
addresses() {
  case $ENDPOINT_ADDRESS in *:*) echo "$ENDPOINT_ADDRESS/128" ;; *) echo "$ENDPOINT_ADDRESS/32" ;; esac
  if [ "$stage" = beside ] && is_ours "$KEEPALIVED"; then
    awk '/virtual_ipaddress/ { inside = 1; next } /}/ { inside = 0 } inside { print $1 }' "$KEEPALIVED"
  fi
}

# No secret is in these files. A health check does not need one: /livez answers everybody, or answers 401 or 403.
# A host that loses its power does not close its connections. So a server that is down closes them here, and clients connect again.
haproxy_config() {
  cat <<CONFIG
$OURS Changes are overwritten.
global
  user haproxy
  group haproxy

defaults
  mode tcp
  retries 2
  option redispatch
  timeout connect 2s
  timeout check 1s
  timeout client 4h
  timeout server 4h

frontend kubernetes
CONFIG
  binds | sed 's/^/  bind /'
  cat <<CONFIG
  default_backend control-planes

backend control-planes
  balance leastconn
  option httpchk GET /livez
  http-check expect rstatus ^(200|401|403)\$
CONFIG
  for server in $ENDPOINT_SERVERS; do
    echo "  server ${server%%=*} ${server#*=} check check-ssl verify none inter 1s fall 2 rise 1 on-marked-down shutdown-sessions"
  done
}

# The priority is higher while haproxy runs, so that the address is where it is answered. Before the first API server is up, all have the
# same chance; the first control plane has the highest priority.
keepalived_config() {
  cat <<CONFIG
$OURS Changes are overwritten.
global_defs {
  router_id $NODE_NAME
  vrrp_version 3
  script_user root
  enable_script_security
}

vrrp_script haproxy {
  script "$(command -v systemctl) is-active --quiet haproxy.service"
  interval 1
  fall 2
  rise 1
  weight 50
}

vrrp_instance kubernetes {
  state BACKUP
  interface $interface
  virtual_router_id $router
  priority $ENDPOINT_PRIORITY
  advert_int 0.5
  preempt_delay 10
  unicast_src_ip $NODE_ADDRESS
CONFIG
  if [ -n "${ENDPOINT_PEERS:-}" ]; then
    echo '  unicast_peer {'
    for peer in $ENDPOINT_PEERS; do echo "    $peer"; done
    echo '  }'
  fi
  echo '  virtual_ipaddress {'
  addresses | awk '!seen[$0]++ { print "    " $0 }'
  cat <<CONFIG
  }
  track_script {
    haproxy
  }
}
CONFIG
}

# Fails if somebody else configured the program for something of theirs.
not_theirs() { # FILE PROGRAM
  if [ ! -e "$1" ] || is_ours "$1" || as_its_package_has_it "$1"; then return 0; fi
  fail "$2 is configured for something else on this host (${1#"$R"})" \
    "Use a load balancer of your own (kubernetes.controlPlaneEndpoint in the spec), or move the file away, if nobody needs it."
}

# Directories that the packages, and those that they need, add to or leave behind, and links of their init scripts.
keep_places() { # PROGRAM
  for place in "/etc/$1" "/var/lib/$1" "/run/$1" "/run/$1.pid" "/run/$1-master.sock" \
    /run/adduser /etc/libnl-3 /etc/rsyslog.d /etc/sensors.d /etc/snmp; do
    if [ "$place" = "/etc/$1" ] || [ ! -e "$R$place" ]; then keep_tree "$R$place"; fi
  done
  for place in "$R"/etc/rc[0-6].d; do
    if [ -d "$place" ]; then keep_tree "$place"; fi
  done
  # ucf, by which Debian's packages register configuration files, keeps its former lists
  for place in hashfile registry; do
    for number in 0 1 2 3 4 5 6 7; do
      if [ -d "$R/var/lib/ucf" ]; then keep_file "$R/var/lib/ucf/$place.$number"; fi
    done
  done
}

# Installs what is missing, writes the configuration, and has the service read it.
keep_service() { # PROGRAM FILE, its configuration on standard input
  cat > "$WORK/$1"
  not_theirs "$2" "$1"
  if [ -z "$(package_version "$1")" ] && change "install $1"; then
    keep_unit "$1.service"
    keep_places "$1"
    say "installing $1"
    install_packages "$1"
  fi
  put_file "$2" 0644 < "$WORK/$1"
  if [ "$file_changed" = yes ] && ! planning && systemctl is-active -q "$1.service"; then
    say "having $1 read its configuration"
    logged systemctl reload-or-restart "$1.service" ||
      command_failed "$1 does not take its configuration: $(last_words)" "See: journalctl -u $1"
  fi
  unit_running "$1.service"
}

# Ends what Caravan kept for a former endpoint. The package stays; a reset removes it.
end_service() { # PROGRAM FILE
  if ! is_ours "$2"; then return 0; fi
  if change "stop $1, which kept the former endpoint"; then
    keep_unit "$1.service"
    keep_reader "$1.service"
    keep_file "$2"
    logged systemctl disable -q --now "$1.service" || command_failed "could not stop $1: $(last_words)" "See: systemctl status $1"
    rm -f "$2"
  fi
}

# Whether this host keeps that endpoint now.
keeps_now() { # ADDRESS:PORT
  case $1 in
    127.*) grep -qsxF "  bind $1" "$HAPROXY" ;;
    *) is_ours "$KEEPALIVED" && grep -qF "    $(echo "${1%:*}" | tr -d '[]')/" "$KEEPALIVED" ;;
  esac
}

# Without the action change-endpoint, a running cluster stays where it is.
if [ -z "$stage" ]; then
  kubeconfig=$R/etc/kubernetes/kubelet.conf
  if [ -f "$ADMIN_CONF" ]; then kubeconfig=$ADMIN_CONF; fi
  server=$(server_of "$kubeconfig")
  if [ -n "$server" ] && [ "$server" != "https://$CONTROL_PLANE_ENDPOINT" ] &&
    { ! is_ours "$HAPROXY" || keeps_now "${server#https://}"; }; then
    differ="this host is in a cluster with the endpoint ${server#https://}, the spec has $CONTROL_PLANE_ENDPOINT"
    fail "$differ: apply does not move a running cluster to another endpoint" \
      "caravan change-endpoint does, with the same spec. Or write into the spec what the cluster has."
  fi
fi

if [ "$ENDPOINT_KIND" != none ]; then
  keep_reader haproxy.service
  haproxy_config | keep_service haproxy "$HAPROXY"
elif [ "$stage" = alone ]; then
  end_service haproxy "$HAPROXY"
fi
if [ "$ENDPOINT_KIND" = vip ]; then
  # an address of this host is followed by its prefix length
  interface=$(ip -o addr show | awk -v address="$NODE_ADDRESS" '
    { split($4, part, "/"); if (part[1] == address) { sub(/@.*/, "", $2); print $2; exit } }')
  [ -n "$interface" ] || fail "no interface of this host has the address $NODE_ADDRESS" "Correct the address of $NODE_NAME in the spec."
  # 1 to 255; keepalived of another cluster in the same network has another address, and usually another last number
  router=$(printf %s "$ENDPOINT_ADDRESS" | cksum | awk '{ print $1 % 255 + 1 }')
  keep_reader keepalived.service
  keepalived_config | keep_service keepalived "$KEEPALIVED"
elif [ "$stage" = alone ]; then
  end_service keepalived "$KEEPALIVED"
fi
