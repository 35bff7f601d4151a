#!/bin/sh
# After an upgrade there is no way back, so this runs only if the cluster goes: it removes what came with the newer packages.
# Standard input: what the step found, the newest first.

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/undo-lib.sh"

read_found
without_downgrades
restore_all
