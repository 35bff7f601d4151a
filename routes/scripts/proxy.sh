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
    case $entry in
      .* | *'*'* | */* | *:*) ;;
      *) printf 'Acquire::http::Proxy::%s "DIRECT";\nAcquire::https::Proxy::%s "DIRECT";\n' "$entry" "$entry" ;;
    esac
  done
}

unit=$(runtime_unit).service
keep_reader "$unit"
put_file "$PROXY_FILE" 0600 < "$WORK/proxy"
keep_reader ''
if [ "$FAMILY" = apt ]; then
  apt_configuration > "$WORK/apt"
  put_file "$R/etc/apt/apt.conf.d/90caravan-proxy" "$apt_mode" < "$WORK/apt"
fi

# In a plan, the steps that follow still find the former proxy on the host. What they would change for this one is said here.
if planning; then
  PROXY_FILE=$WORK/proxy proxy_place=$WORK/proxy
  read_proxy
  # without the drop-in, runtime-install says it
  if [ -e "$R/etc/systemd/system/$unit.d/90-caravan-proxy.conf" ] && systemctl is-active -q "$unit" &&
    runs_with_other_proxy "$unit" "$PROXY_FILE"; then
    change "restart $unit for its new configuration: it runs with another proxy" || true
  fi
  for repository in kubernetes caravan-runtime; do
    repository=$R/etc/yum.repos.d/$repository.repo
    [ -f "$repository" ] || continue
    url=$(sed -n 's/^baseurl=//p' "$repository" | head -n 1)
    grep -qxF "proxy=$(proxy_for "$url" | grep . || echo _none_)" "$repository" || change "update ${repository#"$R"}: its proxy" || true
  done
fi
