# shellcheck shell=sh
# What the scripts share that work on the etcd of a control plane. They source it after lib.sh:
#
#     . "${CARAVAN_LIB:-$(dirname "$0")}/etcd-lib.sh"
#
# The commands are those of the etcd image, so they always fit the database. The image has no shell. While etcd runs, its files are found
# through /proc, whichever runtime started it.

MANIFESTS=$R/etc/kubernetes/manifests
ETCD_MANIFEST=$MANIFESTS/etcd.yaml
API_SERVER_MANIFEST=$MANIFESTS/kube-apiserver.yaml
ETCD_BIN=

# The directory of a running process's root, by its name and a word of its command line; fails if there is none. The word tells it from
# others of that name, such as the etcd of a cluster that runs in pods.
process_root() { # NAME WORD
  for process in "$R"/proc/[0-9]*; do
    if [ "$(cat "$process/comm" 2>/dev/null)" = "$1" ] && tr '\000' '\n' < "$process/cmdline" 2>/dev/null | grep -qxF -e "$2" &&
      [ -d "$process/root/" ]; then
      echo "$process/root"
      return 0
    fi
  done
  return 1
}

etcd_process() { process_root etcd "--name=$(pod_flag "$ETCD_MANIFEST" name)"; }
api_server_process() { process_root kube-apiserver "--advertise-address=$(pod_flag "$API_SERVER_MANIFEST" advertise-address)"; }

# What a static pod sees of its host: HOST-PATH MOUNT-PATH ro|rw, with tabs between them, one a line.
pod_mounts() { # MANIFEST
  awk -v OFS='\t' '
    function value(text) { sub(/^[^:]*: */, "", text); gsub(/^["\047]|["\047]$/, "", text); return text }
    function item_ends() {
      if (section == "volumeMounts:" && at != "") {
        mounts++; mount[mounts] = at; of[mounts] = name; access[mounts] = read_only == "true" ? "ro" : "rw"
      }
      if (section == "volumes:" && path != "") place[name] = path
      at = name = read_only = path = ""
    }
    {
      indent = match($0, /[^ ]/) - 1
      text = $0
      sub(/^ *(- *)?/, "", text)
      begins = substr($0, indent + 1, 1) == "-"
      if (section != "" && (indent < depth || indent == depth && !begins)) { item_ends(); section = "" }
      if (text == "volumeMounts:" || text == "volumes:") { section = text; depth = indent; next }
      if (section == "") next
      if (begins && indent == depth) item_ends()
      if (text ~ /^mountPath:/) at = value(text)
      if (text ~ /^name:/) name = value(text)
      if (text ~ /^readOnly:/) read_only = value(text)
      if (text ~ /^path:/) path = value(text)
    }
    END {
      item_ends()
      for (each = 1; each <= mounts; each++) if (of[each] in place) print place[of[each]], mount[each], access[each]
    }' "$1"
}

# The path on the host of a file that a static pod names.
host_path() { # MANIFEST PATH
  pod_mounts "$1" | awk -F '\t' -v file="$2" '
    (file == $2 || index(file, $2 "/") == 1) && length($2) > longest { longest = length($2); found = $1 substr(file, longest + 1) }
    END { print longest ? found : file }'
}

# Sets ETCD_BIN to the directory of the running etcd's programs; fails if etcd does not run.
etcd_running() {
  etcd_root=$(etcd_process) || return 1
  for etcd_directory in usr/local/bin usr/bin bin; do
    if [ -x "$etcd_root/$etcd_directory/etcdctl" ]; then
      ETCD_BIN=$etcd_root/$etcd_directory
      return 0
    fi
  done
  return 1
}

# etcdctl as the API server's etcd certificate allows it, on this host's member.
etcdctl() { # ARGUMENT...
  etcd_url=$(pod_flag "$ETCD_MANIFEST" listen-client-urls)
  ETCDCTL_API=3 "$ETCD_BIN/etcdctl" --endpoints="${etcd_url%%,*}" --cacert="$R$(pod_flag "$ETCD_MANIFEST" trusted-ca-file)" \
    --cert="$R$(pod_flag "$ETCD_MANIFEST" cert-file)" --key="$R$(pod_flag "$ETCD_MANIFEST" key-file)" "$@"
}

# What reads and writes database files. Until etcd 3.5 etcdctl could do that; etcdutl exists since 3.5.
etcdutl() { # ARGUMENT...
  if [ -x "$ETCD_BIN/etcdutl" ]; then "$ETCD_BIN/etcdutl" "$@"; else ETCDCTL_API=3 "$ETCD_BIN/etcdctl" "$@"; fi
}

# A number of a JSON document on standard input.
json_number() { # NAME
  sed -n "s/.*\"$1\": *\([0-9]\{1,19\}\).*/\1/p" | head -n 1
}

sha256_of() { sha256sum < "$1" | cut -d ' ' -f 1; } # FILE

# --- members

# The same at the member with that URL.
etcdctl_at() { # URL ARGUMENT...
  etcd_url=$1
  shift
  ETCDCTL_API=3 "$ETCD_BIN/etcdctl" --endpoints="$etcd_url" --cacert="$R$(pod_flag "$ETCD_MANIFEST" trusted-ca-file)" \
    --cert="$R$(pod_flag "$ETCD_MANIFEST" cert-file)" --key="$R$(pod_flag "$ETCD_MANIFEST" key-file)" "$@"
}

# Writes the members into $WORK/members: ID NAME voter|learner healthy|unhealthy PEER-URLS CLIENT-URL, with a dash for what a member does
# not have. Fails if etcd does not answer, with its words in $WORK/output. A member is healthy if it answers with the consent of the others.
list_members() {
  etcdctl member list > "$WORK/member-list" 2>"$WORK/output" || return 1
  while IFS= read -r member_line; do
    echo "$member_line" |
      awk -F', ' '{ print $1, ($3 == "" ? "-" : $3), ($6 == "true" ? "learner" : "voter"), ($4 == "" ? "-" : $4), ($5 == "" ? "-" : $5) }' \
        > "$WORK/member"
    read -r member_id member_name member_role member_peers member_clients < "$WORK/member"
    member_client=${member_clients%%,*}
    member_health=unhealthy
    if [ "$member_client" != - ] && etcdctl_at "$member_client" endpoint health > "$WORK/health" 2>&1 < /dev/null; then
      member_health=healthy
    fi
    echo "$member_id $member_name $member_role $member_health $member_peers $member_client"
  done < "$WORK/member-list" > "$WORK/members"
}

# The line of $WORK/members about that node: kubeadm names a member after its node. A member that never started has no name; it is known by
# an address among its peer URLs.
member_of() { # NODE ADDRESS...
  member_node=$1
  shift
  awk -v node="$member_node" '$2 == node' "$WORK/members" | grep . && return 0
  for member_address; do
    case $member_address in *:*) member_address="[$member_address]" ;; esac
    awk -v at="://$member_address:" '$2 == "-" && index($5, at)' "$WORK/members" | grep . && return 0
  done
  return 0
}

voters() { awk '$3 == "voter"' "$WORK/members" | grep -c . || true; }
healthy_voters() { awk '$3 == "voter" && $4 == "healthy"' "$WORK/members" | grep -c . || true; }
