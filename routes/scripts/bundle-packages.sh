#!/bin/sh
# Downloads what a host of this system needs to become a node: the packages that the spec asks for, with the dependencies that this host
# lacks, and the indices and keys of the repositories, as they are. The package manager of the system decides what is needed. The
# host stays as it is: downloads, indices and keys are kept apart.
# Environment: KUBERNETES_VERSION, KUBERNETES_COMMANDS, KUBERNETES_REPO_URL, _KEYS, _CHECK and RUNTIME_REPO_URL, _KEYS, _CHECK, RUNTIME,
# RUNTIME_VERSION, CRI_SOCKET; BUNDLE_ALSO (further packages).
# Standard input: the kubeadm configuration, which decides the names of the images.
# Outputs: images (names, one a line).
# $ARTEFACT: a tar archive of repositories/NAME/... (files by their paths in the repository), sources/FILE (how the package manager
# names them; @BUNDLE@ and @KEYS@ stand for the places), keys/FILE, packages (lines NAME VERSION ARCHITECTURE FILE).

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/repository-lib.sh"

know_family
cat > "$WORK/kubeadm.yaml"
[ "$RUNTIME" = containerd ] || fail "a bundle cannot serve the runtime $RUNTIME" "Write runtime.name: containerd."
G=$(dirname "$ARTEFACT")/gathered
rm -rf "$G"
mkdir -p "$G/repositories" "$G/sources" "$G/keys" "$G/private/sources" "$G/private/lists" "$G/private/archives/partial" "$G/private/cache"
on_exit() { rm -rf "$G"; }

# Those without which a bundle is useless; the host must not have them, or the package manager would not download them.
main="kubelet kubeadm kubectl cri-tools"
for name in $main containerd.io containerd; do
  [ -z "$(package_version "$name")" ] ||
    fail "$name is installed on this host, so its package and what it depends on would be missing in the bundle" \
      "Name a host in the spec that is installed as those of the site are before they become nodes."
done

tools=
tool() { tools="$tools $1"; } # PACKAGE
# The tools that a repository has. Those that came to this host in another way are on the hosts of the site, too.
tools_on_offer() {
  for tool_name in $tools; do
    case $FAMILY in
      apt) [ -n "$(apt-cache madison "$tool_name" 2>/dev/null)" ] || continue ;;
      yum) with_proxy dnf -c "$WORK/dnf.conf" -y list "$tool_name" </dev/null >/dev/null 2>&1 || continue ;;
    esac
    echo "$tool_name"
  done
}
for command in ${KUBERNETES_COMMANDS:-iptables ip} curl; do
  case $FAMILY-$command in
    apt-ip) tool iproute2 ;;
    yum-ip) tool iproute ;;
    yum-conntrack) tool conntrack-tools ;;
    yum-iptables) if grep -qsE '^VERSION_ID="?1[0-9]([.]|"|$)' "$R/etc/os-release"; then tool iptables-nft; else tool iptables; fi ;;
    *) tool "$command" ;;
  esac
done
for command in ${BUNDLE_ALSO:-}; do tool "$command"; done

key_file() { # URL NAME: fetches the key into keys, prints the name of its file
  case $1 in
    file://*) cp "$R${1#file://}" "$WORK/key" || fail "there is no key ${1#file://}, which a repository of this host names" >&3 ;;
    *) fetch "$1" "$WORK/key" "the key" >&3 ;;
  esac
  if [ "$(head -c 5 "$WORK/key")" = "-----" ]; then key_name=$2.asc; else key_name=$2.gpg; fi
  cp "$WORK/key" "$G/keys/$key_name"
  chmod 0644 "$G/keys/$key_name"
  echo "$key_name"
}

# --- apt

apt_source() { # NAME LINE KEYS CHECK: a source of the spec, unless the host has it
  if known=$(apt_file_of "$2" "$4" ""); then
    echo "$1: $known has it"
    return 0
  fi
  source_keys=
  source_number=0
  for source_key in $3; do
    source_number=$((source_number + 1))
    source_keys=${source_keys:+$source_keys,}$G/keys/$(key_file "$source_key" "$1-$source_number")
  done
  source_options=${source_keys:+[signed-by=$source_keys] }
  if [ "$4" = false ]; then source_options="[trusted=yes] "; fi
  printf 'deb %s%s\n' "$source_options" "$2" > "$G/private/sources/caravan-$1.list"
}

decoded() { # PATH: without %XX, and without ./
  printf '%s\n' "$1" | awk '{
    while (match($0, /%[0-9a-fA-F][0-9a-fA-F]/)) {
      hex = tolower(substr($0, RSTART + 1, 2))
      code = 16 * (index("0123456789abcdef", substr(hex, 1, 1)) - 1) + index("0123456789abcdef", substr(hex, 2, 1)) - 1
      text = text substr($0, 1, RSTART - 1) sprintf("%c", code)
      $0 = substr($0, RSTART + 3)
    }
    text = text $0; gsub(/\/(\.\/)+/, "/", text); sub(/^(\.\/)+/, "", text); print text
  }'
}

gather_apt() {
  for file in "$R/etc/apt/sources.list" "$R"/etc/apt/sources.list.d/*.list "$R"/etc/apt/sources.list.d/*.sources; do
    if [ -f "$file" ]; then
      case $file in */sources.list) cp "$file" "$G/private/sources/host.list" ;; *) cp "$file" "$G/private/sources/" ;; esac
    fi
  done
  apt_source kubernetes "$KUBERNETES_REPO_URL" "$KUBERNETES_REPO_KEYS" "$KUBERNETES_REPO_CHECK"
  if [ -n "${RUNTIME_REPO_URL:-}" ] && [ "$RUNTIME_REPO_URL" != "$KUBERNETES_REPO_URL" ]; then
    apt_source runtime "$RUNTIME_REPO_URL" "$RUNTIME_REPO_KEYS" "$RUNTIME_REPO_CHECK"
  fi
  private_apt "$G/private/sources" "$G/private/lists" "$G/private/archives" > "$WORK/apt.conf"
  # the directories are root's alone; the indices stay in the form in which they are signed
  cat >> "$WORK/apt.conf" <<'APT'
APT::Sandbox::User "root";
Acquire::GzipIndexes "true";
Acquire::IndexTargets::deb::Packages::KeepCompressedAs "xz gz bz2 lzma zst uncompressed";
APT
  APT_CONFIG=$WORK/apt.conf
  export APT_CONFIG
  say "reading the package indices"
  logged with_proxy apt-get update -q -o APT::Update::Error-Mode=any -o Acquire::Retries=2 ||
    command_failed "apt-get update: $(last_words)" "Check packages.* in the spec, and the repositories of this host."
  set --
  for name in kubelet kubeadm kubectl; do
    version=$(apt_version "$name" "$KUBERNETES_VERSION") || fail "the repository has no $name $KUBERNETES_VERSION" \
      "Check kubernetes.version and packages.kubernetes.baseUrl in the spec."
    set -- "$@" "$name=$version"
  done
  version=$(apt_cri_tools) || fail "no repository of this host has cri-tools" "Add it to the repository at packages.kubernetes.baseUrl."
  set -- "$@" "cri-tools=$version"
  runtime_package=
  for name in containerd.io containerd; do
    if [ -n "$runtime_package" ] || [ -z "$(apt-cache madison "$name" 2>/dev/null)" ]; then continue; fi
    if [ -n "${RUNTIME_VERSION:-}" ]; then
      version=$(apt_version "$name" "$RUNTIME_VERSION") || continue
      runtime_package=$name=$version
    else
      runtime_package=$name
    fi
  done
  [ -n "$runtime_package" ] || fail "the repositories have no containerd${RUNTIME_VERSION:+ $RUNTIME_VERSION}" \
    "Check packages.runtime.baseUrl and runtime.version in the spec."
  set -- "$@" "$runtime_package"
  for name in $(tools_on_offer); do set -- "$@" "$name"; done
  say "downloading $*"
  logged with_proxy env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends --download-only \
    --allow-change-held-packages -o DPkg::Lock::Timeout=300 -o Acquire::Retries=2 "$@" ||
    command_failed "could not download $*: $(last_words)" "Try it on the host: apt-get install --download-only $*"
  # the archives are there, so that nothing would be fetched: ask for the addresses with an empty cache
  mkdir -p "$G/private/none/partial"
  apt-get install -y -q --no-install-recommends --allow-change-held-packages --print-uris \
    -o "Dir::Cache::archives=$G/private/none/" "$@" 2>"$WORK/output" > "$WORK/uris" ||
    command_failed "apt-get --print-uris: $(last_words)"
  sed -n "s/^'\([^']*\)' \([^ ]*\) [0-9]* .*/\1 \2/p" "$WORK/uris" > "$WORK/downloads"

  # each repository: its base address, a name, the index and its signature
  # shellcheck disable=SC2016 # apt's words
  apt-get indextargets --format '$(CREATED_BY)|$(REPO_URI)|$(BASE_URI)|$(METAKEY)|$(FILENAME)' > "$WORK/targets" 2>"$WORK/output" ||
    command_failed "apt-get indextargets: $(last_words)"
  grep '^Packages|' "$WORK/targets" | cut -d '|' -f 2 | sort -u > "$WORK/bases"
  number=0
  : > "$WORK/names"
  while read -r base; do
    if [ "${base%/}" = "$(echo "${KUBERNETES_REPO_URL%% *}" | sed 's,/*$,,')" ]; then
      name=kubernetes
    else
      number=$((number + 1))
      name=os-$number
    fi
    echo "$base $name" >> "$WORK/names"
  done < "$WORK/bases"
  grep '^Packages|' "$WORK/targets" | while IFS='|' read -r _ base release_base key file; do
    place=$G/repositories/$(awk -v base="$base" '$1 == base { print $2 }' "$WORK/names")
    kept=
    for form in "" .xz .gz .bz2 .lzma .zst; do
      if [ -f "${file%.xz}$form" ]; then kept=${file%.xz}$form; break; fi
    done
    if [ -f "$file" ]; then kept=$file; fi
    # a component without packages has no index
    [ -n "$kept" ] || continue
    mangled=$(echo "$key" | tr / _)
    ending=${kept##*Packages}
    directory=${release_base#"$base"}
    mkdir -p "$place/$directory$(dirname "$key")"
    prefix=${kept%"$mangled$ending"}
    : > "$WORK/signed"
    for signed in InRelease Release Release.gpg; do
      if [ -f "$prefix$signed" ]; then
        cp "$prefix$signed" "$place/$directory$signed"
        cat "$prefix$signed" >> "$WORK/signed"
      fi
    done
    # apt may keep an index in another form than the repository has
    if grep -qwF "$(sha256sum < "$kept" | cut -d ' ' -f 1)" "$WORK/signed"; then
      cp "$kept" "$place/$directory$key$ending"
    else
      /usr/lib/apt/apt-helper cat-file "$kept" > "$place/$directory$key" 2>"$WORK/output" ||
        command_failed "could not unpack the index of $base: $(last_words)"
    fi
  done
  while read -r uri archive; do
    base=$(awk -v uri="$uri" 'index(uri, $1) == 1 && length($1) > length(best) { best = $1 } END { print best }' "$WORK/names")
    [ -n "$base" ] || fail "no repository of this host is known for $uri"
    place=$G/repositories/$(awk -v base="$base" '$1 == base { print $2 }' "$WORK/names")/$(decoded "${uri#"$base"}")
    mkdir -p "$(dirname "$place")"
    mv "$G/private/archives/$archive" "$place" || fail "$archive was not downloaded"
    # shellcheck disable=SC2016 # dpkg's words
    dpkg-deb -W --showformat '${Package} ${Version} ${Architecture}' "$place" >> "$G/packages"
    echo " ${place#"$G/"}" >> "$G/packages"
  done < "$WORK/downloads"

  # the longest address first: one may be the beginning of another
  awk '{ print length($1), $1, $2 }' "$WORK/names" | sort -rn | while read -r _ base name; do
    base=$(printf %s "${base%/}" | sed 's/[][\\.*^$#]/\\&/g')
    printf 's#%s/*\\([[:space:]]\\|$\\)#@BUNDLE@/%s\\1#g\n' "$base" "$name"
  done > "$WORK/replace"
  echo "s#$G/keys#@KEYS@#g" >> "$WORK/replace"
  for file in "$G"/private/sources/*; do sed -f "$WORK/replace" "$file" > "$G/sources/${file##*/}"; done
  kubeadm=$(awk '$1 == "kubeadm" { print $4 }' "$G/packages")
  mkdir "$G/private/kubeadm"
  dpkg-deb -x "$G/$kubeadm" "$G/private/kubeadm"
}

# --- dnf

# The section of a repository of this host, without what concerns its place.
section_of() { # ID
  cat "$G"/private/sources/*.repo | awk -v id="$1" '
    /^\[/ { here = $0 == "[" id "]" }
    here && /^[ \t]/ { if (!drop) print; next }
    here {
      drop = $0 ~ /^(baseurl|mirrorlist|metalink|gpgkey|proxy[a-z_]*|enabled|metadata_expire|ssl[a-z]*|username|password)[ \t]*=/
      if (!drop && NF) print
    }'
}
gpg_keys_of() { # ID: addresses, with the variables that distributions use in them replaced
  cat "$G"/private/sources/*.repo | awk -v id="$1" '
    /^\[/ { here = $0 == "[" id "]"; key = 0 }
    here && /^gpgkey[ \t]*=/ { sub(/^[^=]*=/, ""); gsub(/,/, " "); print; key = 1; next }
    here && key && /^[ \t]/ { gsub(/,/, " "); print; next }
    { key = 0 }' | sed -e "s/[\$]{*releasever}*/$release/g" -e "s/[\$]{*basearch}*/$(uname -m)/g"
}

gather_dnf() {
  if yum_is_yum3; then
    fail "bundles are gathered with dnf or apt, and this host has yum 3" \
      "Name a host with Enterprise Linux 8 or later, Fedora, Debian or Ubuntu."
  fi
  release=$(sed -n 's/^VERSION_ID="\{0,1\}\([0-9]*\).*/\1/p' "$R/etc/os-release")
  for file in "$R"/etc/yum.repos.d/*.repo; do
    if [ -f "$file" ]; then cp "$file" "$G/private/sources/"; fi
  done
  if ! yum_file_of "$KUBERNETES_REPO_URL" "$KUBERNETES_REPO_CHECK" "" > /dev/null; then
    yum_section kubernetes Kubernetes "$KUBERNETES_REPO_URL" "$KUBERNETES_REPO_KEYS" "$KUBERNETES_REPO_CHECK" \
      "$KUBERNETES_REPO_CHECK" > "$G/private/sources/kubernetes.repo"
  fi
  if [ -n "${RUNTIME_REPO_URL:-}" ] && [ "$RUNTIME_REPO_URL" != "$KUBERNETES_REPO_URL" ] &&
    ! yum_file_of "$RUNTIME_REPO_URL" "$RUNTIME_REPO_CHECK" "" > /dev/null; then
    yum_section caravan-runtime "Container runtime" "$RUNTIME_REPO_URL" "$RUNTIME_REPO_KEYS" "$RUNTIME_REPO_CHECK" false \
      > "$G/private/sources/caravan-runtime.repo"
  fi
  private_dnf "$G/private/sources" "$G/private/cache" > "$WORK/dnf.conf"
  set -- kubelet-"$KUBERNETES_VERSION" kubeadm-"$KUBERNETES_VERSION" kubectl-"$KUBERNETES_VERSION" cri-tools
  runtime_package=
  for name in containerd.io containerd; do
    [ -z "$runtime_package" ] || continue
    if with_proxy dnf -c "$WORK/dnf.conf" -y list --available "$name" </dev/null >/dev/null 2>&1; then runtime_package=$name; fi
  done
  [ -n "$runtime_package" ] || fail "the repositories have no containerd" "Check packages.runtime.baseUrl in the spec."
  set -- "$@" "$runtime_package${RUNTIME_VERSION:+-$RUNTIME_VERSION}"
  for name in $(tools_on_offer); do
    # a command may have come with another package
    case $name in curl) if have curl; then continue; fi ;; esac
    set -- "$@" "$name"
  done
  say "downloading $*"
  # The hosts check the signatures of packages when they install them; here, that would bring the keys into the host's database.
  logged with_proxy dnf -c "$WORK/dnf.conf" -y --nogpgcheck --setopt=disable_excludes=all install --downloadonly "$@" ||
    command_failed "could not download $*: $(last_words)" "Try it on the host: dnf install --downloadonly $*"
  for cached in "$G"/private/cache/*-????????????????; do
    [ -d "$cached/repodata" ] || continue
    id=${cached##*/}
    id=${id%-????????????????}
    mkdir -p "$G/repositories/$id/repodata"
    cp "$cached"/repodata/* "$G/repositories/$id/repodata/"
    if [ -d "$cached/packages" ]; then
      for file in "$cached"/packages/*.rpm; do
        [ -f "$file" ] || continue
        mkdir -p "$G/repositories/$id/packages"
        place=repositories/$id/packages/${file##*/}
        mv "$file" "$G/$place"
        rpm -qp --nosignature --qf "%{NAME} %{VERSION}-%{RELEASE} %{ARCH} $place\n" "$G/$place" >> "$G/packages" 2>/dev/null
      done
    fi
    keys=
    number=0
    for key in $(gpg_keys_of "$id"); do
      number=$((number + 1))
      keys="$keys file://@KEYS@/$(key_file "$key" "$id-$number")"
    done
    {
      section_of "$id"
      echo "baseurl=@BUNDLE@/$id"
      echo "enabled=1"
      if [ -n "$keys" ]; then echo "gpgkey=${keys# }"; fi
    } > "$G/sources/$id.repo"
  done
  kubeadm=$(awk '$1 == "kubeadm" { print $4 }' "$G/packages")
  mkdir "$G/private/kubeadm"
  if have rpm2cpio && have cpio; then
    (cd "$G/private/kubeadm" && rpm2cpio "$G/$kubeadm" | cpio -id --quiet)
  else
    logged rpm --root "$G/private/kubeadm" -i --nodeps --noscripts --notriggers --nosignature --ignoreos --ignorearch "$G/$kubeadm" ||
      command_failed "could not unpack $kubeadm: $(last_words)"
  fi
}

case $FAMILY in apt) gather_apt ;; yum) gather_dnf ;; esac

for name in $main; do
  grep -q "^$name " "$G/packages" || fail "$name was not downloaded" "Is it in the repository at packages.kubernetes.baseUrl?"
done
program=$(find "$G/private/kubeadm" -name kubeadm -type f | head -n 1)
[ -n "$program" ] || fail "the package kubeadm has no program kubeadm"
"$program" config images list --config "$WORK/kubeadm.yaml" > "$WORK/images" 2>"$WORK/output" </dev/null ||
  fail "kubeadm config images list: $(last_words)" \
    "The generated configuration does not suit kubeadm $KUBERNETES_VERSION; look at kubernetes.kubeadm in the spec."
output images "$(cat "$WORK/images")"
say "packing $(wc -l < "$G/packages") packages"
find "$G/repositories" "$G/sources" "$G/keys" -type f -exec chmod 0644 {} +
tar -C "$G" -cf "$ARTEFACT" --format=ustar --sort=name repositories sources keys packages
