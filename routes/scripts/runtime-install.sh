#!/bin/sh
# Installs the container runtime, configures it for kubelet, enables and starts it. If a runtime is there with the right configuration, it
# is not changed; it is restarted only if its configuration changed. This step comes after kube-install: kubeadm names the sandbox image.
# Environment: RUNTIME, RUNTIME_VERSION, CRI_SOCKET, CGROUP_DRIVER, INSECURE_REGISTRIES, KUBERNETES_VERSION, KUBERNETES_MINOR,
# IMAGE_REPOSITORY, PROXIED, PROXY_EXCEPT, REGISTRIES, REGISTRY_MIRRORS, REGISTRY_PASSWORDS; if a route sets PAUSE_IMAGE, it is the
# sandbox image instead of kubeadm's.
# Standard input: the whole configuration file (docker: daemon.json, containerd: config.toml, cri-o: the drop-in). If it is empty, the
# script writes its own, but never replaces a file that an administrator wrote.
# NODE_DRAINED=yes: if the spec names a newer version than the one that is installed, it is upgraded.

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"

know_family
cat > "$WORK/wanted"

restart_due=no
proxy_changed=no

# The newest Docker that is known to work with the dockershim of Kubernetes up to 1.23. Docker 29 accepts clients only from API version 1.44
# on, instead of 1.24, and keeps images in containerd (its release notes); dockershim's client is from 2019.
NEWEST_DOCKER=28

# Installs the first of the packages that the repositories have.
install_one_of() { # PACKAGE...
  case $FAMILY in
    apt)
      offer=$(apt_offer "$@")
      say "installing $offer"
      install_packages "$offer"
      ;;
    yum)
      say "installing $1${RUNTIME_VERSION:+ $RUNTIME_VERSION}"
      if try_packages "$(yum_name "$1")"; then return 0; fi
      cp "$WORK/output" "$WORK/words"
      # the package may have another name here; if the repositories do not answer, this is an error
      other=$(yum_offer "$@")
      case $other in
        "" | "$1")
          cp "$WORK/words" "$WORK/output"
          command_failed "could not install $(yum_name "$1"): $(last_words)" \
            "The runtime's repository is packages.runtime.baseUrl in the spec, its version runtime.version."
          ;;
        *) install_packages "$(yum_name "$other")" ;;
      esac
      ;;
  esac
}

# The versions of a package that the repositories have, the newest first.
versions_of() { # PACKAGE
  # shellcheck disable=SC2046 # the words after list
  case $FAMILY in
    apt) apt-cache madison "$1" 2>/dev/null | awk '{ print $3 }' ;;
    yum)
      with_proxy "$(yum_command)" list $(yum_list_available) "$1" </dev/null 2>/dev/null |
        awk -v name="$1" '{ sub(/[.][^.]*$/, "", $1) } $1 == name { print $2 }'
      ;;
  esac | sed 's/^[0-9]*://; s/[-~+].*//' | sort -u -t . -k 1,1nr -k 2,2nr -k 3,3nr
}

# If the newest Docker is newer than NEWEST_DOCKER: the newest one up to it; otherwise nothing. Fails if all are newer.
older_docker() { # PACKAGE...: the first that there is counts
  for docker_package in "$@"; do
    versions_of "$docker_package" > "$WORK/dockers"
    newest_docker=$(head -n 1 "$WORK/dockers")
    [ -n "$newest_docker" ] || continue
    if [ "${newest_docker%%.*}" -le "$NEWEST_DOCKER" ]; then return 0; fi
    awk -F . -v newest="$NEWEST_DOCKER" '$1 + 0 <= newest { print; found = 1; exit } END { exit !found }' "$WORK/dockers" && return 0
    docker_bound="$NEWEST_DOCKER, the newest that is known to work with Kubernetes 1.$KUBERNETES_MINOR"
    fail "the host's repositories have Docker $newest_docker, and none up to $docker_bound" \
      "Write runtime.name: containerd, or runtime.version: $newest_docker to try it all the same." >&3
  done
}

apt_offer() { # PACKAGE...: the first that exists, in apt-get's form
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
  fail "the host's repositories have none of: $*${RUNTIME_VERSION:+ at version $RUNTIME_VERSION}" \
    "Set packages.runtime.baseUrl in the spec to a repository that has it, or runtime.version to one that is there." >&3
}

yum_name() { echo "$1${RUNTIME_VERSION:+-$RUNTIME_VERSION}"; } # PACKAGE

yum_offer() { # PACKAGE...: the name of the first that yum lists
  for package in "$@"; do set -- "$@" "$(yum_name "$package")" && shift; done
  # shellcheck disable=SC2046 # options
  with_proxy "$(yum_command)" list $(yum_list_available) "$@" </dev/null > "$WORK/offers" 2>/dev/null || return 0
  for package in "$@"; do
    package=${package%"${RUNTIME_VERSION:+-$RUNTIME_VERSION}"}
    if awk -v name="$package" '{ sub(/[.][^.]*$/, "", $1) } $1 == name { found = 1 } END { exit !found }' "$WORK/offers"; then
      echo "$package"
      return 0
    fi
  done
}

# Puts the version that the spec names in the place of an older one, if the node is drained: containers may stop meanwhile.
same_version() { # PACKAGE...
  [ -n "${RUNTIME_VERSION:-}" ] || return 0
  set -- "$@" --
  while [ "$1" != -- ]; do
    installed=$(package_version "$1")
    if [ -n "$installed" ] && [ -n "$RUNTIME_VERSION" ] && [ "$installed" != "$RUNTIME_VERSION" ]; then
      older_version "$installed" "$RUNTIME_VERSION" || fail "$1 $installed is installed, the spec asks for the older $RUNTIME_VERSION" \
        "Set runtime.version to $installed or leave it out, or replace $1 by hand."
      # a plan shows the upgrade where the node is drained
      if [ "${NODE_DRAINED:-}" = yes ]; then
        if change "upgrade $1 from $installed to $RUNTIME_VERSION"; then set -- "$@" "$1"; fi
      elif planning; then
        RUNTIME_VERSION=
      else
        fail "$1 $installed is installed, the spec asks for $RUNTIME_VERSION" \
          "Caravan upgrades the runtime of nodes only. Upgrade $1 on this host by hand, or remove it, or leave runtime.version out."
      fi
    fi
    shift
  done
  shift
  if [ $# -gt 0 ]; then upgrade_runtime "$@"; fi
}

upgrade_runtime() { # PACKAGE...
  # the indices may be older than the version
  read_indices
  for upgraded in "$@"; do
    case $FAMILY in
      yum) upgrade_name=$upgraded-$RUNTIME_VERSION ;;
      apt)
        upgrade_name=$upgraded=$(apt_version "$upgraded" "$RUNTIME_VERSION") ||
          fail "the host's repositories have no $upgraded $RUNTIME_VERSION" \
            "Set packages.runtime.baseUrl in the spec to a repository that has it, or runtime.version to one that is there."
        ;;
    esac
    set -- "$@" "$upgrade_name"
    shift
  done
  upgraded_names=$*
  if [ "$FAMILY" = apt ]; then set -- --allow-change-held-packages "$@"; fi
  say "upgrading to $upgraded_names"
  install_packages "$@"
}

# Records the directories that a runtime uses, before it is installed.
keep_runtime() { # NAME DIRECTORY...
  found runtime "$1" absent
  shift
  # containerd 2 makes a socket for plugins in /run/nri
  for runtime_directory in "$@" /run/nri; do keep_tree "$R$runtime_directory"; done
  # as in kube-install: dpkg may remove it with the package
  if [ -d "$R/opt" ]; then keep_tree "$R/opt" 0; fi
  keep_network
}

# If the spec names an exact version, ordinary updates do not change it, as with Kubernetes' packages. Only on apt hosts: with yum, the
# runtime's packages are not excluded.
hold_runtime() { # PACKAGE...: those that are installed
  if [ -z "${RUNTIME_VERSION:-}" ] || [ "$FAMILY" != apt ]; then return 0; fi
  for hold_name in "$@"; do
    [ -n "$(package_version "$hold_name")" ] || continue
    if apt-mark showhold 2>/dev/null | grep -qxF "$hold_name"; then continue; fi
    if change "hold $hold_name at its version"; then
      keep_hold "$hold_name"
      apt-mark hold "$hold_name" >/dev/null
    fi
  done
}

# Has a runtime use the spec's proxy. systemctl show prints the variables of a unit to every user, so they are in a file of root's.
use_proxy() { # UNIT
  keep_reader "$1"
  proxy_drop_in=$R/etc/systemd/system/$1.d/90-caravan-proxy.conf
  if [ "${PROXIED:-}" = true ]; then
    printf '# Written by Caravan.\n[Service]\nEnvironmentFile=-%s\n' "${PROXY_FILE#"$R"}" > "$WORK/drop-in"
    put_file "$proxy_drop_in" 0644 < "$WORK/drop-in"
  else
    drop_file "$proxy_drop_in"
  fi
  proxy_changed=$file_changed
  if [ "$proxy_changed" = yes ] && ! planning; then systemctl daemon-reload; fi
}

# Enables and starts the unit, or restarts it for its new configuration. In a plan, says which of them it would be.
restart_if_due() { # UNIT
  if [ "$proxy_changed" = yes ] || { [ "${PROXIED:-}" = true ] && runs_with_other_proxy "$1" "$PROXY_FILE"; }; then restart_due=yes; fi
  restart_reason="its new configuration"
  if [ "${NODE_DRAINED:-}" = yes ] && program_replaced "$1"; then restart_due=yes restart_reason="its new version"; fi
  # a unit that starts only now reads the new configuration anyway
  systemctl is-active -q "$1" || restart_due=no
  unit_running "$1"
  if [ "$restart_due" = yes ] && change "restart $1 for $restart_reason"; then
    restart_runtime "$1" || fail "$1 does not start with $restart_reason: $(last_words)" "See: journalctl -u $1"
  fi
}

# --- registries, if the spec does not name them any more; registries.sh writes the files

# The file with the passwords, if no registry has one, and the CAs, if there are no registries.
drop_registries() { # PASSWORDS CERTIFICATES
  if [ "${REGISTRY_PASSWORDS:-}" != true ] && grep -qs '^{"caravan": ' "$R$1"; then drop_file "$R$1"; fi
  if [ -n "${REGISTRIES:-}" ]; then return 0; fi
  for drop_certificate in "$R$2"/*/caravan-ca.crt; do drop_file "$drop_certificate"; done
}

# containerd's files for registries.
drop_host_files() {
  for drop_hosts in "$R"/etc/containerd/certs.d/*/hosts.toml; do
    grep -qs '^# Written by Caravan for runtime.registries' "$drop_hosts" || continue
    drop_directory=$(dirname "$drop_hosts")
    case " ${REGISTRIES:-} ${INSECURE_REGISTRIES:-} " in *" ${drop_directory##*/} "*) continue ;; esac
    for drop_certificate in "$drop_directory"/caravan-ca*.crt; do drop_file "$drop_certificate"; done
    drop_file "$drop_hosts"
  done
}

# --- Docker

docker_config() {
  registries=
  for registry in ${INSECURE_REGISTRIES:-}; do registries="${registries:+$registries, }\"$registry\""; done
  echo '{'
  echo "  \"exec-opts\": [\"native.cgroupdriver=$CGROUP_DRIVER\"],"
  if [ -n "$registries" ]; then echo "  \"insecure-registries\": [$registries],"; fi
  if [ -n "${REGISTRY_MIRRORS:-}" ]; then
    mirrors=
    for mirror in $REGISTRY_MIRRORS; do mirrors="${mirrors:+$mirrors, }\"$mirror\""; done
    echo "  \"registry-mirrors\": [$mirrors],"
  fi
  echo '  "log-driver": "json-file",'
  echo '  "log-opts": {"max-size": "100m"},'
  echo '  "storage-driver": "overlay2"'
  echo '}'
}

# Prints what the configuration of the running Docker lacks; nothing if it lacks nothing.
docker_lacks() {
  docker info --format '{{.CgroupDriver}}{{range .RegistryConfig.IndexConfigs}}{{if not .Secure}} {{.Name}}{{end}}{{end}} ' \
    > "$WORK/docker-info" 2>/dev/null || { echo "it does not answer"; return 0; }
  read -r driver _ < "$WORK/docker-info"
  if [ "$driver" != "$CGROUP_DRIVER" ]; then
    echo "its cgroup driver is $driver, not $CGROUP_DRIVER (exec-opts: native.cgroupdriver=$CGROUP_DRIVER)"
  fi
  for registry in ${INSECURE_REGISTRIES:-}; do
    grep -qF " $registry " "$WORK/docker-info" || echo "it does not take $registry as an insecure registry (insecure-registries)"
  done
  if [ -n "${REGISTRY_MIRRORS:-}" ]; then
    docker info --format '{{range .RegistryConfig.Mirrors}} {{.}}{{end}} ' > "$WORK/docker-info" 2>/dev/null || true
    for mirror in $REGISTRY_MIRRORS; do
      # Docker adds a slash
      grep -qF " $mirror/ " "$WORK/docker-info" || echo "it does not ask the mirror $mirror (registry-mirrors)"
    done
  fi
}

install_docker() {
  daemon_json=$R/etc/docker/daemon.json
  same_version docker-ce docker.io
  present=no
  if have dockerd; then present=yes; fi
  if [ "$present" = no ] && ! planning; then
    keep_runtime docker /var/lib/docker /var/lib/containerd /etc/docker /etc/containerd /etc/cni /opt/containerd /run/docker /run/containerd
  fi
  use_proxy docker.service
  keep_reader docker.service
  drop_registries /var/lib/kubelet/config.json /etc/docker/certs.d

  if [ -s "$WORK/wanted" ]; then
    put_file "$daemon_json" 0644 < "$WORK/wanted"
    restart_due=$file_changed
  elif [ ! -e "$daemon_json" ]; then
    # if its defaults or the flags of its unit suffice, Docker needs no file
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
    proxy_changed=no
    # if this is not the newest version, hold it as well
    if [ -z "${RUNTIME_VERSION:-}" ]; then RUNTIME_VERSION=$(older_docker docker-ce docker.io moby-engine); fi
    install_one_of docker-ce docker.io moby-engine
  fi
  hold_runtime docker-ce docker-ce-cli docker.io moby-engine containerd.io containerd
  restart_if_due docker.service
  if planning; then return 0; fi
  lacking=$(docker_lacks | paste -s -d ';')
  [ -z "$lacking" ] || fail "Docker runs, but $lacking" \
    "Add that to /etc/docker/daemon.json and restart Docker (its containers stop meanwhile), then run this again."
  docker_release=$(docker version --format '{{.Server.Version}}' 2>/dev/null || true)
  case ${docker_release%%.*} in
    "" | *[!0-9]*) ;;
    *)
      docker_bound="Docker up to $NEWEST_DOCKER is known to work with Kubernetes 1.$KUBERNETES_MINOR"
      [ "${docker_release%%.*}" -le "$NEWEST_DOCKER" ] || say "warning: Docker $docker_release runs here; $docker_bound"
      ;;
  esac
}

# --- containerd

# Whether the containerd that is installed is at least that version.
containerd_is() { # MAJOR MINOR
  containerd --version | awk -v major="$1" -v minor="$2" '
    { sub(/^v/, "", $3); split($3, part, /[.]/); at_least = part[1] + 0 > major || part[1] + 0 == major && part[2] + 0 >= minor }
    END { exit !at_least }'
}

# Networks and the package kubernetes-cni have their plugins in /opt/cni/bin, Debian's and Ubuntu's own packages in /usr/lib/cni.
# containerd searches more than one directory since 2.1.
containerd_config() {
  if [ "$CGROUP_DRIVER" = systemd ]; then systemd_cgroup=true; else systemd_cgroup=false; fi
  echo "# Written by Caravan."
  for registry in ${INSECURE_REGISTRIES:-}; do echo "# By plain HTTP, see /etc/containerd/certs.d: http://$registry"; done
  if containerd_is 2 0; then
    # 2.3 and later write version 4 themselves and read this one, as all of 2.x do
    plugin_directories="bin_dir = '/opt/cni/bin'"
    if containerd_is 2 1; then plugin_directories="bin_dirs = ['/opt/cni/bin', '/usr/lib/cni']"; fi
    cat <<TOML
version = 3

[plugins.'io.containerd.cri.v1.images'.pinned_images]
  sandbox = '$sandbox_image'

[plugins.'io.containerd.cri.v1.images'.registry]
  config_path = '/etc/containerd/certs.d'

[plugins.'io.containerd.cri.v1.runtime'.cni]
  $plugin_directories
  conf_dir = '/etc/cni/net.d'

[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
  runtime_type = 'io.containerd.runc.v2'

[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
  SystemdCgroup = $systemd_cgroup
TOML
  else
    cat <<TOML
version = 2

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "$sandbox_image"

[plugins."io.containerd.grpc.v1.cri".registry]
  config_path = "/etc/containerd/certs.d"

[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = "/opt/cni/bin"
  conf_dir = "/etc/cni/net.d"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
  SystemdCgroup = $systemd_cgroup
TOML
  fi
}

# The value of a key in the output of `containerd config dump`, without its quotes: in the first table whose name ends like this (with its
# dots); "" is the top level. Nothing if there is no such key.
dumped() { # TABLE'S END, KEY
  awk -v end="$1" -v key="$2" '
    /^[ \t]*\[/ { table = $0; gsub(/[ \t"'\'']/, "", table); gsub(/^\[|\]$/, "", table); next }
    { here = end == "" ? table == "" : length(table) >= length(end) && substr(table, length(table) - length(end) + 1) == end }
    here && $1 == key && $2 == "=" { sub(/^[^=]*= */, ""); gsub(/["'\'']/, ""); sub(/[ \t]+$/, ""); print; exit }' "$WORK/dump"
}

# Prints what the configuration lacks, as containerd itself reads it.
containerd_lacks() {
  if [ "$CGROUP_DRIVER" = systemd ]; then systemd_cgroup=true; else systemd_cgroup=false; fi
  containerd config dump > "$WORK/dump" 2>"$WORK/output" || { echo "containerd cannot read it: $(last_words)"; return 0; }
  case $(dumped "" disabled_plugins) in *cri*) echo 'it switches the CRI plugin off (disabled_plugins)' ;; esac
  dumped_image=$(dumped .pinned_images sandbox)
  [ -n "$dumped_image" ] || dumped_image=$(dumped .v1.cri sandbox_image)
  [ "$dumped_image" = "$sandbox_image" ] ||
    echo "its sandbox image is not $sandbox_image (sandbox_image; in containerd 2 pinned_images.sandbox)"
  # the option's default is false
  [ "$(dumped .runtimes.runc.options SystemdCgroup | grep . || echo false)" = "$systemd_cgroup" ] ||
    echo "SystemdCgroup is not $systemd_cgroup (runtimes.runc.options)"
  case "$(dumped .cni bin_dirs) $(dumped .cni bin_dir)" in
    *"[/opt/cni/bin]"* | *"[/opt/cni/bin,"* | *" /opt/cni/bin"*) ;;
    *) echo 'it does not look for CNI plugins in /opt/cni/bin (cni bin_dir; since containerd 2.1 bin_dirs)' ;;
  esac
  if [ -n "${INSECURE_REGISTRIES:-}${REGISTRIES:-}" ]; then
    case :$(dumped .registry config_path): in
      *:/etc/containerd/certs.d:*) ;;
      *) echo 'it does not read /etc/containerd/certs.d, where registries are described (registry config_path)' ;;
    esac
  fi
}

# Whether the file may be replaced: it has no settings, is the one of the package containerd.io (which only turns the CRI plugin off), or
# is unchanged since another package installed it, such as Debian's.
as_packaged() { # FILE
  if ! grep -vE '^[[:space:]]*(#|$)|^disabled_plugins = \["cri"\]$' "$1" | grep -q .; then return 0; fi
  as_its_package_has_it "$1"
}

install_containerd() {
  config=$R/etc/containerd/config.toml
  same_version containerd.io containerd
  use_proxy containerd.service
  if ! have containerd; then
    if ! change "install containerd${RUNTIME_VERSION:+ $RUNTIME_VERSION}"; then
      change "write ${config#"$R"}" || true
      change "enable and start containerd.service" || true
      return 0
    fi
    keep_runtime containerd /var/lib/containerd /etc/containerd /etc/cni /opt/containerd /run/containerd
    keep_unit containerd.service
    # not there: the package's own file is replaced below, and the undo removes both
    if [ ! -e "$config" ]; then keep_file "$config"; fi
    install_one_of containerd.io containerd
  fi

  hold_runtime containerd.io containerd
  sandbox_image=$(pause_image)
  if [ -z "$sandbox_image" ] && planning; then
    change "set the sandbox image to the one that kubeadm $KUBERNETES_VERSION names" || true
    return 0
  fi

  keep_reader containerd.service
  # registries that speak plain HTTP; containerd reads these files at each pull
  for registry in ${INSECURE_REGISTRIES:-}; do
    printf 'server = "http://%s"\n\n[host."http://%s"]\n  capabilities = ["pull", "resolve"]\n' "$registry" "$registry" > "$WORK/hosts"
    put_file "$R/etc/containerd/certs.d/$registry/hosts.toml" 0644 < "$WORK/hosts"
  done

  drop_host_files

  if [ -s "$WORK/wanted" ]; then
    put_file "$config" 0644 < "$WORK/wanted"
    restart_due=$file_changed
  elif [ ! -e "$config" ] || as_packaged "$config" || grep -q '^# Written by Caravan\.$' "$config"; then
    containerd_config > "$WORK/config.toml"
    put_file "$config" 0644 < "$WORK/config.toml"
    restart_due=$file_changed
  elif [ -n "$(containerd_lacks)" ]; then
    # a file of the administrator, such as `containerd config default`: change only the necessary lines
    if [ "$CGROUP_DRIVER" = systemd ]; then systemd_cgroup=true; else systemd_cgroup=false; fi
    sed -E \
      -e "s|^( *sandbox_image *= *)[\"'].*[\"'] *$|\1\"$sandbox_image\"|" \
      -e "s|^( *sandbox *= *)[\"'].*[\"'] *$|\1\"$sandbox_image\"|" \
      -e "/[.]cni\]/,/^ *\[/ s|^( *bin_dir *= *)([\"'])/usr/lib/cni[\"'] *$|\1\2/opt/cni/bin\2|" \
      -e "/[.]cni\]/,/^ *\[/ s|^( *bin_dirs *= *\[)([\"'])/usr/lib/cni[\"']\] *$|\1\2/opt/cni/bin\2, \2/usr/lib/cni\2]|" \
      -e "s|^( *SystemdCgroup *= *)(true\|false) *$|\1$systemd_cgroup|" \
      -e 's|^disabled_plugins *= *\["cri"\] *$|disabled_plugins = []|' \
      -e "/[.]registry\]/,/^ *\[/ s|^( *config_path *= *)([\"'])[\"'] *$|\1\2/etc/containerd/certs.d\2|" "$config" > "$WORK/config.toml"
    put_file "$config" 0644 < "$WORK/config.toml"
    restart_due=$file_changed
  fi
  lacking=
  planning || lacking=$(containerd_lacks | paste -s -d ';')
  [ -z "$lacking" ] || fail "/etc/containerd/config.toml is not ours to replace, and $lacking" \
    "Add that to the file, or move the file away, then run this again."
  restart_if_due containerd.service
}

# --- CRI-O

install_crio() {
  same_version cri-o
  use_proxy crio.service
  if ! have crio; then
    if ! change "install CRI-O${RUNTIME_VERSION:+ $RUNTIME_VERSION}"; then
      change "enable and start crio.service" || true
      return 0
    fi
    keep_runtime cri-o /var/lib/containers /etc/crio /etc/containers /etc/cni /var/lib/crio /run/crio /run/containers
    keep_unit crio.service
    install_one_of cri-o
  fi
  hold_runtime cri-o
  sandbox_image=$(pause_image)
  if [ -z "$sandbox_image" ] && planning; then
    change "set the sandbox image to the one that kubeadm $KUBERNETES_VERSION names" || true
    return 0
  fi
  keep_reader crio.service
  if [ ! -s "$WORK/wanted" ]; then
    # conmon runs in the pod's cgroup unless systemd manages the cgroups
    if [ "$CGROUP_DRIVER" = systemd ]; then conmon=system.slice; else conmon=pod; fi
    if [ "${REGISTRY_PASSWORDS:-}" = true ]; then passwords='global_auth_file = "/etc/crio/caravan-auth.json"\n'; else passwords=; fi
    printf '[crio.image]\npause_image = "%s"\n%b\n[crio.runtime]\ncgroup_manager = "%s"\nconmon_cgroup = "%s"\n' \
      "$sandbox_image" "$passwords" "$CGROUP_DRIVER" "$conmon" > "$WORK/wanted"
  fi
  # it overrides 10-crio.conf of CRI-O's package, because by its name it is read later
  put_file "$R/etc/crio/crio.conf.d/20-caravan.conf" 0644 < "$WORK/wanted"
  restart_due=$file_changed
  drop_registries /etc/crio/caravan-auth.json /etc/containers/certs.d
  if [ -z "${REGISTRIES:-}" ]; then
    drop_file "$R/etc/containers/registries.conf.d/20-caravan-registries.conf"
    [ "$file_changed" = no ] || restart_due=yes
  fi
  # its name in earlier versions
  crio_before=$R/etc/crio/crio.conf.d/10-caravan.conf
  if [ -f "$crio_before" ] && change "remove ${crio_before#"$R"}: 20-caravan.conf is in its place"; then
    keep_file "$crio_before"
    found reader "${crio_before#"$R"}" crio.service
    rm -f "$crio_before"
    restart_due=yes
  fi
  if [ -n "${INSECURE_REGISTRIES:-}" ]; then
    for registry in $INSECURE_REGISTRIES; do
      printf '[[registry]]\nlocation = "%s"\ninsecure = true\n' "$registry"
    done > "$WORK/registries"
    put_file "$R/etc/containers/registries.conf.d/10-caravan.conf" 0644 < "$WORK/registries"
    [ "$file_changed" = no ] || restart_due=yes
  fi
  restart_if_due crio.service
}

# ---

case $RUNTIME in
  docker) install_docker ;;
  containerd) install_containerd ;;
  cri-o) install_crio ;;
  *) fail "runtime $RUNTIME is none of docker, containerd, cri-o" ;;
esac

# Tells crictl, for administrators and for kubeadm's pulls, where the runtime's socket is. Up to 1.23, Docker has no CRI socket of its own.
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
