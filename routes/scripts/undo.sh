#!/bin/sh
# Undoes a step that has no undo of its own: restores everything that the step found.
# Standard input: what the step found, one line each, the newest first. The list of kinds is at the top of lib.sh.

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/undo-lib.sh"

read_found
restore_all
