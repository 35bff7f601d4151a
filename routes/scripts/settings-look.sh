#!/bin/sh
# Compares the settings of this node with the spec, and changes nothing: on a control plane the static pods' manifests and the names in
# certificates, on every host the configuration of the kubelet and whether it runs. In a plan it shows what would change.
# Environment: KUBERNETES_VERSION, NODE_ROLES, RUNTIME, CRI_SOCKET.  Standard input: see settings-lib.sh.
# Outputs: differs (control-plane, kubelet; or both, or nothing).

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/certificates-lib.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/settings-lib.sh"

take_documents
[ -f "$R/etc/kubernetes/kubelet.conf" ] || skip "this host is not a node yet"
need_this_version
differs=

case " $NODE_ROLES " in
  *" control-plane "*)
    as_this_cluster_was_made
    compare_manifests
    while read -r component; do
      differs=control-plane
      path=$MANIFESTS/$component.yaml
      if planning; then
        change "update ${path#"$R"}, and restart $component" || true
        text_would_differ "${path#"$R"}" "$(if [ -f "$path" ]; then echo "$path"; else echo /dev/null; fi)" \
          "$ASIDE/manifests/$component.yaml"
      fi
    done < "$WORK/components"
    compare_certificates
    while read -r name component; do
      differs=control-plane
      if planning; then
        change "renew ${certificates#"$R"}/$name.crt for other names, and restart $component" || true
        names_in "$certificates/$name.crt" > "$WORK/names-there"
        names_in "$ASIDE/pki/$name.crt" > "$WORK/names-wanted"
        would_differ "${certificates#"$R"}/$name.crt" "$(certificate_words "$WORK/names-there")" "$(certificate_words "$WORK/names-wanted")"
      fi
    done < "$WORK/certificates"
    ;;
esac

make_kubelet_config
if kubelet_config_differs; then
  differs="$differs kubelet"
  if planning; then
    change "update /var/lib/kubelet/config.yaml, and restart the kubelet" || true
    text_would_differ /var/lib/kubelet/config.yaml \
      "$(if [ -f "$KUBELET/config.yaml" ]; then echo "$KUBELET/config.yaml"; else echo /dev/null; fi)" "$ASIDE/kubelet/config.yaml"
  fi
elif ! systemctl is-active -q kubelet; then
  differs="$differs kubelet"
  if planning; then
    change "start the kubelet" || true
    would_differ kubelet.service "$(systemctl is-active kubelet 2>/dev/null || true)" active
  fi
fi
output differs "$(echo "$differs" | sed 's/^ //')"
