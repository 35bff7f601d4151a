#!/bin/sh
# Which deprecated APIs were requested from the API server of this host since it was started, with the release that removes each. Changes
# nothing. By hand: kubectl get --raw /metrics | grep ^apiserver_requested_deprecated_apis
# Outputs: apis (lines RELEASE GROUP/VERSION RESOURCE, or RELEASE VERSION RESOURCE for the core group; at most 200).

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"

[ -f "$ADMIN_CONF" ] || fail "there is no ${ADMIN_CONF#"$R"} on this host" "Is it a control plane?"
say "reading the metrics of the API server"
# a pipe hides how its first part ended
{
  own_api --cache-dir "$R/run/caravan-kubectl" --request-timeout 30s get --raw /metrics 2>"$WORK/output" || echo failed > "$WORK/failed"
} | head -c 67108864 | awk '
  function label(name) {
    if (!match($0, "[{,]" name "=\"[^\"]*\"")) return ""
    return substr($0, RSTART + length(name) + 3, RLENGTH - length(name) - 4)
  }
  /^apiserver_requested_deprecated_apis[{]/ && $NF > 0 {
    release = label("removed_release"); group = label("group"); part = label("subresource")
    if (release ~ /^[0-9]+[.][0-9]+$/)
      print release, (group == "" ? "" : group "/") label("version"), label("resource") (part == "" ? "" : "/" part)
  }' | sort -u > "$WORK/apis"
[ ! -f "$WORK/failed" ] || command_failed "kubectl get --raw /metrics: $(last_words)" "Is the API server up?"
output apis "$(head -n 200 "$WORK/apis")"
