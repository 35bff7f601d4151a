#!/bin/sh
# Takes a step back that has no undo of its own: everything it found is given back.
# Standard input: what it found, a line each (the list of kinds stands at the top of lib.sh), the newest first.

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/undo-lib.sh"

read_found
restore_all
