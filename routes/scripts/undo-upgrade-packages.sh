#!/bin/sh
# Restores the repository files, and the packages in their former version, which only the former repository has.
# Standard input: what the step found, the newest first.

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/undo-lib.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/upgrade-lib.sh"

read_found
restore_files
without_downgrades
if ! goes cluster; then
  read_indices
  restore_packages
fi
restore_all
