#!/bin/sh
# Has this host use the spec's proxy: /etc/caravan/proxy.env for Caravan's own fetches and for the runtime (runtime-install.sh), and a file
# below /etc/apt/apt.conf.d. For yum and dnf, the proxy is in the repository files that package-repository.sh writes.
# Environment: RUNTIME; PROXY_EXCEPT (noProxy of the spec).
# Standard input: lines HTTP_PROXY=URL, HTTPS_PROXY=URL and NO_PROXY=LIST. A URL may hold a password.

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"

know_family
cat > "$WORK/proxy"

# apt warns users who cannot read a part of its configuration, and works for them all the same.
if grep -q '^HTTPS\{0,1\}_PROXY=.*@' "$WORK/proxy"; then apt_mode=0600; else apt_mode=0644; fi

apt_configuration() {
  echo '// Written by Caravan. Changes are overwritten.'
  for scheme in http https; do
    url=$(sed -n "s/^${scheme}_PROXY=//Ip" "$WORK/proxy")
    [ -z "$url" ] || echo "Acquire::$scheme::Proxy \"$url\";"
  done
  # apt knows no networks and domains here; a colon would separate keys
  for entry in ${PROXY_EXCEPT:-}; do
    case $entry in .* | *'*'* | */* | *:*) ;; *) printf 'Acquire::http::Proxy::%s "DIRECT";\nAcquire::https::Proxy::%s "DIRECT";\n' "$entry" "$entry" ;; esac
  done
}

keep_reader "$(runtime_unit).service"
put_file "$PROXY_FILE" 0600 < "$WORK/proxy"
keep_reader ''
if [ "$FAMILY" = apt ]; then
  apt_configuration > "$WORK/apt"
  put_file "$R/etc/apt/apt.conf.d/90caravan-proxy" "$apt_mode" < "$WORK/apt"
fi
