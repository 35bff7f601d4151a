#!/bin/sh
# Labels and taints that the spec gives to nodes; sets what is missing or different and leaves all others alone.
# Standard input: a line for each, `NODE label KEY=VALUE` or `NODE taint KEY=VALUE:EFFECT` (or KEY:EFFECT); a key with a
# minus behind it, as kubectl has it, is to go.
# Environment, where standard input is empty: NODE_NAME, NODE_LABELS, NODE_TAINTS.

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
{{end}}{{end}}{{end}}' > "$WORK/there" 2>"$WORK/output" || fail_for_now "kubectl get nodes: $(last_words)" "Is the API server up?"

while read -r node kind what; do
  case $what in
    *-)
      key=${what%-}
      grep -qE "^$node $kind $(echo "$key" | sed 's/[.]/[.]/g')([=:]|$)" "$WORK/there" || continue
      ;;
    *) if grep -qxF "$node $kind $what" "$WORK/there"; then continue; fi ;;
  esac
  if change "$kind $node $what"; then
    case $kind in
      label | taint) cluster "$kind" node "$node" --overwrite "$what" </dev/null >/dev/null 2>"$WORK/output" || fail "kubectl $kind node $node $what: $(last_words)" "Check labels and taints of $node in the spec." ;;
      *) fail "label-nodes does not know '$kind'" ;;
    esac
  fi
done < "$WORK/wanted"
