#!/bin/sh
# Where the host's package manager finds Kubernetes and the runtime: a file in /etc/yum.repos.d, or in
# /etc/apt/sources.list.d with its keys in /etc/apt/keyrings.
# Environment: KUBERNETES_REPO_URL, _KEYS, _CHECK and RUNTIME_REPO_URL, _KEYS, _CHECK, RUNTIME. For apt a URL is followed
# by suite and components, as in a sources line. RUNTIME_REPO_URL may be empty: the runtime comes from elsewhere.

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"

know_family

# Fetches URL into FILE, or says why not. The URL may hold a password, and command lines are for all to see: curl reads it as a line of
# its configuration, where a backslash and a quote have one before them.
fetch() { # URL FILE WHAT
  fetch_status=0
  printf 'url = "%s"\n' "$(printf '%s\n' "$1" | sed 's/[\\"]/\\&/g')" | curl -K - -fsSL --connect-timeout 10 --max-time 60 -o "$2" 2>"$WORK/output" || fetch_status=$?
  case $fetch_status in
    0) ;;
    127) fail "could not fetch $3 $1: there is no curl on this host" "Install curl." ;;
    *) command_failed "could not fetch $3 $1: $(last_words)" "Check the address under packages in the spec." ;;
  esac
}

# --- yum

# A file other than FILE that already names this repository, is enabled, and checks what we are to check.
yum_file_of() { # URL CHECK FILE
  for yum_file in "$R"/etc/yum.repos.d/*.repo; do
    if [ ! -f "$yum_file" ] || [ "$yum_file" = "$3" ]; then continue; fi
    # the environment is seen by this user only
    if wanted=${1%/} awk -F= -v check="$2" '
      function done() { if (here && !off && !(check == "true" && unchecked)) ok = 1; here = off = unchecked = 0 }
      /^\[/ { done() }
      { gsub(/[ \t]/, "", $1); value = substr($0, index($0, "=") + 1); gsub(/^[ \t]+|[ \t]+$/, "", value) }
      $1 == "baseurl" { sub(/\/$/, "", value); if (value == ENVIRON["wanted"]) here = 1 }
      $1 == "enabled" && value == "0" { off = 1 }
      $1 == "gpgcheck" && value != "1" { unchecked = 1 }
      END { done(); exit !ok }' "$yum_file"; then
      echo "${yum_file#"$R"}"
      return 0
    fi
  done
  return 1
}

yum_repository() { # FILE ID NAME URL KEYS CHECK INDEX_CHECK [EXCLUDE]
  if known=$(yum_file_of "$4" "$6" "$1"); then
    echo "$3: $known has it"
    return 0
  fi
  {
    echo "[$2]"
    echo "name=$3"
    echo "baseurl=$4"
    echo "enabled=1"
    if [ "$6" = false ]; then echo "gpgcheck=0"; else echo "gpgcheck=1"; fi
    if [ "$7" = false ]; then echo "repo_gpgcheck=0"; else echo "repo_gpgcheck=1"; fi
    if [ -n "$5" ]; then echo "gpgkey=$5"; fi
    if [ -n "${8:-}" ]; then echo "exclude=$8"; fi
  } > "$WORK/repository"
  put_file "$1" 0644 < "$WORK/repository"
  # a wrong address is better found here than in the middle of an installation
  if [ "$file_changed" = yes ] && ! planning; then fetch "${4%/}/repodata/repomd.xml" "$WORK/index" "the index of"; fi
}

# --- apt

# A file other than FILE that already has this sources line (its options, such as keys, are its own).
apt_file_of() { # LINE CHECK FILE
  for apt_file in "$R/etc/apt/sources.list" "$R"/etc/apt/sources.list.d/*.list; do
    if [ ! -f "$apt_file" ] || [ "$apt_file" = "$3" ]; then continue; fi
    if wanted=$1 awk -v check="$2" '
      $1 == "deb" && !(check == "true" && /trusted=yes|allow-insecure=yes/) { rest = $0; sub(/^[ \t]*deb[ \t]+(\[[^]]*\][ \t]*)?/, "", rest); gsub(/[ \t]+/, " ", rest); if (rest == ENVIRON["wanted"]) ok = 1 }
      END { exit !ok }' "$apt_file"; then
      echo "${apt_file#"$R"}"
      return 0
    fi
  done
  return 1
}

apt_repository() { # NAME LINE KEYS CHECK
  apt_list=$R/etc/apt/sources.list.d/$1.list
  if known=$(apt_file_of "$2" "$4" "$apt_list"); then
    echo "$1: $known has it"
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
      if [ "$(head -c 5 "$WORK/key")" = "-----" ]; then apt_keyring=/etc/apt/keyrings/$1-$apt_number.asc; else apt_keyring=/etc/apt/keyrings/$1-$apt_number.gpg; fi
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
  put_file "$apt_list" 0644 < "$WORK/list"
}

apt_key_file() { # NAME NUMBER ADDRESS: the keyring that is there and was fetched from that address
  for apt_key_candidate in "$R/etc/apt/keyrings/$1-$2.asc" "$R/etc/apt/keyrings/$1-$2.gpg"; do
    if [ -s "$apt_key_candidate" ] && printf '# %s: %s\n' "${apt_key_candidate#"$R"}" "$3" | grep -qsxF -f - "$R/etc/apt/sources.list.d/$1.list"; then
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

# Reads the indices that are missing; the host's other repositories only if they were never read.
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
  if [ -n "$(find "$R/var/lib/apt/lists" -name '*Packages*' 2>/dev/null | head -n 1)" ]; then
    set -- -o Dir::Etc::SourceList=/dev/null -o Dir::Etc::SourceParts="$WORK/parts" -o APT::Get::List-Cleanup=0
  else
    set --
  fi
  keep_tree "$R/var/lib/apt/lists" 2
  # apt only warns about an index that it could not read; the option makes that an error
  logged apt-get update -q -o APT::Update::Error-Mode=any -o Acquire::Retries=2 "$@" ||
    command_failed "apt-get update: $(last_words)" "Check packages.* in the spec."
}

# ---

if [ "$KUBERNETES_REPO_CHECK" = false ] || [ "${RUNTIME_REPO_CHECK:-true}" = false ]; then
  echo "note: packages are installed without a check of their signatures, as the spec says"
fi

case $FAMILY in
  yum)
    yum_repository "$R/etc/yum.repos.d/kubernetes.repo" kubernetes Kubernetes "$KUBERNETES_REPO_URL" "$KUBERNETES_REPO_KEYS" "$KUBERNETES_REPO_CHECK" "$KUBERNETES_REPO_CHECK" \
      "kubelet kubeadm kubectl cri-tools kubernetes-cni"
    if [ -n "${RUNTIME_REPO_URL:-}" ] && [ "$RUNTIME_REPO_URL" != "$KUBERNETES_REPO_URL" ]; then
      # as Docker's own repository file: the packages are signed, the index need not be
      yum_repository "$R/etc/yum.repos.d/caravan-runtime.repo" caravan-runtime "Container runtime ($RUNTIME)" "$RUNTIME_REPO_URL" "$RUNTIME_REPO_KEYS" "$RUNTIME_REPO_CHECK" false
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
    apt_update "$apt_any"
    ;;
esac
