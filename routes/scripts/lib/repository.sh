# shellcheck shell=sh
# Repositories of packages: their indices, keys and proxy.

repository_directory() { case $FAMILY in apt) echo /etc/apt/sources.list.d ;; *) echo /etc/yum.repos.d ;; esac; }

# An archive that the index names does not exist: 404, as apt, dnf and yum print it.
index_is_stale() {
  grep -qiE -e '^E: Failed to fetch .*[.]u?deb +404 ' -e '(status code: 404 for|HTTP Error 404).*[.]rpm' \
    -e '[.]rpm: .*(HTTP Error|status code:) 404' "$WORK/output"
}

# Reads all indices of the host, also those of its own repositories. If one cannot be read, the step continues: the packages may come
# from another repository.
read_indices() {
  case $FAMILY in
    yum) logged "$(yum_command)" clean expire-cache || true ;;
    apt)
      keep_tree "$R/var/lib/apt/lists" 2
      logged with_proxy apt-get update -q -o DPkg::Lock::Timeout=300 -o Acquire::Retries=2 || true
      ;;
  esac
}

# The messages about a signature that is not accepted: those of gpg, of apt's sqv, of rpm and of dnf.
signature_failed() {
  grep -qiE -e 'EXPKEYSIG|KEYEXPIRED|signatures were invalid|sqv returned an error|signature verification (failed|error)' \
    -e 'GPG check FAILED|Bad (GPG|PGP) signature|NO_PUBKEY|they are not correct for this package' "$WORK/output"
}

# rpm and dnf never replace a key that they have imported. Fetches the keys of the spec's repositories again and imports those that are
# newer; fails if none has changed. The old keys are recorded for the undo. apt's keys are files, which package-repository.sh renews.
refresh_keys() {
  [ "$FAMILY" = yum ] || return 1
  refresh_changed=no
  cp "$WORK/output" "$WORK/first-words"
  for refresh_address in ${KUBERNETES_REPO_KEYS:-} ${RUNTIME_REPO_KEYS:-}; do
    case $refresh_address in file:*) continue ;; esac
    if fetched "$refresh_address" "$WORK/key"; then renew_rpm_key "$WORK/key"; fi
  done
  for refresh_ring in "$R"/var/cache/dnf/*-????????????????/pubring "$R"/var/cache/libdnf5/*-????????????????/pubring; do
    # dnf does not import a key again if its number is there
    if [ -d "$refresh_ring" ]; then
      rm -rf "$refresh_ring"
      refresh_changed=yes
    fi
  done
  cp "$WORK/first-words" "$WORK/output"
  [ "$refresh_changed" = yes ]
}

# An extended key keeps its name in rpm, and rpm does not import a key under a name that it already has.
renew_rpm_key() { # FILE
  mkdir -p "$WORK/rpm-keys"
  rpm --dbpath "$WORK/rpm-keys" --import "$1" 2>/dev/null || return 0
  rpm --dbpath "$WORK/rpm-keys" -qa --qf '%{NAME}-%{VERSION}\n' gpg-pubkey > "$WORK/rpm-key-names"
  while read -r renew_name; do
    rpm -q --qf '%{DESCRIPTION}' "$renew_name" > "$WORK/rpm-key-old" 2>/dev/null </dev/null || continue
    rpm --dbpath "$WORK/rpm-keys" -q --qf '%{DESCRIPTION}' "$renew_name" > "$WORK/rpm-key-new" </dev/null || continue
    if cmp -s "$WORK/rpm-key-old" "$WORK/rpm-key-new"; then continue; fi
    change "replace the key $renew_name of rpm by the one that its address has now" || continue
    found rpm-key "$renew_name" "$(base64 -w0 < "$WORK/rpm-key-old")"
    rpm -e --allmatches "$renew_name" </dev/null
    rpm --import "$WORK/rpm-key-new" </dev/null
    refresh_changed=yes
  done < "$WORK/rpm-key-names"
  rm -rf "$WORK/rpm-keys"
}

# The proxy that the host's package manager is configured to use for that URL; nothing if it has none. dnf.conf(5), apt.conf(5): for https,
# the proxy of http is the default; DIRECT and _none_ mean no proxy.
package_proxy() { # URL
  case $FAMILY in
    apt)
      have apt-config || return 0
      proxy_host=${1#*://}
      proxy_host=${proxy_host%%[:/]*}
      apt-config dump 2>/dev/null | url=$1 host=$proxy_host awk '
        match($0, /^Acquire::https?::[Pp]roxy(::[^ ]+)? "/) {
          key = tolower(substr($0, 10, RLENGTH - 11)); value = substr($0, RSTART + RLENGTH); sub(/";$/, "", value); proxy[key] = value
        }
        END {
          n = split(ENVIRON["url"] ~ /^https:/ ? "https http" : "http", scheme, " ")
          for (i = 1; i <= n; i++) {
            for (own = 1; own >= 0; own--) {
              key = scheme[i] "::proxy" (own ? "::" tolower(ENVIRON["host"]) : "")
              if (proxy[key] != "") { if (toupper(proxy[key]) != "DIRECT") print proxy[key]; exit }
            }
          }
        }'
      ;;
    yum)
      cat "$R/etc/yum.conf" "$R/etc/dnf/dnf.conf" 2>/dev/null | awk '
        /^\[/ { main = $0 ~ /^\[main\]/ }
        main && /^proxy[ \t]*=/ { value = $0; sub(/^[^=]*=[ \t]*/, "", value); sub(/[ \t]+$/, "", value) }
        END { if (value != "" && value != "_none_") print value }'
      ;;
  esac
}

# Fetches URL into FILE; returns curl's status. It goes through the spec's proxy, or else through that of the package manager or of the
# host, if there is one. A URL may contain a password, and every user can see command lines. So curl reads the URL as a line of its
# configuration, where backslashes and quotes are escaped.
fetched() { # URL FILE
  {
    printf 'url = "%s"\n' "$(printf '%s\n' "$1" | sed 's/[\\"]/\\&/g')"
    if [ ! -r "$PROXY_FILE" ]; then package_proxy "$1" | sed -e 's/[\\"]/\\&/g' -e 's/.*/proxy = "&"/'; fi
  } | with_proxy curl -K - -fsSL --connect-timeout 10 --max-time 60 -o "$2" 2>"$WORK/output"
}

# --- undo

# Restores keys that a newer key of the same name replaced.
restore_rpm_keys() {
  was_found rpm-key || return 0
  while IFS=$TAB read -r key_name key_content; do
    printf %s "$key_content" | base64 -d > "$WORK/rpm-key-old"
    rpm -q --qf '%{DESCRIPTION}' "$key_name" > "$WORK/rpm-key-now" 2>/dev/null </dev/null || : > "$WORK/rpm-key-now"
    if cmp -s "$WORK/rpm-key-old" "$WORK/rpm-key-now"; then continue; fi
    changing "restore the key $key_name of rpm"
    if [ -s "$WORK/rpm-key-now" ]; then logged rpm -e --allmatches "$key_name" || true; fi
    logged rpm --import "$WORK/rpm-key-old" || left "the key $key_name of rpm: $(last_words)"
  done < "$FOUND/rpm-key"
}
