#!/bin/sh
# The container runtime: installed, configured for kubelet, enabled and running. A runtime that is there and does all that
# stays as it is; it is restarted only if its configuration changed.
# Environment: RUNTIME, RUNTIME_VERSION, CRI_SOCKET, CGROUP_DRIVER, PAUSE_IMAGE, INSECURE_REGISTRIES, KUBERNETES_MINOR.
# Standard input: the whole configuration file that is wanted (docker: daemon.json, containerd: config.toml, cri-o: the
# drop-in); empty: this script's own, but never in place of one that somebody else wrote.

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"

know_family
cat > "$WORK/wanted"

restart_due=no

# Installs the first of the packages that the repositories have.
install_one_of() { # PACKAGE...
  say "installing $1${RUNTIME_VERSION:+ $RUNTIME_VERSION}"
  case $FAMILY in
    apt)
      offer=$(apt_offer "$@")
      install_packages "$offer"
      ;;
    yum)
      if try_packages "$(yum_name "$1")"; then return 0; fi
      cp "$WORK/output" "$WORK/words"
      # it may go by another name here; that the repositories do not answer is no reason to take another
      other=$(yum_offer "$@")
      case $other in
        "" | "$1")
          cp "$WORK/words" "$WORK/output"
          command_failed "could not install $(yum_name "$1"): $(last_words)" "The runtime's repository is packages.runtime.baseUrl in the spec, its version runtime.version."
          ;;
        *) install_packages "$(yum_name "$other")" ;;
      esac
      ;;
  esac
}

apt_offer() { # PACKAGE...: the first that there is, as apt-get takes it
  for package in "$@"; do
    if [ -n "${RUNTIME_VERSION:-}" ]; then
      apt_full=$(apt_version "$package" "$RUNTIME_VERSION") || continue
      echo "$package=$apt_full"
      return 0
    elif [ -n "$(apt-cache madison "$package" 2>/dev/null)" ]; then
      echo "$package"
      return 0
    fi
  done
  fail "the host's repositories have none of: $*${RUNTIME_VERSION:+ at version $RUNTIME_VERSION}" "Set packages.runtime.baseUrl in the spec to a repository that has it, or runtime.version to one that is there." >&3
}

yum_name() { echo "$1${RUNTIME_VERSION:+-$RUNTIME_VERSION}"; } # PACKAGE

yum_offer() { # PACKAGE...: the name of the first that yum lists
  for package in "$@"; do set -- "$@" "$(yum_name "$package")" && shift; done
  # shellcheck disable=SC2046 # options
  "$(yum_command)" list $(yum_list_available) "$@" </dev/null > "$WORK/offers" 2>/dev/null || return 0
  for package in "$@"; do
    package=${package%"${RUNTIME_VERSION:+-$RUNTIME_VERSION}"}
    if awk -v name="$package" '{ sub(/[.][^.]*$/, "", $1) } $1 == name { found = 1 } END { exit !found }' "$WORK/offers"; then
      echo "$package"
      return 0
    fi
  done
}

# Refuses a runtime of another version than the spec asks for: running containers are somebody's.
same_version() { # PACKAGE...
  [ -n "${RUNTIME_VERSION:-}" ] || return 0
  for package in "$@"; do
    installed=$(package_version "$package")
    [ -n "$installed" ] || continue
    [ "$installed" = "$RUNTIME_VERSION" ] || fail "$package $installed is installed, the spec asks for $RUNTIME_VERSION" "Set runtime.version to $installed or leave it out, or upgrade $package by hand."
  done
}

# What a runtime that is installed now keeps and makes, before it comes.
keep_runtime() { # NAME DIRECTORY...
  found runtime "$1" absent
  shift
  # containerd 2 makes a socket for plugins there
  for runtime_directory in "$@" /run/nri; do keep_tree "$R$runtime_directory"; done
  keep_network
}

restart_if_due() { # UNIT
  # what starts now reads its configuration anyway
  systemctl is-active -q "$1" || restart_due=no
  unit_running "$1"
  if [ "$restart_due" = yes ]; then
    say "restarting $1 for its new configuration"
    restart_runtime "$1" || fail "$1 does not start with its new configuration: $(last_words)" "See: journalctl -u $1"
  fi
}

# --- Docker

docker_config() {
  registries=
  for registry in ${INSECURE_REGISTRIES:-}; do registries="${registries:+$registries, }\"$registry\""; done
  echo '{'
  echo "  \"exec-opts\": [\"native.cgroupdriver=$CGROUP_DRIVER\"],"
  if [ -n "$registries" ]; then echo "  \"insecure-registries\": [$registries],"; fi
  echo '  "log-driver": "json-file",'
  echo '  "log-opts": {"max-size": "100m"},'
  echo '  "storage-driver": "overlay2"'
  echo '}'
}

# What the running Docker lacks, in words; nothing where it has all.
docker_lacks() {
  docker info --format '{{.CgroupDriver}}{{range .RegistryConfig.IndexConfigs}}{{if not .Secure}} {{.Name}}{{end}}{{end}} ' > "$WORK/docker-info" 2>/dev/null || { echo "it does not answer"; return 0; }
  read -r driver _ < "$WORK/docker-info"
  if [ "$driver" != "$CGROUP_DRIVER" ]; then echo "its cgroup driver is $driver, not $CGROUP_DRIVER (exec-opts: native.cgroupdriver=$CGROUP_DRIVER)"; fi
  for registry in ${INSECURE_REGISTRIES:-}; do
    grep -qF " $registry " "$WORK/docker-info" || echo "it does not take $registry as an insecure registry (insecure-registries)"
  done
}

install_docker() {
  daemon_json=$R/etc/docker/daemon.json
  same_version docker-ce docker.io
  present=no
  if have dockerd; then present=yes; fi
  if [ "$present" = no ] && ! planning; then
    keep_runtime docker /var/lib/docker /var/lib/containerd /etc/docker /etc/containerd /etc/cni /opt/containerd /run/docker /run/containerd
  fi
  keep_reader docker.service

  if [ -s "$WORK/wanted" ]; then
    put_file "$daemon_json" 0644 < "$WORK/wanted"
    restart_due=$file_changed
  elif [ ! -e "$daemon_json" ]; then
    # a Docker that has all it needs by its defaults or its unit's flags needs no file
    if [ "$present" = no ] || [ -n "$(docker_lacks)" ]; then
      docker_config > "$WORK/daemon.json"
      put_file "$daemon_json" 0644 < "$WORK/daemon.json"
      restart_due=$file_changed
    fi
  fi

  if [ "$present" = no ]; then
    if ! change "install Docker${RUNTIME_VERSION:+ $RUNTIME_VERSION}"; then
      change "enable and start docker.service" || true
      return 0
    fi
    keep_unit docker.service
    keep_unit docker.socket
    keep_unit containerd.service
    # its configuration is there before its first start, so no restart is due
    restart_due=no
    install_one_of docker-ce docker.io moby-engine
  fi
  if planning; then return 0; fi
  restart_if_due docker.service
  lacking=$(docker_lacks | paste -s -d ';')
  [ -z "$lacking" ] || fail "Docker runs, but $lacking" "Add that to /etc/docker/daemon.json and restart Docker (its containers stop meanwhile), then run this again."

  if [ "$KUBERNETES_MINOR" -ge 24 ]; then install_cri_dockerd; fi
}

# From 1.24 on kubelet speaks CRI alone, and cri-dockerd stands between it and Docker.
install_cri_dockerd() {
  if ! have cri-dockerd; then
    if change "install cri-dockerd"; then
      keep_unit cri-docker.socket
      keep_unit cri-docker.service
      keep_tree "$R/var/lib/cri-dockerd"
      RUNTIME_VERSION='' install_one_of cri-dockerd
    fi
  fi
  printf '[Service]\nExecStart=\nExecStart=%s --container-runtime-endpoint fd:// --network-plugin=cni --pod-infra-container-image=%s\n' \
    "$(command -v cri-dockerd || echo /usr/bin/cri-dockerd)" "$PAUSE_IMAGE" > "$WORK/cri-docker"
  keep_reader cri-docker.service
  put_file "$R/etc/systemd/system/cri-docker.service.d/10-caravan.conf" 0644 < "$WORK/cri-docker"
  restart_due=$file_changed
  if [ "$restart_due" = yes ] && ! planning; then systemctl daemon-reload; fi
  unit_running cri-docker.socket
  restart_if_due cri-docker.service
}

# --- containerd

containerd_major() { # 1 or 2
  containerd --version | awk '{ sub(/^v/, "", $3); print substr($3, 1, index($3, ".") - 1) }'
}

containerd_config() {
  if [ "$CGROUP_DRIVER" = systemd ]; then systemd_cgroup=true; else systemd_cgroup=false; fi
  echo "# Written by Caravan."
  for registry in ${INSECURE_REGISTRIES:-}; do echo "# By plain HTTP, see /etc/containerd/certs.d: http://$registry"; done
  if [ "$(containerd_major)" -ge 2 ]; then
    cat <<TOML
version = 3

[plugins.'io.containerd.cri.v1.images'.pinned_images]
  sandbox = '$PAUSE_IMAGE'

[plugins.'io.containerd.cri.v1.images'.registry]
  config_path = '/etc/containerd/certs.d'

[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
  runtime_type = 'io.containerd.runc.v2'

[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
  SystemdCgroup = $systemd_cgroup
TOML
  else
    cat <<TOML
version = 2

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "$PAUSE_IMAGE"

[plugins."io.containerd.grpc.v1.cri".registry]
  config_path = "/etc/containerd/certs.d"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
  SystemdCgroup = $systemd_cgroup
TOML
  fi
}

# What the configuration lacks, in words, by containerd's own view of it.
containerd_lacks() {
  if [ "$CGROUP_DRIVER" = systemd ]; then systemd_cgroup=true; else systemd_cgroup=false; fi
  containerd config dump > "$WORK/dump" 2>"$WORK/output" || { echo "containerd cannot read it: $(last_words)"; return 0; }
  if grep -qE '^ *disabled_plugins *=.*cri' "$WORK/dump"; then echo 'it switches the CRI plugin off (disabled_plugins)'; fi
  grep -qE "^ *(sandbox_image|sandbox) *= *[\"']${PAUSE_IMAGE}[\"']" "$WORK/dump" || echo "its sandbox image is not $PAUSE_IMAGE (sandbox_image; in containerd 2 pinned_images.sandbox)"
  # the option's default is false
  if grep -qE "^ *SystemdCgroup *= *true" "$WORK/dump"; then dumped=true; else dumped=false; fi
  [ "$dumped" = "$systemd_cgroup" ] || echo "SystemdCgroup is not $systemd_cgroup (runtimes.runc.options)"
  if [ -n "${INSECURE_REGISTRIES:-}" ]; then
    grep -qE "^ *config_path *= *[\"'][^\"']" "$WORK/dump" || echo 'it names no directory for registries (registry config_path = "/etc/containerd/certs.d")'
  fi
}

# A file that says nothing, or what the containerd.io package ships: no more than that the CRI plugin is off.
as_packaged() { # FILE
  ! grep -vE '^[[:space:]]*(#|$)|^disabled_plugins = \["cri"\]$' "$1" | grep -q .
}

install_containerd() {
  config=$R/etc/containerd/config.toml
  same_version containerd.io containerd
  if ! have containerd; then
    if ! change "install containerd${RUNTIME_VERSION:+ $RUNTIME_VERSION}"; then
      change "write ${config#"$R"}" || true
      change "enable and start containerd.service" || true
      return 0
    fi
    keep_runtime containerd /var/lib/containerd /etc/containerd /etc/cni /opt/containerd /run/containerd
    keep_unit containerd.service
    # not there: the package's own file comes and is replaced below, and the undo takes both away
    if [ ! -e "$config" ]; then keep_file "$config"; fi
    install_one_of containerd.io containerd
  fi

  keep_reader containerd.service
  # registries that speak plain HTTP; containerd reads these files at each pull
  for registry in ${INSECURE_REGISTRIES:-}; do
    printf 'server = "http://%s"\n\n[host."http://%s"]\n  capabilities = ["pull", "resolve"]\n' "$registry" "$registry" > "$WORK/hosts"
    put_file "$R/etc/containerd/certs.d/$registry/hosts.toml" 0644 < "$WORK/hosts"
  done

  if [ -s "$WORK/wanted" ]; then
    put_file "$config" 0644 < "$WORK/wanted"
    restart_due=$file_changed
  elif [ ! -e "$config" ] || as_packaged "$config" || grep -q '^# Written by Caravan\.$' "$config"; then
    containerd_config > "$WORK/config.toml"
    put_file "$config" 0644 < "$WORK/config.toml"
    restart_due=$file_changed
  elif [ -n "$(containerd_lacks)" ]; then
    # somebody's own, such as `containerd config default`: only the lines that matter
    if [ "$CGROUP_DRIVER" = systemd ]; then systemd_cgroup=true; else systemd_cgroup=false; fi
    sed -E \
      -e "s|^( *sandbox_image *= *)[\"'].*[\"'] *$|\1\"$PAUSE_IMAGE\"|" \
      -e "s|^( *sandbox *= *)[\"'].*[\"'] *$|\1\"$PAUSE_IMAGE\"|" \
      -e "s|^( *SystemdCgroup *= *)(true\|false) *$|\1$systemd_cgroup|" \
      -e 's|^disabled_plugins *= *\["cri"\] *$|disabled_plugins = []|' \
      -e "/[.]registry\]/,/^ *\[/ s|^( *config_path *= *)([\"'])[\"'] *$|\1\2/etc/containerd/certs.d\2|" "$config" > "$WORK/config.toml"
    put_file "$config" 0644 < "$WORK/config.toml"
    restart_due=$file_changed
  fi
  if planning; then return 0; fi
  lacking=$(containerd_lacks | paste -s -d ';')
  [ -z "$lacking" ] || fail "/etc/containerd/config.toml is not ours to replace, and $lacking" "Add that to the file, or move the file away, then run this again."
  restart_if_due containerd.service
}

# --- CRI-O

install_crio() {
  same_version cri-o
  if ! have crio; then
    if ! change "install CRI-O${RUNTIME_VERSION:+ $RUNTIME_VERSION}"; then
      change "enable and start crio.service" || true
      return 0
    fi
    keep_runtime cri-o /var/lib/containers /etc/crio /etc/containers /etc/cni /var/lib/crio /run/crio /run/containers
    keep_unit crio.service
    install_one_of cri-o
  fi
  keep_reader crio.service
  if [ ! -s "$WORK/wanted" ]; then
    # conmon stands in the pod's cgroup unless systemd manages the cgroups
    if [ "$CGROUP_DRIVER" = systemd ]; then conmon=system.slice; else conmon=pod; fi
    printf '[crio.image]\npause_image = "%s"\n\n[crio.runtime]\ncgroup_manager = "%s"\nconmon_cgroup = "%s"\n' "$PAUSE_IMAGE" "$CGROUP_DRIVER" "$conmon" > "$WORK/wanted"
  fi
  put_file "$R/etc/crio/crio.conf.d/10-caravan.conf" 0644 < "$WORK/wanted"
  restart_due=$file_changed
  if [ -n "${INSECURE_REGISTRIES:-}" ]; then
    for registry in $INSECURE_REGISTRIES; do printf '[[registry]]\nlocation = "%s"\ninsecure = true\n' "$registry"; done > "$WORK/registries"
    put_file "$R/etc/containers/registries.conf.d/10-caravan.conf" 0644 < "$WORK/registries"
    [ "$file_changed" = no ] || restart_due=yes
  fi
  if planning; then return 0; fi
  restart_if_due crio.service
}

# ---

case $RUNTIME in
  docker) install_docker ;;
  containerd) install_containerd ;;
  cri-o) install_crio ;;
  *) fail "runtime $RUNTIME is none of docker, containerd, cri-o" ;;
esac

# For people, and for kubeadm's pulls: where crictl finds the runtime. Docker up to 1.23 has no CRI socket of its own.
case $CRI_SOCKET in
  */dockershim.sock) ;;
  *)
    if [ ! -e "$R/etc/crictl.yaml" ]; then
      endpoint=unix://${CRI_SOCKET#unix://}
      printf 'runtime-endpoint: %s\nimage-endpoint: %s\n' "$endpoint" "$endpoint" > "$WORK/crictl"
      put_file "$R/etc/crictl.yaml" 0644 < "$WORK/crictl"
    fi
    ;;
esac
