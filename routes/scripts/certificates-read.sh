#!/bin/sh
# Every certificate of the cluster on this host: its file, subject, names, days left, who renews it, and which component reads it when it
# starts, so that a renewal restarts it. Reads files only, so the API server may be down. Changes nothing.
# Outputs: report, certificate (of those that nobody renews by itself, the one that expires first: seconds since the epoch, path).

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/certificates-lib.sh"

need_openssl

# kubeadm renews only what a CA signed whose key is on this host.
has_key() { [ -f "$PKI/$1.key" ]; } # CA

renewer() { # PATH CA END
  if [ "$2" = yes ]; then echo "nobody (CA)" && return 0; fi
  case $1 in
    "$KUBELET_CLIENT") if [ "$3" -le "$(date +%s)" ]; then echo renew-certificates; else echo "the kubelet"; fi ;;
    "$KUBELET_PKI"/kubelet-server-*) echo "the kubelet" ;;
    "$KUBELET_PKI"/*) echo nobody ;;
    */.kube/config) if has_key ca; then echo renew-certificates; else echo nobody; fi ;;
    *)
      renewer_ca=$(echo "$KUBEADM_CERTIFICATES" | awk -v path="${1#"$KUBERNETES"/}" '$1 == path { print $2 }')
      if [ -z "$renewer_ca" ]; then echo nobody
      elif has_key "$renewer_ca"; then echo renew-certificates
      else echo "nobody (external CA)"
      fi
      ;;
  esac
}

reader() { # PATH: the component, or -
  case $1 in
    "$KUBELET_PKI"/*) echo kubelet ;;
    *)
      reader_component=$(echo "$COMPONENTS" | awk -v path="${1#"$KUBERNETES"/}" '{ for (i = 2; i <= NF; i++) if ($i == path) print $1 }')
      echo "${reader_component:--}"
      ;;
  esac
}

# SUBJECT, NAMES, CA (yes or -) and the end, separated by tabs. Not by -ext, which openssl 1.0 does not have.
certificate_facts() { # FILE with one certificate
  openssl x509 -in "$1" -noout -text -nameopt RFC2253 -certopt no_pubkey,no_sigdump 2>/dev/null | awk '
    /^ *Subject: / { subject = $0; sub(/^ *Subject: */, "", subject) }
    /^ *Not After *: / { until = $0; sub(/^ *Not After *: */, "", until) }
    /X509v3 Subject Alternative Name/ {
      getline names
      gsub(/(DNS|IP Address|URI|email):/, "", names); gsub(/,/, "", names); sub(/^ */, "", names); sub(/ *$/, "", names)
    }
    /CA:TRUE/ { ca = "yes" }
    END {
      if (until == "") exit 1
      printf "%s\t%s\t%s\t%s\n", subject == "" ? "-" : subject, names == "" ? "-" : names, ca == "" ? "-" : ca, until
    }'
}

show() { # PATH: a line for each certificate in it
  [ -f "$1" ] || return 0
  rm -rf "$WORK/pem"
  mkdir "$WORK/pem"
  pem_of "$1" | awk -v directory="$WORK/pem" '
    /^-----BEGIN / { name = sprintf("%s/%03d", directory, ++n) }
    { print > name }
    /^-----END / { close(name) }'
  for show_file in "$WORK"/pem/*; do
    [ -f "$show_file" ] || continue
    if ! certificate_facts "$show_file" > "$WORK/facts"; then
      printf '%s\t-\t-\t-\tcannot be read by openssl\t-\n' "${1#"$R"}" >> "$WORK/report"
      continue
    fi
    IFS=$TAB read -r show_subject show_names show_ca show_date < "$WORK/facts"
    show_end=$(date -u -d "$show_date" +%s)
    show_days=$(days_until "$show_end")
    if [ "$show_end" -le "$(date +%s)" ]; then show_days="$show_days, expired"; fi
    show_renewer=$(renewer "$1" "$show_ca" "$show_end")
    printf '%s\t%s\t%s\t%s\t%s\t%s\n' "${1#"$R"}" "$show_days" "$show_renewer" "$(reader "$1")" "$show_subject" \
      "$show_names" >> "$WORK/report"
  done
}

if [ ! -d "$PKI" ]; then skip "this host is in no cluster of kubeadm"; fi
printf 'certificate\tdays left\trenewed by\tread by\tsubject\tnames\n' > "$WORK/report"
find "$PKI" -name '*.crt' | sort > "$WORK/files"
while read -r file; do show "$file"; done < "$WORK/files"
for file in "$KUBERNETES"/*.conf "$KUBELET_CLIENT" "$KUBELET_PKI/kubelet-server-current.pem" "$KUBELET_PKI/kubelet.crt" \
  "$R/root/.kube/config" "$R"/home/*/.kube/config; do
  show "$file"
done
cut -f 1-3 "$WORK/report"
report "$WORK/report"
output certificate "$(next_to_expire)"
