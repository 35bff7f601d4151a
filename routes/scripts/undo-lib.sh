# shellcheck shell=sh
# What the undo scripts share, beside lib.sh.

restore_all() {
  cat > "$WORK/found"
}
