#!/bin/sh
# Removes the images that were loaded from a bundle, unless the runtime is removed with all its images.
# Environment: RUNTIME, CRI_SOCKET, GOES.  Standard input: what the step found, the newest first.

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/undo-lib.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/undo-images-lib.sh"

read_found
if goes runtime; then skip "the runtime is removed with its images"; fi
remove_images
restore_all
