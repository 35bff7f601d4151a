# shellcheck shell=sh
# What the stand-ins of a rehearsed host share. They keep all state in plain files under the host's scratch directory:
#   .rehearsal/                 name, address, family, pace, kubernetes-version, runtime, workshop,
#                               kubernetes-also (versions that the repositories have, too)
#   .rehearsal/packages/NAME/   version, release, files
#   .rehearsal/units/UNIT/      enabled, active, masked
# The runtime's data directory holds a file images, one a line: it goes with the directory.
#   .faults/STEP                what goes wrong: lines "fail|busy|slow NUMBER"
# and the cluster's in the directory that all hosts of a rehearsal share.

R=${CARAVAN_ROOT:?a stand-in runs on a rehearsed host only}
STATE=$R/.rehearsal
read -r WORKSHOP < "$STATE/workshop"
# shellcheck disable=SC2034 # for those that source this
SHARED=$WORKSHOP/shared
# shellcheck disable=SC2034
read -r FAMILY < "$STATE/family"
me=${0##*/}
slower=1
read -r runtime_kept < "$STATE/runtime"
# shellcheck disable=SC2034
case $runtime_kept in
  docker*) IMAGES=$R/var/lib/docker/images ;;
  cri-o*) IMAGES=$R/var/lib/containers/images ;;
  *) IMAGES=$R/var/lib/containerd/images ;;
esac

# A gap in a stand-in is seen, never passed over.
does_not_know() { # WHAT...
  echo "rehearsal: $me stand-in does not know $*" >&2
  exit 64
}

# The first line of a file, or nothing.
line_of() { # FILE
  line=
  if [ -r "$1" ]; then IFS= read -r line < "$1" || :; fi
  printf '%s\n' "$line"
}

# Writes standard input to a file that nobody ever sees half.
write_file() { # FILE
  mkdir -p "${1%/*}"
  cat > "$1.new.$$"
  mv -f "$1.new.$$" "$1"
}

# --- time

# Takes as long as the real thing might, at the rehearsal's pace.
work() { # MILLISECONDS
  work_pace=$(line_of "$STATE/pace")
  work_time=$(($1 * work_pace / 100))
  if [ "$slower" -gt 1 ]; then
    if [ "$work_time" -lt 100 ]; then work_time=100; fi
    work_time=$((work_time * slower))
  fi
  if [ "$work_time" -gt 0 ]; then sleep "$((work_time / 1000)).$(printf %03d $((work_time % 1000)))"; fi
}

# --- faults

# Called before a command changes something: here the step's faults happen.
acting() {
  fault_file=$R/.faults/${CARAVAN_STEP:-none}
  [ -f "$fault_file" ] || return 0
  while read -r fault_kind fault_times; do
    case $fault_kind in
      slow)
        slower=$fault_times
        mkdir -p "$R/.faults/.met"
        echo "${CARAVAN_RESULT:-$$}" > "$R/.faults/.met/$CARAVAN_STEP.slow"
        ;;
      *) if fault_hits "$fault_kind" "$fault_times"; then fault "$fault_kind"; fi ;;
    esac
  done < "$fault_file"
}

# Does this attempt of the step meet the fault? All of an attempt does, or nothing of it.
fault_hits() { # KIND TIMES
  fault_seen=$R/.faults/.met/$CARAVAN_STEP.$1
  fault_attempt=${CARAVAN_RESULT:-$$}
  mkdir -p "$R/.faults/.met"
  touch "$fault_seen"
  if grep -qxF -e "$fault_attempt" "$fault_seen"; then return 0; fi
  [ "$(wc -l < "$fault_seen")" -lt "$2" ] || return 1
  echo "$fault_attempt" >> "$fault_seen"
}

# Ends with an error as the real command words it.
fault() { # fail|busy
  work 100
  case $1.$me in
    busy.yum | busy.dnf)
      echo "Error: Failed to download metadata for repo 'kubernetes': Cannot download repomd.xml:" \
        "Curl error (7): Couldn't connect to server: Connection refused (rehearsed fault)" >&2 ;;
    fail.yum | fail.dnf)
      echo "Error: Transaction test error: file /usr/bin/kubelet conflicts with a file of another package (rehearsed fault)" >&2 ;;
    busy.apt-get)
      echo "E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 812 (apt-get) (rehearsed fault)" >&2
      exit 100 ;;
    fail.apt-get) echo "E: Sub-process /usr/bin/dpkg returned an error code (1) (rehearsed fault)" >&2 && exit 100 ;;
    busy.curl) echo "curl: (7) Failed to connect: Connection refused (rehearsed fault)" >&2 && exit 7 ;;
    fail.curl) echo "curl: (22) The requested URL returned error: 404 (rehearsed fault)" >&2 && exit 22 ;;
    busy.kubeadm)
      echo "error execution phase preflight: couldn't validate the identity of the API Server:" \
        "Get \"https://10.0.0.1:6443/api/v1/namespaces/kube-public/configmaps/cluster-info?timeout=10s\":" \
        "dial tcp 10.0.0.1:6443: connect: connection refused (rehearsed fault)" >&2 ;;
    fail.kubeadm)
      printf 'error execution phase preflight: [preflight] Some fatal errors occurred:\n\t[ERROR Rehearsal]: %s %s (rehearsed fault)\n' \
        'a fault was asked for in step' "$CARAVAN_STEP" >&2 ;;
    fail.docker | fail.crictl | fail.ctr)
      echo "Error response from daemon: manifest for the image not found: manifest unknown (rehearsed fault)" >&2 ;;
    busy.kubectl) echo "The connection to the server was refused - did you specify the right host or port? (rehearsed fault)" >&2 ;;
    busy.sh) echo "the step met a transient fault: connection refused (rehearsed fault)" >&2 && exit 75 ;;
    fail.sh) echo "the step met a permanent fault (rehearsed fault)" >&2 ;;
    fail.systemctl)
      echo "Job failed because the control process exited with error code. See \"journalctl -xe\" for details. (rehearsed fault)" >&2 ;;
    busy.*) echo "$me: dial tcp: connect: connection refused (rehearsed fault)" >&2 ;;
    *) echo "$me: Input/output error (rehearsed fault)" >&2 ;;
  esac
  exit 1
}

# --- units

unit_name() { # UNIT
  case $1 in
    *.service | *.socket | *.path | *.swap | *.timer | *.target | *.mount) echo "$1" ;;
    *) echo "$1.service" ;;
  esac
}
unit_file() { # UNIT
  for unit_directory in /etc/systemd/system /usr/lib/systemd/system /lib/systemd/system; do
    if [ -f "$R$unit_directory/$1" ]; then
      echo "$R$unit_directory/$1"
      return 0
    fi
  done
  return 1
}
unit_is() { [ -e "$STATE/units/$(unit_name "$1")/$2" ]; } # UNIT enabled|active|masked

# kubelet ends and is started again for as long as kubeadm has not configured it.
unit_state() { # UNIT: as systemctl is-active prints it
  unit_state_name=$(unit_name "$1")
  if [ ! -e "$STATE/units/$unit_state_name/active" ]; then
    echo inactive
  elif [ "$unit_state_name" = kubelet.service ] && [ ! -f "$R/var/lib/kubelet/config.yaml" ]; then
    echo activating
  else
    echo active
  fi
}

# The process of a unit: those of runtimes have the environment with which they were started.
unit_pid() { # UNIT
  case $1 in containerd.service) echo 2001 ;; docker.service) echo 2002 ;; crio.service) echo 2003 ;; *) echo 2000 ;; esac
}

unit_environment() { # UNIT
  echo PATH=/usr/bin:/bin
  for unit_drop_in in "$R/etc/systemd/system/$1.d"/*.conf; do
    [ -f "$unit_drop_in" ] || continue
    sed -n 's/^EnvironmentFile=-\{0,1\}//p' "$unit_drop_in" |
      while read -r unit_variables; do cat "$R$unit_variables" 2>/dev/null || true; done
  done
}

unit_start() { # UNIT
  mkdir -p "$STATE/units/$1"
  : > "$STATE/units/$1/active"
  if [ "$(unit_pid "$1")" != 2000 ]; then
    mkdir -p "$R/proc/$(unit_pid "$1")"
    unit_environment "$1" | tr '\n' '\0' > "$R/proc/$(unit_pid "$1")/environ"
  fi
  case $1 in
    containerd.service)
      mkdir -p "$R/run/containerd" "$R/var/lib/containerd"
      : > "$R/run/containerd/containerd.sock"
      if grep -qsE '^[[:space:]]*disabled_plugins[[:space:]]*=.*"(io.containerd.grpc.v1.)?cri"' "$R/etc/containerd/config.toml"; then
        rm -f "$STATE/cri-containerd"
      else
        : > "$STATE/cri-containerd"
      fi
      ;;
    docker.service)
      unit_is containerd active || unit_start containerd.service
      mkdir -p "$R/run" "$R/var/lib/docker" "$R/var/run"
      : > "$R/run/docker.sock"
      cat "$R/etc/docker/daemon.json" > "$STATE/docker-daemon.json" 2>/dev/null || echo '{}' > "$STATE/docker-daemon.json"
      ;;
    crio.service)
      mkdir -p "$R/run/crio"
      : > "$R/run/crio/crio.sock"
      ;;
  esac
}

unit_stop() { # UNIT
  rm -f "$STATE/units/$1/active"
  if [ "$(unit_pid "$1")" != 2000 ]; then rm -rf "$R/proc/$(unit_pid "$1")"; fi
  case $1 in
    containerd.service) rm -f "$R/run/containerd/containerd.sock" "$STATE/cri-containerd" ;;
    docker.service) rm -f "$R/run/docker.sock" "$STATE/docker-daemon.json" ;;
    crio.service) rm -f "$R/run/crio/crio.sock" ;;
  esac
}

# --- the network

# Prints "ADDRESS PORT PID PROCESS" for each socket that listens on the host whose root is given.
listening_on() { # ROOT
  echo "0.0.0.0 22 612 sshd"
  if [ -f "$1/.rehearsal/listening" ]; then cat "$1/.rehearsal/listening"; fi
  if [ -e "$1/.rehearsal/units/haproxy.service/active" ]; then
    sed -n 's/^  bind \(.*\):\([0-9]*\).*/\1 \2 2801 haproxy/p' "$1/etc/haproxy/haproxy.cfg" | sed 's/^[*] /0.0.0.0 /'
  fi
  [ -e "$1/.rehearsal/units/kubelet.service/active" ] && [ -f "$1/var/lib/kubelet/config.yaml" ] || return 0
  echo "127.0.0.1 10248 2210 kubelet"
  echo "[::] 10250 2210 kubelet"
  if [ -f "$1/etc/kubernetes/kubelet.conf" ] && ! grep -qsx kube-proxy "$SHARED/left-out"; then
    echo "127.0.0.1 10249 2702 kube-proxy"
    echo "[::] 10256 2702 kube-proxy"
  fi
  [ -f "$1/etc/kubernetes/manifests/kube-apiserver.yaml" ] || return 0
  listening_address=$(line_of "$1/.rehearsal/address")
  echo "[::] 6443 2411 kube-apiserver"
  echo "127.0.0.1 10257 2430 kube-controller"
  echo "127.0.0.1 10259 2442 kube-scheduler"
  echo "127.0.0.1 2379 2455 etcd"
  echo "$listening_address 2379 2455 etcd"
  echo "$listening_address 2380 2455 etcd"
}

# The root of the rehearsed host that has this address or name.
root_of() { # ADDRESS
  for root_candidate in "$WORKSHOP"/hosts/*; do
    [ -f "$root_candidate/.rehearsal/address" ] || continue
    if [ "$(line_of "$root_candidate/.rehearsal/address")" = "$1" ] || [ "${root_candidate##*/}" = "$1" ]; then
      echo "$root_candidate"
      return 0
    fi
  done
  return 1
}
