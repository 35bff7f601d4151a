# shellcheck shell=sh
# What the step scripts share. Each of them sources it; it is never run alone:
#
#     . "${CARAVAN_LIB:-$(dirname "$0")}/lib.sh"
#
# A step looks before it acts. It reports each change by `change`, and records what it finds before the change by the keep_* functions.
# It ends with 0, or by `skip`, `fail`, `command_failed` or `fail_for_now`. Results are written to the file $CARAVAN_RESULT, one line
# each, with tabs between the fields. If a script is run by hand, without that variable, it prints them (of a secret only the name).
#
# It has a part in lib/ for each subject. What records a state is there beside what restores it, which follows the line "# --- undo".
# A host is sent one file: in place of a line that sources a part, the engine puts the text of the part before that line. In undo-lib.sh
# it puts the text after it.
#
# State found before a change (what an undo needs; `found KIND KEY STATE...`). These lines are not kept until the step ends: they are
# written to its log at once, so that they are recorded even if the host fails during the step.
#     found file PATH absent                        found file PATH MODE UID:GID CONTENT-IN-BASE64
#     found link PATH TARGET                        found directory PATH absent
#     found tree PATH absent                        found tree PATH MODE UID:GID DEPTH NAMES      what is added later is removed
#     found reader PATH UNIT                        the unit reads that file when it starts
#     found unit NAME ENABLED ACTIVE                as systemctl is-enabled and is-active print them
#     found packages ATTEMPT NAME=VERSION-LIST      all of them;   found installing ARGUMENT... -
#     found package NAME=VERSION came|went          after the installation; then: found packages-done ATTEMPT -
#     found accounts ATTEMPT LIST                   found account user:NAME|group:NAME came
#     found hold PACKAGE absent                     apt-mark
#     found rpm-key gpg-pubkey-VERSION KEY-IN-BASE64    the key that a newer one of the same name replaced
#     found sysctl KEY VALUE                        found module NAME absent
#     found swap DEVICE PRIORITY                    found selinux mode Enforcing|Permissive
#     found iptables COMMAND RULES                  as COMMAND-save prints them
#     found nftables tables LIST|unknown            FAMILY NAME of each; unknown: the host has no nft
#     found ipsets names NAMES|unknown              found nfacct names NAMES|unknown     the counters of nfacct
#     found links all NAMES
#     found ip-rules 4|6 LINES                      found ip-routes 4|6 LINES                           of all tables but local
#     found lines PATH absent|LINES                 only added lines of a known form are removed
#     found image NAME absent                       found images RUNTIME IDS
#     found label NODE/KEY absent|set VALUE         found taint NODE/KEY:EFFECT absent|VALUE
#     found annotation NODE/KEY absent|set VALUE
#     found config-map NAMESPACE/NAME YAML
#     found server PATH|KIND/NAMESPACE/NAME URL     the server in that kubeconfig, or in an object of the cluster
#     found manifest NAME absent|OBJECTS MANIFEST   the objects that were there before, and what is applied now; no secrets
#     found upgrade CLUSTER VERSION                 the control plane was upgraded: a rollback is not possible any more
#     found runtime NAME absent                     found cluster NAME absent            found node NAME absent
#     found saved DIRECTORY -                       copies of files with keys, which stay on the host (certificates-renew)
# LIST, NAMES, RULES, IDS, LINES and YAML are packed by gzip and base64. If a step records one KIND and KEY several times, the first line
# counts: a second attempt finds what the first one left.

set -eu
umask 022
LC_ALL=C
export LC_ALL

# Every path of the host is written "$R/etc/...": R is empty on a real host and a scratch directory in a rehearsal.
R=${CARAVAN_ROOT:-}
# the log, also for functions whose standard output is redirected
exec 3>&1
# What the shell does itself starts no process: each of these functions is called by many steps on many hosts.
TAB='	'
NEWLINE='
'

. "${CARAVAN_LIB:-$(dirname "$0")}/lib/result.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/lib/command.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/lib/proxy.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/lib/file.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/lib/unit.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/lib/package.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/lib/repository.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/lib/bundle.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/lib/network.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/lib/kernel.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/lib/runtime.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/lib/node.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/lib/cluster.sh"
. "${CARAVAN_LIB:-$(dirname "$0")}/lib/lock.sh"

# A plan changes nothing, and takes no lock.
if [ -n "${LOCK_RUN:-}" ] && ! planning; then hold_lock; fi

if [ -n "${BUNDLE_URL:-}" ] && [ -d "$BUNDLE" ]; then use_bundle; fi
