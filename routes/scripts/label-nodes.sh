#!/bin/sh
# Sets the labels and taints of the spec that are missing or different, and does not change any others.
# Standard input: one line each, `NODE label KEY=VALUE` or `NODE taint KEY=VALUE:EFFECT` (or KEY:EFFECT). A key with a minus after it, as
# for kubectl, is removed.
# Environment, if standard input is empty: NODE_NAME, NODE_LABELS, NODE_TAINTS.

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"

cat > "$WORK/wanted"
if [ ! -s "$WORK/wanted" ]; then
  for label in ${NODE_LABELS:-}; do echo "$NODE_NAME label $label"; done > "$WORK/wanted"
  for taint in ${NODE_TAINTS:-}; do echo "$NODE_NAME taint $taint"; done >> "$WORK/wanted"
fi
[ -s "$WORK/wanted" ] || exit 0

if [ ! -f "$ADMIN_CONF" ] && planning; then
  while read -r node kind what; do change "$kind $node $what" || true; done < "$WORK/wanted"
  exit 0
fi

# Every label and taint there is, as "NODE label KEY=VALUE" and "NODE taint KEY=VALUE:EFFECT".
# shellcheck disable=SC2016 # the template's own variables
cluster get nodes -o go-template='{{range .items}}{{$node := .metadata.name}}{{range $key, $value := .metadata.labels}}{{$node}} label {{$key}}={{$value}}
{{end}}{{if .spec.taints}}{{range .spec.taints}}{{$node}} taint {{.key}}{{if .value}}={{.value}}{{end}}:{{.effect}}
{{end}}{{end}}{{end}}' > "$WORK/there" 2>"$WORK/output" || command_failed "kubectl get nodes: $(last_words)" "Is the API server up?"

# Records what the node has under that key: one value of a label, or one taint for each effect.
keep_attribute() { # NODE KIND WHAT
  keep_name=${3%%[=:]*}
  keep_name=${keep_name%-}
  grep -E "^$1 $2 $(echo "$keep_name" | sed 's/[.]/[.]/g')([=:]|$)" "$WORK/there" | sed "s/^$1 $2 //" > "$WORK/attribute" || true
  case $2 in
    label)
      if [ -s "$WORK/attribute" ]; then found label "$1/$keep_name" set "$(sed 's/^[^=]*=//' "$WORK/attribute")"; else found label "$1/$keep_name" absent; fi
      ;;
    taint)
      while read -r keep_taint; do found taint "$1/$keep_name:${keep_taint##*:}" "$keep_taint"; done < "$WORK/attribute"
      case $3 in *:*) if ! grep -q ":${3##*:}\$" "$WORK/attribute"; then found taint "$1/$keep_name:${3##*:}" absent; fi ;; esac
      ;;
  esac
}

while read -r node kind what; do
  case $what in
    *-)
      key=${what%-}
      grep -qE "^$node $kind $(echo "$key" | sed 's/[.]/[.]/g')([=:]|$)" "$WORK/there" || continue
      ;;
    *) if grep -qxF "$node $kind $what" "$WORK/there"; then continue; fi ;;
  esac
  if change "$kind $node $what"; then
    keep_attribute "$node" "$kind" "$what"
    case $kind in
      label | taint) cluster "$kind" node "$node" --overwrite "$what" </dev/null >/dev/null 2>"$WORK/output" || fail "kubectl $kind node $node $what: $(last_words)" "Check labels and taints of $node in the spec." ;;
      *) fail "label-nodes does not know '$kind'" ;;
    esac
  fi
done < "$WORK/wanted"
