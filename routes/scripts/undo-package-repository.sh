#!/bin/sh
# Restores the repository files, and removes what the package manager cached of repositories that were not there.
# Standard input: what the step found, the newest first.

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/undo-lib.sh"

read_found
# the section has the file's name
each_found file | while IFS=$TAB read -r path state _; do
  case $path.$state in
    /etc/yum.repos.d/*.repo.absent)
      id=${path##*/}
      id=${id%.repo}
      rm -rf "$R/var/cache/dnf/$id"-???????????????? "$R/var/cache/dnf/$id".solv "$R/var/cache/dnf/$id"-filenames.solvx \
        "$R"/var/cache/yum/*/*/"$id"
      ;;
  esac
done
restore_all
