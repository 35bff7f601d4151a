#!/bin/sh
# Removes what bundle-open and the package manager left of the bundle. The host then has no repository of Caravan's.

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"

if planning; then exit 0; fi
rm -rf "$BUNDLE"
