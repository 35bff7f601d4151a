#!/bin/sh
# Loads the images of the bundle that this host's role needs, over the registry that the engine serves. The names are those of the spec:
# containerd is told for these pulls alone that the registry is the engine's. No mirror is configured on the host.
# Environment: BUNDLE_URL, BUNDLE_IMAGES (names, separated by spaces), NODE_ROLES, IMAGE_REPOSITORY.

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"

[ -n "${BUNDLE_URL:-}" ] || skip "no bundle"
if planning && ! have ctr; then exit 0; fi
have ctr || fail "there is no ctr on this host, which comes with containerd" "See the step runtime-install."

for image in $BUNDLE_IMAGES; do
  case " $NODE_ROLES " in
    *" control-plane "*) ;;
    # what kubeadm names for control planes only
    *)
      case ${image#"$IMAGE_REPOSITORY"/} in
        kube-apiserver:* | kube-controller-manager:* | kube-scheduler:* | etcd:*) continue ;;
      esac
      ;;
  esac
  echo "$image"
done > "$WORK/needed"
ctr --namespace k8s.io images ls -q > "$WORK/present" 2>"$WORK/output" </dev/null ||
  { if planning; then exit 0; else command_failed "ctr images ls: $(last_words)" "See: systemctl status containerd"; fi; }
grep -vxF -f "$WORK/present" "$WORK/needed" > "$WORK/missing" || exit 0

# one place for all registries; without another server to fall back on
server=${BUNDLE_URL%/systems/*}
mkdir -p "$WORK/hosts/_default"
printf 'server = "%s"\n\n[host."%s"]\n  capabilities = ["pull", "resolve"]\n' "$server" "$server" > "$WORK/hosts/_default/hosts.toml"
while read -r image; do
  if change "pull $image"; then
    found image "$image" absent
    logged ctr --namespace k8s.io images pull --hosts-dir "$WORK/hosts" "$image" ||
      command_failed "could not pull $image from the bundle: $(last_words)" "The engine serves it at $server on this host."
  fi
done < "$WORK/missing"
