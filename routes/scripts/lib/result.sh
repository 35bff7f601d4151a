# shellcheck shell=sh
# What a step says: results, changes, problems, and what it found before a change. Also its own directory.

result() { # FIELD...: one result line
  if [ -n "${CARAVAN_RESULT:-}" ]; then
    result_line=$1
    shift
    for result_field in "$@"; do result_line=$result_line$TAB$result_field; done
    if [ -f "$CARAVAN_RESULT" ]; then
      printf '%s\n' "$result_line" >> "$CARAVAN_RESULT"
    else
      (umask 077 && printf '%s\n' "$result_line" >> "$CARAVAN_RESULT")
    fi
  else
    case $1 in
      secret) echo "secret $2 (not shown)" ;;
      text) echo "output $2 = $3" ;;
      output) echo "output $2 = $(printf %s "$3" | base64 -d)" ;;
      *) ;; # printed already
    esac
  fi
}

one_line() { printf %s "$*" | tr '\n\t' '  '; }
result_text() { # FIELD TEXT: the text in one line
  case $2 in
    *"$TAB"* | *"$NEWLINE"*) result "$1" "$(one_line "$2")" ;;
    *) result "$1" "$2" ;;
  esac
}

# Is this only a look at what would change?
planning() { [ "${CARAVAN_PLAN:-}" = 1 ]; }

# Announces a change; false in plan mode: if change "turn swap off"; then swapoff -a; fi
change() { # TEXT
  result_text change "$*"
  if planning; then
    echo "would $*"
    return 1
  fi
  echo "$*"
}

# In a plan, shows the effect of the change that was announced just before: the text as it is, and as it would be.
would_differ() { # SUBJECT OLD NEW
  planning || return 0
  printf -- '-%s\n+%s\n' "$2" "$3" | tee "$WORK/diff"
  result diff "$1" "$(base64 -w0 < "$WORK/diff")"
}

# Reports what is done, or waited for, from now on.
say() { echo "== $*"; } # TEXT

# Nothing to do here, and why. Ends the step.
skip() { # TEXT
  result_text skip "$*"
  echo "skipped: $*"
  exit 0
}

fail_with() { # STATUS TEXT [REMEDY]
  result_text problem "$2"
  echo "failed: $2"
  if [ -n "${3:-}" ]; then
    result_text remedy "$3"
    echo "$3"
  fi
  exit "$1"
}
fail() { fail_with 1 "$@"; } # TEXT [REMEDY]: a permanent error
fail_for_now() { fail_with 75 "$@"; } # TEXT [REMEDY]: a time limit of the script expired; a transient error
# The command whose output is in $WORK/output failed. failures.yaml decides by this output alone whether the error is transient. If a
# rule there has a remedy, it is used instead of this one.
command_failed() { # TEXT [REMEDY]
  result words "$(tail -n 30 "$WORK/output" | tail -c 8000 | base64 -w0)"
  fail "$@"
}

output() { # NAME VALUE
  case $2 in
    *[!\ -~]*) result output "$1" "$(printf %s "$2" | base64 -w0)" ;;
    *) result text "$1" "$2" ;; # a line of printable ASCII
  esac
}
secret() { result secret "$1" "$(base64 -w0)"; } # NAME, the value on standard input
# What people read at the end of the run, beside that of other hosts: a line of headings, then lines; tabs separate the fields.
report() { output report "$(head -n 500 "$1" | head -c 65536)"; } # FILE

# A directory that only root can read; it is removed when the step ends.
if [ -n "${CARAVAN_RESULT:-}" ]; then
  WORK=${CARAVAN_RESULT%/*}/work.$$
  mkdir -m 0700 "$WORK"
else
  WORK=$(mktemp -d)
fi

# A script may define its own: what it has to clean up when it ends, whether it succeeds or fails.
on_exit() { :; }

# An empty directory is removed with the other files of the step.
remove_work() {
  if [ -n "${CARAVAN_RESULT:-}" ]; then
    set -- "$WORK"/* "$WORK"/.[!.]*
    if [ "$*" = "$WORK/* $WORK/.[!.]*" ]; then return 0; fi
  fi
  rm -rf "$WORK"
}

at_exit() {
  exit_status=$?
  trap - EXIT
  on_exit || true
  kept_packages || true
  remove_work
  exit "$exit_status"
}
trap at_exit EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

found() { # KIND KEY STATE...
  if [ -n "${CARAVAN_RESULT:-}" ]; then
    found_line=caravan-found
    for found_field in "$@"; do found_line=$found_line$TAB$found_field; done
    printf '%s\n' "$found_line" >&3
  else
    echo "found $1 $2"
  fi
}

packed() { gzip -9nc | base64 -w0; }
unpacked() { base64 -d | gzip -dc; }
