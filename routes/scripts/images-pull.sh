#!/bin/sh
# Pulls the images that this host's role needs, before they are needed. Images that are there are not pulled again.
# Environment: NODE_ROLES, RUNTIME, CRI_SOCKET, KUBERNETES_VERSION, IMAGE_REPOSITORY; PAUSE_IMAGE, if a route sets it.
# Standard input: the kubeadm configuration, which decides names and tags.

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"

cat > "$WORK/kubeadm.yaml"

# an older kubeadm, which an upgrade would replace, does not know the images
if planning && { ! have kubeadm || older_version "$(kubeadm version -o short | sed 's/^v//')" "$KUBERNETES_VERSION"; }; then
  change "pull the images of Kubernetes $KUBERNETES_VERSION" || exit 0
fi

kubeadm config images list --config "$WORK/kubeadm.yaml" > "$WORK/list" 2>"$WORK/output" ||
  fail "kubeadm config images list: $(last_words)" \
    "The generated configuration does not suit kubeadm $(kubeadm version -o short 2>/dev/null); look at kubernetes.kubeadm in the spec."

case " $NODE_ROLES " in
  *" control-plane "*) cat "$WORK/list" ;;
  *) grep -E '/(kube-proxy|pause|coredns)[:@]' "$WORK/list" || true ;;
esac > "$WORK/needed"
# the runtime's sandbox image, if a route chose another one
if [ "$RUNTIME" != docker ] && [ -n "${PAUSE_IMAGE:-}" ]; then echo "$PAUSE_IMAGE" >> "$WORK/needed"; fi

# The client of the runtime: Docker's own, crictl for all runtimes with CRI, or containerd's ctr.
case $RUNTIME in
  docker) client=docker ;;
  *)
    if have crictl; then client=crictl
    elif [ "$RUNTIME" = containerd ] && have ctr; then client=ctr
    else client=
    fi
    ;;
esac
if [ -z "$client" ]; then
  if planning; then
    while read -r image; do change "pull $image" || true; done < "$WORK/needed"
    exit 0
  fi
  fail "there is no crictl on this host, and without it nothing can ask $RUNTIME for images" \
    "Install cri-tools on the host; it is in the repository at packages.kubernetes.baseUrl, and the step kube-install brings it."
fi

endpoint=unix://${CRI_SOCKET#unix://}
present() { # IMAGE
  case $client in
    docker) docker image inspect "$1" >/dev/null 2>&1 ;;
    crictl) crictl --runtime-endpoint "$endpoint" --image-endpoint "$endpoint" inspecti "$1" >/dev/null 2>&1 ;;
    ctr) ctr --namespace k8s.io images ls -q 2>/dev/null | grep -qxF -e "$1" ;;
  esac
}
pull() { # IMAGE
  case $client in
    # with the passwords of runtime.registries, if there are any
    docker)
      if [ -r "$R/var/lib/kubelet/config.json" ]; then docker --config "$R/var/lib/kubelet" pull -q "$1"; else docker pull -q "$1"; fi
      ;;
    crictl) crictl --runtime-endpoint "$endpoint" --image-endpoint "$endpoint" pull "$1" ;;
    # ctr does not read containerd's configuration, which names plain HTTP and mirrors
    ctr) ctr --namespace k8s.io images pull --hosts-dir "$R/etc/containerd/certs.d" "$1" ;;
  esac
}

sort -u "$WORK/needed" | while read -r image; do present "$image" </dev/null || echo "$image"; done > "$WORK/missing"
[ -s "$WORK/missing" ] || exit 0

if planning; then
  while read -r image; do change "pull $image" || true; done < "$WORK/missing"
  exit 0
fi

# Downloading and unpacking alternate, so several pulls in parallel are faster: the seven images of a control plane took about three
# quarters of the time. The output of each is kept in a file of its own.
AT_A_TIME=8
missing=$(wc -l < "$WORK/missing")
say "pulling images: 0/$missing"
mkdir "$WORK/pulls"
pulled() { # IMAGE NUMBER
  echo "$1" > "$WORK/pulls/$2.done"
  set -- "$WORK"/pulls/*.done
  say "pulling images: $#/$missing"
}
number=0
while read -r image; do found image "$image" absent; done < "$WORK/missing"
while read -r image; do
  number=$((number + 1))
  {
    if pull "$image" </dev/null > "$WORK/pulls/$number.output" 2>&1; then
      pulled "$image" "$number"
    else
      echo "$image" > "$WORK/pulls/$number.failed"
    fi
  } &
  if [ $((number % AT_A_TIME)) -eq 0 ]; then wait; fi
done < "$WORK/missing"
wait

for done in "$WORK"/pulls/*.done; do
  [ ! -f "$done" ] || change "pull $(cat "$done")"
done
for failed in "$WORK"/pulls/*.failed; do
  [ -f "$failed" ] || continue
  # crictl says the same twice, the second time in a line of its own log
  sed -n 's/^time="[^"]*" level=[a-z]* msg="\(.*\)"$/\1/p' "${failed%.failed}.output" | sed 's/\\"/"/g' > "$WORK/output"
  [ -s "$WORK/output" ] || cp "${failed%.failed}.output" "$WORK/output"
  command_failed "could not pull $(cat "$failed"): $(last_words)" \
    "Does this host reach the registry? See kubernetes.imageRepository in the spec."
done
