#!/bin/sh
# Sets the labels and taints of the spec that are missing or different. Those that Caravan set and that have left the spec are removed;
# any others stay. What Caravan set is in an annotation of the node: caravan.dev/applied, words label/KEY and taint/KEY:EFFECT.
# Standard input: one line each, `NODE label KEY=VALUE` or `NODE taint KEY=VALUE:EFFECT` (or KEY:EFFECT). A key with a minus after it, as
# for kubectl, is removed. `NODE node` names a node of the spec, so that it is looked at also if the spec has nothing for it; `NODE new`
# one that joined in this run: kubeadm has set its taints already, and they count as Caravan's. `NODE listed` names a node of the spec that
# is left alone here. If there is any such line, the nodes that no line names are in the output unlisted.
# Environment, if standard input is empty: NODE_NAME, NODE_LABELS, NODE_TAINTS.

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"

APPLIED=caravan.dev/applied

cat > "$WORK/input"
if [ ! -s "$WORK/input" ]; then
  for label in ${NODE_LABELS:-}; do echo "$NODE_NAME label $label"; done > "$WORK/input"
  for taint in ${NODE_TAINTS:-}; do echo "$NODE_NAME taint $taint"; done >> "$WORK/input"
fi
[ -s "$WORK/input" ] || exit 0
awk '{ print $1 }' "$WORK/input" | sort -u > "$WORK/listed"
awk '$2 != "node" && $2 != "new" && $2 != "listed"' "$WORK/input" > "$WORK/wanted"
awk '$2 == "new" { print $1 }' "$WORK/input" > "$WORK/new"

if [ ! -f "$ADMIN_CONF" ] && planning; then
  while read -r node kind what; do change "$kind $node $what" || true; done < "$WORK/wanted"
  exit 0
fi

# Every label and taint there is, as "NODE label KEY=VALUE" and "NODE taint KEY=VALUE:EFFECT"; and "NODE applied WORD..." of each node.
# shellcheck disable=SC2016 # the template's own variables
nodes='{{range .items}}{{$node := .metadata.name}}
{{- range $key, $value := .metadata.labels}}{{$node}} label {{$key}}={{$value}}
{{end}}
{{- range $key, $value := .metadata.annotations}}{{if eq $key "caravan.dev/applied"}}{{$node}} applied {{$value}}
{{end}}{{end}}
{{- if .spec.taints}}{{range .spec.taints}}{{$node}} taint {{.key}}{{if .value}}={{.value}}{{end}}:{{.effect}}
{{end}}{{end}}{{end}}'
cluster get nodes -o go-template="$nodes" > "$WORK/there" 2>"$WORK/output" ||
  command_failed "kubectl get nodes: $(last_words)" "Is the API server up?"

if grep -qE '^[^ ]+ (node|new|listed)$' "$WORK/input"; then
  unlisted=$(awk '$2 == "label" { print $1 }' "$WORK/there" | sort -u | comm -23 - "$WORK/listed" | head -n 50 | paste -s -d ' ')
  if [ -n "$unlisted" ]; then output unlisted "$unlisted"; fi
fi

escaped() { echo "$1" | sed 's/[.]/[.]/g'; } # KEY for a regular expression
subject_of() { # KIND WHAT: label/KEY or taint/KEY:EFFECT
  case $1 in label) echo "label/${2%%=*}" ;; *) subject_key=${2%%[=:]*} && echo "taint/$subject_key:${2##*:}" ;; esac
}

# Records what the node has under that key: one value of a label, or one taint for each effect.
keep_attribute() { # NODE KIND WHAT
  keep_name=${3%%[=:]*}
  keep_name=${keep_name%-}
  grep -E "^$1 $2 $(escaped "$keep_name")([=:]|$)" "$WORK/there" | sed "s/^$1 $2 //" > "$WORK/attribute" || true
  case $2 in
    label)
      if [ -s "$WORK/attribute" ]; then
        found label "$1/$keep_name" set "$(sed 's/^[^=]*=//' "$WORK/attribute")"
      else
        found label "$1/$keep_name" absent
      fi
      ;;
    taint)
      while read -r keep_taint; do found taint "$1/$keep_name:${keep_taint##*:}" "$keep_taint"; done < "$WORK/attribute"
      case $3 in
        *:*)
          keep_effect=${3##*:}
          if ! grep -q ":${keep_effect%-}\$" "$WORK/attribute"; then found taint "$1/$keep_name:${keep_effect%-}" absent; fi
          ;;
      esac
      ;;
  esac
}

set_attribute() { # NODE KIND WHAT
  if change "$2 $1 $3"; then
    keep_attribute "$1" "$2" "$3"
    case $2 in
      label | taint)
        cluster "$2" node "$1" --overwrite "$3" </dev/null >/dev/null 2>"$WORK/output" ||
          fail "kubectl $2 node $1 $3: $(last_words)" "Check labels and taints of $1 in the spec."
        ;;
      *) fail "label-nodes does not know '$2'" ;;
    esac
  fi
}

# What Caravan has set on the node by the end of this step; in $WORK/applied-now.
: > "$WORK/set"
while read -r node kind what; do
  case $what in
    *-)
      grep -qE "^$node $kind $(escaped "${what%-}")([=:]|$)" "$WORK/there" || continue
      ;;
    *)
      if grep -qxF -e "$node $kind $what" "$WORK/there"; then
        if grep -qxF -e "$node" "$WORK/new"; then echo "$node $(subject_of "$kind" "$what")" >> "$WORK/set"; fi
        continue
      fi
      echo "$node $(subject_of "$kind" "$what")" >> "$WORK/set"
      ;;
  esac
  set_attribute "$node" "$kind" "$what"
done < "$WORK/wanted"

awk '$2 != "listed" { print $1 }' "$WORK/input" | sort -u > "$WORK/nodes"
while read -r node; do
  grep -q "^$node " "$WORK/there" || continue
  before=$(sed -n "s/^$node applied //p" "$WORK/there")
  now=
  # what is still in the spec stays Caravan's
  for word in $before; do
    kind=${word%%/*}
    key=${word#*/}
    if awk -v node="$node" '$1 == node && ($2 == "label" || $2 == "taint") { print $2, $3 }' "$WORK/wanted" |
      while read -r wanted_kind wanted_what; do subject_of "$wanted_kind" "$wanted_what"; done | grep -qxF -e "$word"; then
      now="$now $word"
      continue
    fi
    case $kind in
      label) pattern="^$node label $(escaped "$key")=" ;;
      taint) pattern="^$node taint $(escaped "${key%:*}")(=[^:]*)?:${key##*:}\$" ;;
      *) continue ;;
    esac
    # somebody else may have removed it
    if grep -qE "$pattern" "$WORK/there"; then set_attribute "$node" "$kind" "$key-"; fi
  done
  # shellcheck disable=SC2013 # words
  for word in $(sed -n "s/^$node //p" "$WORK/set"); do case " $now " in *" $word "*) ;; *) now="$now $word" ;; esac; done
  now=$(echo "$now" | tr ' ' '\n' | grep . | sort | paste -s -d ' ') || now=
  if [ "$now" = "$before" ] || planning; then continue; fi
  if [ -n "$before" ]; then found annotation "$node/$APPLIED" set "$before"; else found annotation "$node/$APPLIED" absent; fi
  cluster annotate node "$node" --overwrite "$APPLIED${now:+=}${now:--}" </dev/null >/dev/null 2>"$WORK/output" ||
    command_failed "kubectl annotate node $node: $(last_words)" "Is the API server up?"
done < "$WORK/nodes"
