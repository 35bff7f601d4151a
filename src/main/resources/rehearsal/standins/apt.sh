# shellcheck shell=sh
# shellcheck disable=SC2154 # origin and version: set by the catalogue
# What the stand-ins for apt's commands share: sources and the indices that apt-get update has read.

# Prints "OPTIONS|URL|SUITE|COMPONENT..." for each sources line in the files.
sources() { # FILE...
  cat "$@" 2>/dev/null | awk '
    $1 == "deb" {
      options = ""; line = $0; sub(/^[ \t]*deb[ \t]+/, "", line)
      if (match(line, /^\[[^]]*\][ \t]*/)) { options = substr(line, 1, RLENGTH); line = substr(line, RLENGTH + 1) }
      count = split(line, part, /[ \t]+/); components = ""
      for (i = 3; i <= count; i++) components = components (components == "" ? "" : " ") part[i]
      print options "|" part[1] "|" part[2] "|" components
    }'
}

# The names under /var/lib/apt/lists that a source's indices have.
index_names() { # URL SUITE COMPONENTS
  index_base=$(echo "${1%/}" | sed 's,^[a-z]*://,,; s,/,_,g')
  case $2 in
    */) echo "${index_base}_$(echo "${2%/}" | sed 's,/,_,g; s,^_*,,; s,..*,&_,')Packages" ;;
    *) for component in $3; do echo "${index_base}_dists_$(echo "$2" | sed 's,/,_,g')_${component}_binary-amd64_Packages"; done ;;
  esac
}

# Does an index that was read have the package? Sets what `package` sets.
available() { # NAME
  package "$1" || return 1
  for index in "$R"/var/lib/apt/lists/*Packages; do
    [ -f "$index" ] || continue
    case $origin.${index##*/} in
      kubernetes.*debian.org* | runtime.*debian.org*) ;;
      kubernetes.*_v[0-9]*.[0-9]*_*)
        case ${index##*/} in *"_v${version%.*}_"*) return 0 ;; esac ;;
      kubernetes.*kubernetes* | kubernetes.*k8s* | runtime.* | base.*) return 0 ;;
    esac
  done
  return 1
}
