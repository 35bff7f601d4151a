# shellcheck shell=sh
# Running commands, what they said, and waiting for them.

have() { command -v "$1" >/dev/null 2>&1; } # COMMAND

# Runs a command; its output is shown and also written to $WORK/output. Returns its status.
logged() { # COMMAND ARGUMENT...
  { logged_status=0; "$@" </dev/null 2>&1 || logged_status=$?; echo "$logged_status" > "$WORK/status"; } | tee "$WORK/output"
  read -r logged_status < "$WORK/status"
  return "$logged_status"
}

# The same, but hides tokens and keys that kubeadm prints, and drops its closing text (a join command, how to use kubectl).
hiding_secrets() { # COMMAND ARGUMENT...
  { logged_status=0; "$@" </dev/null 2>&1 || logged_status=$?; echo "$logged_status" > "$WORK/status"; } |
    sed -u -E \
      -e '/^Your Kubernetes control-plane has initialized successfully/,$ { /^Your/!d }' \
      -e '/^To start administering your cluster/,$ d' \
      -e 's/(^|[^a-z0-9.])[a-z0-9]{6}\.[a-z0-9]{16}($|[^a-z0-9.])/\1(hidden)\2/g' \
      -e 's/(^|[^a-z0-9:])[0-9a-f]{64}($|[^a-z0-9])/\1(hidden)\2/g' |
    tee "$WORK/output"
  read -r logged_status < "$WORK/status"
  return "$logged_status"
}

# The last lines that a command run by the two functions above printed, for a message. If apt printed errors, these are used, not the
# warnings after them.
last_words() {
  grep -e '^E: ' -e '^ctr: ' "$WORK/output" | uniq | tail -n 3 | one_line_input | grep . || words_at_end
}
words_at_end() {
  # without the lines that package managers add to every failure
  grep -v -e '^[[:space:]]*$' -e 'see the stack trace' -e '^The downloaded packages were saved in cache' \
    -e '^You can remove cached packages' \
    -e '^ *- \(MD5Sum\|SHA[0-9]*\|Filesize\):' -e 'maybe run apt-get update or try with --fix-missing' "$WORK/output" |
    tail -n 3 | one_line_input
}
one_line_input() { tr '\n\t' '  ' | sed 's/ *$//'; }

# Runs a command five times a second, until it succeeds or SECONDS have passed. Its output is dropped.
wait_until() { # SECONDS COMMAND ARGUMENT...
  wait_end=$(($(date +%s) + $1))
  shift
  until "$@" >/dev/null 2>&1 </dev/null; do
    if [ "$(date +%s)" -ge "$wait_end" ]; then return 1; fi
    sleep 0.2
  done
}

# Is version A older than version B?
older_version() { [ "$1" != "$2" ] && [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]; } # A B
