#!/bin/sh
# Puts in place what the package manager needs to use the bundle: how its repositories are named, and their keys. bundle-close removes it.
# Standard input: a line PATH CONTENT-IN-BASE64 for each file, the path below BUNDLE.

. "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"

if planning; then exit 0; fi
know_family
cat > "$WORK/files"
make_directory "$(dirname "$BUNDLE")"
keep_tree "$BUNDLE"
rm -rf "$BUNDLE/sources" "$BUNDLE/keys"
mkdir -p "$BUNDLE/sources" "$BUNDLE/keys"
while read -r path content; do printf %s "$content" | base64 -d > "$BUNDLE/$path"; done < "$WORK/files"
# apt checks signatures as a user of its own
chmod 0755 "$BUNDLE" "$BUNDLE/keys" "$BUNDLE/sources"
chmod 0644 "$BUNDLE"/keys/* "$BUNDLE"/sources/*
