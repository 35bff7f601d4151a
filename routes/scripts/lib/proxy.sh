# shellcheck shell=sh
# The proxy of the spec.

# The spec's proxy, as the step proxy wrote it: HTTP_PROXY=URL, HTTPS_PROXY=URL, NO_PROXY=LIST. A URL may hold a password.
PROXY_FILE=$R/etc/caravan/proxy.env
# Also kubeadm finds the variables of the environment: it writes them into the manifests of the control plane, whose requests to services
# and kubelets would then go to the proxy (its GetProxyEnvVars takes every name that ends with _proxy). kubectl would reach the API server
# through it. So no program has these variables, except those that with_proxy runs.
PROXY_HTTP=${http_proxy:-${HTTP_PROXY:-}}
PROXY_HTTPS=${https_proxy:-${HTTPS_PROXY:-}}
PROXY_NOT=${no_proxy:-${NO_PROXY:-}}
case $(export -p) in
  *_[Pp][Rr][Oo][Xx][Yy]=*)
    for proxy_variable in $(env | sed -n 's/^\([A-Za-z][A-Za-z0-9_]*_[Pp][Rr][Oo][Xx][Yy]\)=.*/\1/p'); do unset "$proxy_variable"; done
    ;;
esac
if [ -r "$PROXY_FILE" ]; then
  proxy_place=$PROXY_FILE
elif [ -z "$PROXY_HTTP$PROXY_HTTPS" ] && [ -s "$R/etc/environment" ] &&
  grep -qsiE '^[[:space:]]*(export[[:space:]]+)?https?_proxy=' "$R/etc/environment"; then
  # pam_env gives it to logins, but sudo may not pass it on
  proxy_place=$R/etc/environment
else
  proxy_place=
fi
proxy_value() { # NAME in lower case: the last value in $proxy_place
  sed -nE "s/^[[:space:]]*(export[[:space:]]+)?$1=//Ip" "$proxy_place" | tail -n 1 |
    sed -E -e 's/[[:space:]]+$//' -e "s/^([\"'])(.*)\1\$/\2/"
}
read_proxy() { # of $proxy_place
  PROXY_HTTP=$(proxy_value http_proxy)
  PROXY_HTTPS=$(proxy_value https_proxy)
  PROXY_NOT=$(proxy_value no_proxy)
}
if [ -n "$proxy_place" ]; then read_proxy; fi

# Runs a program that fetches from outside.
with_proxy() ( # COMMAND ARGUMENT...
  if [ -n "$PROXY_HTTP" ]; then export http_proxy="$PROXY_HTTP" HTTP_PROXY="$PROXY_HTTP"; fi
  if [ -n "$PROXY_HTTPS" ]; then export https_proxy="$PROXY_HTTPS" HTTPS_PROXY="$PROXY_HTTPS"; fi
  if [ -n "$PROXY_NOT" ]; then export no_proxy="$PROXY_NOT" NO_PROXY="$PROXY_NOT"; fi
  exec "$@"
)

# The spec's proxy for that URL; nothing if NO_PROXY names its host or a domain above it, or if the spec has no proxy.
proxy_for() { # URL
  [ -r "$PROXY_FILE" ] || return 0
  case $1 in https:*) proxy_url=$PROXY_HTTPS ;; *) proxy_url=$PROXY_HTTP ;; esac
  proxy_host=${1#*://}
  proxy_host=${proxy_host%%/*}
  proxy_host=${proxy_host##*@}
  case $proxy_host in "["*) proxy_host=${proxy_host#"["} && proxy_host=${proxy_host%%"]"*} ;; *) proxy_host=${proxy_host%%:*} ;; esac
  host=$proxy_host list=$PROXY_NOT awk 'BEGIN {
    host = tolower(ENVIRON["host"]); n = split(tolower(ENVIRON["list"]), entry, ",")
    for (i = 1; i <= n; i++) {
      domain = entry[i]; sub(/^[*]?[.]/, "", domain)
      if (host == domain) exit 1
      if (domain !~ /^[0-9.]+$/ && length(host) > length(domain) && substr(host, length(host) - length(domain)) == "." domain) exit 1
    }
  }' || return 0
  if [ -n "$proxy_url" ]; then echo "$proxy_url"; fi
}

# The spec names no proxy: removes what the step proxy wrote when it did. The runtime's part is in runtime-install.sh.
forget_proxy() {
  drop_file "$R/etc/apt/apt.conf.d/90caravan-proxy"
  if [ -e "$PROXY_FILE" ]; then
    drop_file "$PROXY_FILE"
    if ! planning; then PROXY_HTTP='' PROXY_HTTPS='' PROXY_NOT=''; fi
  fi
}
