# shellcheck shell=sh
# The package repositories of Kubernetes and of the runtime, for the scripts that write them; sourced after lib.sh.

# Writes the repository files of this host, and reads the indices that are missing.
# Environment: KUBERNETES_REPO_URL, _KEYS, _CHECK and RUNTIME_REPO_URL, _KEYS, _CHECK, RUNTIME. For apt, suite and components follow the
# URL, as in a sources line. RUNTIME_REPO_URL may be empty: the runtime is then in another repository of the host.
write_repositories() {
  know_family
  if [ "${PROXIED:-}" != true ]; then forget_proxy; fi
  if [ -n "${BUNDLE_URL:-}" ]; then
    bundle_indices
    return 0
  fi
  if [ "$KUBERNETES_REPO_CHECK" = false ] || [ "${RUNTIME_REPO_CHECK:-true}" = false ]; then
    echo "note: packages are installed without a check of their signatures, as the spec says"
  fi

  case $FAMILY in
    yum)
      yum_repository "$R/etc/yum.repos.d/kubernetes.repo" kubernetes Kubernetes "$KUBERNETES_REPO_URL" "$KUBERNETES_REPO_KEYS" \
        "$KUBERNETES_REPO_CHECK" "$(kubernetes_index_check)" "kubelet kubeadm kubectl cri-tools kubernetes-cni"
      if [ -n "${RUNTIME_REPO_URL:-}" ] && [ "$RUNTIME_REPO_URL" != "$KUBERNETES_REPO_URL" ]; then
        # as Docker's own repository file: the packages are signed, the index need not be
        yum_repository "$R/etc/yum.repos.d/caravan-runtime.repo" caravan-runtime "Container runtime ($RUNTIME)" \
          "$RUNTIME_REPO_URL" "$RUNTIME_REPO_KEYS" "$RUNTIME_REPO_CHECK" false
      fi
      ;;
    apt)
      apt_any=no
      apt_repository kubernetes "$KUBERNETES_REPO_URL" "$KUBERNETES_REPO_KEYS" "$KUBERNETES_REPO_CHECK"
      [ "${file_changed:-no}" = no ] || apt_any=yes
      if [ -n "${RUNTIME_REPO_URL:-}" ] && [ "$RUNTIME_REPO_URL" != "$KUBERNETES_REPO_URL" ]; then
        file_changed=no
        apt_repository caravan-runtime "$RUNTIME_REPO_URL" "$RUNTIME_REPO_KEYS" "$RUNTIME_REPO_CHECK"
        [ "$file_changed" = no ] || apt_any=yes
      fi
      if [ "$apt_any" = yes ] && ! planning; then apt_sources_readable; fi
      apt_update "$apt_any"
      ;;
  esac
}

# With a bundle, no repository is configured on the host: the ones of the bundle are known to the scripts of this run alone.
bundle_indices() {
  if planning || [ "$FAMILY" != apt ]; then return 0; fi
  say "reading the package index of the bundle"
  logged apt-get update -q -o APT::Update::Error-Mode=any -o Acquire::Retries=5 ||
    command_failed "apt-get update with the bundle: $(last_words)" \
      "The engine serves the bundle at $BUNDLE_URL on this host, as long as it runs and is connected."
}

# Fetches URL into FILE, or fails with the reason. A minimal installation of Debian has no curl, so it is installed first.
fetch() { # URL FILE WHAT
  if ! have curl; then
    change "install curl, to fetch $3 $1" || return 0
    # a host that has never read its indices knows no package
    if [ "$FAMILY" = apt ] && [ -z "$(find "$R/var/lib/apt/lists" -name '*Packages*' 2>/dev/null | head -n 1)" ]; then read_indices; fi
    install_packages curl ca-certificates
  fi
  fetched "$1" "$2" || command_failed "could not fetch $3 $1: $(last_words)" \
    "Check the address under packages in the spec.$(other_mirror "$1")"
}

# The index of Aliyun's repository for all versions is not checked: yum and dnf were often seen to refuse its signature
# (yeasy/docker_practice#509, kubernetes/kubernetes#60134). It comes by https, and the signature of each package is checked.
kubernetes_index_check() { # true or false, for repo_gpgcheck
  case $KUBERNETES_REPO_URL in
    https://mirrors.aliyun.com/kubernetes/yum/*) echo false ;;
    *) echo "$KUBERNETES_REPO_CHECK" ;;
  esac
}

# New packages of pkgs.k8s.io are on Aliyun's mirror only later. The community has nothing before 1.24.
other_mirror() { # URL
  case $1 in
    *mirrors.aliyun.com/kubernetes/*) ;;
    *mirrors.aliyun.com*) echo " If Aliyun's mirror does not have it (yet): packages.mirror: community." ;;
  esac
}

# --- yum

# Another file than FILE that already names this repository, is enabled, and has the required signature checks.
yum_file_of() { # URL CHECK FILE
  for yum_file in "$R"/etc/yum.repos.d/*.repo; do
    if [ ! -f "$yum_file" ] || [ "$yum_file" = "$3" ]; then continue; fi
    # passed in the environment, which other users cannot read
    if wanted=${1%/} awk -F= -v check="$2" '
      function done() { if (here && !off && !(check == "true" && unchecked)) ok = 1; here = off = unchecked = 0 }
      /^\[/ { done() }
      { name = $1; gsub(/[ \t]/, "", name); value = substr($0, index($0, "=") + 1); gsub(/^[ \t]+|[ \t]+$/, "", value) }
      name == "baseurl" { sub(/\/$/, "", value); if (value == ENVIRON["wanted"]) here = 1 }
      name == "enabled" && value ~ /^(0|[Ff]alse|[Nn]o)$/ { off = 1 }
      name == "gpgcheck" && value !~ /^(1|[Tt]rue|[Yy]es)$/ { unchecked = 1 }
      END { done(); exit !ok }' "$yum_file"; then
      echo "${yum_file#"$R"}"
      return 0
    fi
  done
  return 1
}

# Excludes packages from ordinary updates, if the repository is in a file that Caravan did not write. Adds the missing excludes to the
# section with that URL, and changes nothing else. A second file would define the same repository id twice.
yum_exclude() { # FILE URL PACKAGES
  wanted=${2%/} packages=$3 awk '
    function collect(text,  n, i, part) {
      n = split(text, part, /[ \t,]+/)
      for (i = 1; i <= n; i++) has[part[i]] = 1
    }
    function covered(name) { return name in has || "*" in has || index(name, "kube") == 1 && "kube*" in has }
    function done(  i, n, name, lacking) {
      if (here) {
        n = split(ENVIRON["packages"], name, " "); lacking = ""
        for (i = 1; i <= n; i++) if (!covered(name[i])) lacking = lacking (lacking == "" ? "" : " ") name[i]
        if (lacking != "" && at) { value = lines[at]; sub(/^[^=]*=[ \t]*/, "", value)
          lines[at] = "exclude=" lacking (value == "" ? "" : " ") value }
        else if (lacking != "") lines[here] = lines[here] "\nexclude=" lacking
      }
      for (i = 1; i <= count; i++) print lines[i]
      count = here = at = excluding = 0; split("", has)
    }
    /^\[/ { done() }
    { lines[++count] = $0 }
    /^[ \t]+[^ \t]/ { if (excluding) collect($0); next }
    {
      excluding = 0; name = $0; sub(/[ \t]*=.*/, "", name); value = $0; sub(/^[^=]*=[ \t]*/, "", value); sub(/[ \t]+$/, "", value)
      if (name == "baseurl") { sub(/\/$/, "", value); if (value == ENVIRON["wanted"]) here = count }
      if (name == "exclude" || name == "excludepkgs") { excluding = 1; at = count; collect(value) }
    }
    END { done() }' "$1" > "$WORK/repository"
  put_file "$1" "$(stat -L -c %a "$1")" < "$WORK/repository"
}

yum_section() { # ID NAME URL KEYS CHECK INDEX_CHECK
  echo "[$1]"
  echo "name=$2"
  echo "baseurl=$3"
  echo "enabled=1"
  if [ "$5" = false ]; then echo "gpgcheck=0"; else echo "gpgcheck=1"; fi
  if [ "$6" = false ]; then echo "repo_gpgcheck=0"; else echo "repo_gpgcheck=1"; fi
  if [ -n "$4" ]; then echo "gpgkey=$4"; fi
}

yum_repository() { # FILE ID NAME URL KEYS CHECK INDEX_CHECK [EXCLUDE]
  if known=$(yum_file_of "$4" "$6" "$1"); then
    echo "$3: $known has it"
    if [ -n "${8:-}" ]; then yum_exclude "$R$known" "$4" "$8"; fi
    return 0
  fi
  {
    yum_section "$2" "$3" "$4" "$5" "$6" "$7"
    if [ -n "${8:-}" ]; then echo "exclude=$8"; fi
    # of its own, for updates that Caravan does not start; _none_: not even the proxy of dnf.conf
    if [ "${PROXIED:-}" = true ] && [ -r "$PROXY_FILE" ]; then echo "proxy=$(proxy_for "$4" | grep . || echo _none_)"; fi
  } > "$WORK/repository"
  if grep -q '^proxy=.*@' "$WORK/repository"; then yum_mode=0600; else yum_mode=0644; fi
  put_file "$1" "$yum_mode" < "$WORK/repository"
  # a wrong address should fail here, not during an installation
  if [ "$file_changed" = yes ] && ! planning; then fetch "${4%/}/repodata/repomd.xml" "$WORK/index" "the index of"; fi
}

# --- apt

# A file other than FILE that already has this source (its options, such as keys, are its own): as a line, or as a paragraph of a
# deb822 file, which names several of each kind. apt takes a URL with and without a slash at its end for the same.
apt_file_of() { # LINE CHECK FILE
  for apt_file in "$R/etc/apt/sources.list" "$R"/etc/apt/sources.list.d/*.list "$R"/etc/apt/sources.list.d/*.sources; do
    if [ ! -f "$apt_file" ] || [ "$apt_file" = "$3" ]; then continue; fi
    case $apt_file in *.sources) apt_sources_lines "$apt_file" ;; *) cat "$apt_file" ;; esac > "$WORK/lines"
    if wanted=$1 awk -v check="$2" '
      function plain(line,  n, part, i, text) {
        n = split(line, part, /[ \t]+/); sub(/\/+$/, "", part[1]); text = part[1]
        # a suite that is a path: / and ./ are the same
        if (part[2] ~ /\/$/) { sub(/^\.?\/?/, "", part[2]); part[2] = "./" part[2] }
        for (i = 2; i <= n; i++) if (part[i] != "") text = text " " part[i]
        return text
      }
      BEGIN { wanted = plain(ENVIRON["wanted"]) }
      $1 == "deb" && !(check == "true" && /trusted=yes|allow-insecure=yes/) {
        rest = $0; sub(/[ \t]+#.*/, "", rest); sub(/^[ \t]*deb[ \t]+(\[[^]]*\][ \t]*)?/, "", rest)
        if (covers(plain(rest), wanted)) ok = 1
      }
      # the components that are wanted are among those of the line
      function covers(line, want,  n, m, have, part, i, seen) {
        n = split(line, have, " "); m = split(want, part, " ")
        if (have[1] != part[1] || have[2] != part[2]) return 0
        for (i = 3; i <= n; i++) seen[have[i]] = 1
        for (i = 3; i <= m; i++) if (!(part[i] in seen)) return 0
        return 1
      }
      END { exit !ok }' "$WORK/lines"; then
      echo "${apt_file#"$R"}"
      return 0
    fi
  done
  return 1
}

# The enabled sources of a deb822 file as sources lines. A field goes on in lines that begin with a blank; names of fields have no
# case (sources.list(5)).
apt_sources_lines() { # FILE
  awk '
    function done(  t, u, s, options, n, i, j, uris, suites) {
      if (tolower(field["enabled"]) !~ /^[ \t]*(no|false|off|0|without|disable)[ \t]*$/ && (" " field["types"] " ") ~ /[ \t]deb[ \t]/) {
        options = ""
        if (tolower(field["trusted"]) ~ /^[ \t]*(yes|true|on|1)/) options = "[trusted=yes] "
        if (tolower(field["allow-insecure"]) ~ /^[ \t]*(yes|true|on|1)/) options = "[allow-insecure=yes] "
        n = split(field["uris"], uris, " "); s = split(field["suites"], suites, " ")
        for (i = 1; i <= n; i++) for (j = 1; j <= s; j++) print "deb " options uris[i] " " suites[j] " " field["components"]
      }
      split("", field); name = ""
    }
    /^#/ { next }
    /^[ \t]*$/ { done(); next }
    /^[ \t]/ { if (name != "") field[name] = field[name] " " $0; next }
    { name = tolower(substr($0, 1, index($0, ":") - 1)); field[name] = substr($0, index($0, ":") + 1) }
    END { done() }' "$1"
}

apt_repository() { # NAME LINE KEYS CHECK
  apt_list=$R/etc/apt/sources.list.d/$1.list
  if known=$(apt_file_of "$2" "$4" "$apt_list"); then
    echo "$1: $known has it"
    echo "$known" >> "$WORK/known-sources"
    return 0
  fi
  apt_options=
  apt_origins=
  apt_number=0
  for apt_key in $3; do
    apt_number=$((apt_number + 1))
    # a key that was fetched from there before is not fetched again
    apt_keyring=$(apt_key_file "$1" "$apt_number" "$apt_key")
    if [ -z "$apt_keyring" ]; then
      if planning; then
        change "fetch the key $apt_key" || continue
      fi
      fetch "$apt_key" "$WORK/key" "the key"
      # apt takes a key in text form under the name .asc, in binary form as .gpg
      apt_keyring=/etc/apt/keyrings/$1-$apt_number
      if [ "$(head -c 5 "$WORK/key")" = "-----" ]; then apt_keyring=$apt_keyring.asc; else apt_keyring=$apt_keyring.gpg; fi
      put_file "$R$apt_keyring" 0644 < "$WORK/key"
    fi
    apt_options=${apt_options:+$apt_options,}$apt_keyring
    apt_origins="$apt_origins# $apt_keyring: $apt_key
"
  done
  if [ "$4" = false ]; then apt_options="[trusted=yes] "; elif [ -n "$apt_options" ]; then apt_options="[signed-by=$apt_options] "; fi
  if planning && [ ! -f "$apt_list" ]; then
    change "write ${apt_list#"$R"}" || return 0
  fi
  printf '%sdeb %s%s\n' "$apt_origins" "$apt_options" "$2" > "$WORK/list"
  if [ -f "$apt_list" ]; then cp "$apt_list" "$WORK/before-list"; else : > "$WORK/before-list"; fi
  put_file "$apt_list" 0644 < "$WORK/list"
  if [ "$file_changed" = yes ] && ! planning; then mv "$WORK/before-list" "$WORK/wrote-$1"; fi
}

apt_key_file() { # NAME NUMBER ADDRESS: the keyring that is there and was fetched from that address
  for apt_key_candidate in "$R/etc/apt/keyrings/$1-$2.asc" "$R/etc/apt/keyrings/$1-$2.gpg"; do
    if [ -s "$apt_key_candidate" ] && printf '# %s: %s\n' "${apt_key_candidate#"$R"}" "$3" |
      grep -qsxF -f - "$R/etc/apt/sources.list.d/$1.list"; then
      echo "${apt_key_candidate#"$R"}"
      return 0
    fi
  done
}

# The index that apt keeps of a sources line, "" before its first update.
apt_index() { # LINE
  # shellcheck disable=SC2086 # URL SUITE COMPONENT...
  set -- $1
  apt_index_name=$(echo "${1%/}" | sed 's,^[a-z]*://,,; s,/,_,g')
  # shellcheck disable=SC2012 # names that apt made
  case $2 in
    */) ls "$R/var/lib/apt/lists/${apt_index_name}_$(echo "${2%/}" | sed 's,/,_,g; s,^_*,,')"*Packages* 2>/dev/null | head -n 1 ;;
    *) ls "$R/var/lib/apt/lists/${apt_index_name}_dists_$(echo "$2" | sed 's,/,_,g')_"*Packages* 2>/dev/null | head -n 1 ;;
  esac
}

# The keys of these sources may have been replaced: fetches them again, and fails if none has changed.
apt_renew_keys() {
  apt_renewed=no
  cp "$WORK/output" "$WORK/first-words"
  for apt_part in kubernetes caravan-runtime; do
    [ -f "$R/etc/apt/sources.list.d/$apt_part.list" ] || continue
    sed -n 's,^# \(/etc/apt/keyrings/[^:]*\): \(.*\)$,\1 \2,p' "$R/etc/apt/sources.list.d/$apt_part.list" > "$WORK/key-origins"
    while read -r apt_keyring apt_key; do
      fetched "$apt_key" "$WORK/key" </dev/null || continue
      # the form of a key decides the name of its file; a key in the other form is another file
      if [ "$(head -c 5 "$WORK/key")" = "-----" ]; then apt_form=asc; else apt_form=gpg; fi
      [ "${apt_keyring##*.}" = "$apt_form" ] || continue
      put_file "$R$apt_keyring" 0644 < "$WORK/key"
      [ "$file_changed" = no ] || apt_renewed=yes
    done < "$WORK/key-origins"
  done
  cp "$WORK/first-words" "$WORK/output"
  [ "$apt_renewed" = yes ]
}

# If apt cannot read its sources with the files written here, restores these files and fails: otherwise nothing could be installed on this
# host any more. If apt could not read them before either, the administrator has to correct them.
apt_sources_readable() {
  if logged apt-get indextargets --format ' ' >/dev/null; then return 0; fi
  apt_culprits=
  for apt_part in kubernetes caravan-runtime; do
    if [ -f "$WORK/wrote-$apt_part" ]; then
      apt_culprits="$apt_culprits /etc/apt/sources.list.d/$apt_part.list"
      if [ -s "$WORK/wrote-$apt_part" ]; then
        cp "$WORK/wrote-$apt_part" "$R/etc/apt/sources.list.d/$apt_part.list"
      else
        rm -f "$R/etc/apt/sources.list.d/$apt_part.list"
      fi
    fi
  done
  command_failed "apt cannot read its sources${apt_culprits:+ with$apt_culprits, which is as it was before}: $(last_words)" \
    "Compare the files below /etc/apt/sources.list.d of this host with packages.* in the spec: each must have the same Signed-By."
}

# Reads the missing indices. Those of the host's other repositories are read only if the host has no index at all.
apt_update() {
  apt_changed=$1
  apt_due=$apt_changed
  for apt_line in "$KUBERNETES_REPO_URL" "${RUNTIME_REPO_URL:-}"; do
    [ -z "$apt_line" ] || [ -n "$(apt_index "$apt_line")" ] || apt_due=yes
  done
  if [ "$apt_due" = no ] || planning; then return 0; fi
  say "reading the package index"
  mkdir "$WORK/parts"
  for apt_part in kubernetes caravan-runtime; do
    if [ -f "$R/etc/apt/sources.list.d/$apt_part.list" ]; then cp "$R/etc/apt/sources.list.d/$apt_part.list" "$WORK/parts/"; fi
  done
  if [ -f "$WORK/known-sources" ]; then
    while read -r apt_part; do cp "$R$apt_part" "$WORK/parts/"; done < "$WORK/known-sources"
  fi
  if [ -n "$(find "$R/var/lib/apt/lists" -name '*Packages*' 2>/dev/null | head -n 1)" ]; then
    set -- -o Dir::Etc::SourceList=/dev/null -o Dir::Etc::SourceParts="$WORK/parts" -o APT::Get::List-Cleanup=0
  else
    set --
  fi
  keep_tree "$R/var/lib/apt/lists" 2
  # apt only warns about an index that it could not read; the option makes that an error
  logged with_proxy apt-get update -q -o APT::Update::Error-Mode=any -o Acquire::Retries=2 "$@" && return 0
  if signature_failed && apt_renew_keys; then
    say "reading the package index with the newer keys"
    logged with_proxy apt-get update -q -o APT::Update::Error-Mode=any -o Acquire::Retries=2 "$@" && return 0
  fi
  command_failed "apt-get update: $(last_words)" "Check packages.* in the spec.$(other_mirror "$KUBERNETES_REPO_URL ${RUNTIME_REPO_URL:-}")"
}

# --- packages of Kubernetes

# The id of the repository in yum's files; its excludes are disabled for this installation.
yum_repository_id() {
  for yum_file in "$R"/etc/yum.repos.d/*.repo; do
    [ -f "$yum_file" ] || continue
    awk -F= -v url="${KUBERNETES_REPO_URL%/}" '
      /^\[/ { id = substr($0, 2, index($0, "]") - 2) }
      $1 ~ /^ *baseurl *$/ {
        value = $2; for (i = 3; i <= NF; i++) value = value "=" $i
        gsub(/^[ \t]+|[ \t\/]+$/, "", value); if (value == url) print id
      }' "$yum_file"
  done | head -n 1
}

# The version of cri-tools for apt: the newest of the Kubernetes repository, because a distribution may have an older or newer one of its
# own. If the repository has none, any version.
apt_cri_tools() {
  apt-cache madison cri-tools 2>/dev/null > "$WORK/offers" || true
  repository=${KUBERNETES_REPO_URL%% *}
  awk -v url="${repository%/}" '{ at = $5; sub(/\/$/, "", at) } at == url { print $3; exit }' "$WORK/offers" | grep . ||
    awk '{ print $3; exit }' "$WORK/offers" | grep .
}
