# shellcheck shell=sh
# Rules of iptables and nftables, sets, counters, links, routes, and the lines that pods add to files of the host.

# Rules, sets, links and routes. Runtime, kubelet, kube-proxy and network add some.
keep_network() {
  for keep_tables in $(tables_commands); do
    "$keep_tables-save" 2>/dev/null > "$WORK/rules" || true
    found iptables "$keep_tables" "$(packed < "$WORK/rules")"
  done
  ip -o link show 2>/dev/null | sed 's/^[0-9]*: *\([^:@]*\).*/\1/' | sort > "$WORK/links" || true
  found links all "$(packed < "$WORK/links")"
  if have nft; then
    nft_tables > "$WORK/tables" || true
    found nftables tables "$(packed < "$WORK/tables")"
  else
    found nftables tables unknown
  fi
  if have ipset; then
    ipset list -n 2>/dev/null | sort > "$WORK/sets" || true
    found ipsets names "$(packed < "$WORK/sets")"
  else
    found ipsets names unknown
  fi
  if have nfacct; then
    nfacct_names > "$WORK/counters" || true
    found nfacct names "$(packed < "$WORK/counters")"
  else
    found nfacct names unknown
  fi
  for keep_family in 4 6; do
    ip_rules "$keep_family" > "$WORK/rules"
    found ip-rules "$keep_family" "$(packed < "$WORK/rules")"
    ip_routes "$keep_family" > "$WORK/routes"
    found ip-routes "$keep_family" "$(packed < "$WORK/routes")"
  done
}

# FAMILY NAME of each table; iptables-nft's own are among them.
nft_tables() { nft list tables 2>/dev/null | awk '$1 == "table" { print $2, $3 }' | sort; }

# The counters of nfacct. A line of its list: { pkts = NUMBER, bytes = NUMBER } = NAME;
nfacct_names() { nfacct list 2>/dev/null | sed -n 's/^{.*} = \(.*\);$/\1/p' | sort; }

# Policy rules as `ip rule` takes them again, after their priority and a colon.
ip_rules() { ip "-$1" rule show 2>/dev/null | tr '\t' ' ' | sed 's/ *\[detached\]//g; s/ *$//' | sort || true; } # 4|6

# Routes of all tables, except those that the kernel maintains itself, and without fields that change over time.
ip_routes() { # 4|6
  ip "-$1" route show table all 2>/dev/null | grep -vE '^(local|broadcast|anycast|multicast) | table local( |$)' |
    sed -E 's/ (expires|users|age) [^ ]*//g; s/ (linkdown|dead)( |$)/ /g; s/ (linkdown|dead)( |$)/ /g; s/ *$//' | sort -u || true
}

# A file to which pods add lines. The lines of the host are recorded, so that the undo removes only those of pods.
keep_lines() { # FILE
  if [ -f "$1" ]; then found lines "${1#"$R"}" "$(packed < "$1")"; elif [ ! -e "$1" ]; then found lines "${1#"$R"}" absent; fi
}

# iptables has two backends; pods may use the one that the host does not use.
tables_commands() {
  for tables_command in iptables-nft iptables-legacy ip6tables-nft ip6tables-legacy; do
    if have "$tables_command-save"; then echo "$tables_command"; fi
  done | grep . || for tables_command in iptables ip6tables; do
    if have "$tables_command-save"; then echo "$tables_command"; fi
  done
}

# --- undo

# How chains of runtimes, of Kubernetes and of its networks are named.
OWN_CHAINS='^(DOCKER(-.*)?|KUBE-.*|CNI-.*|CNI|cali-.*|FLANNEL-.*|CILIUM_.*|OLD_CILIUM_.*|WEAVE.*)$'
OWN_COMMENTS='--comment "?(caravan: |kubernetes |kubernetes:|cali:|flanneld|cilium|name: |kube-router |allow (out|in)bound traffic (from|to) pods"|allow outbound node port traffic on node interface with which node ip is associated")'
OWN_LINKS='^(docker0|br-[0-9a-f]{12}|cni0|cbr0|kube-bridge|kube-ipvs0|kube-dummy-if|tun-[0-9a-f]{11}|nodelocaldns|flannel[.-].*|cali[0-9a-f]{11}|vxlan[.]calico|vxlan-v6[.]calico|wireguard[.]cali|wg-v6[.]cali|cilium_.*|lxc.*)$'
# FAMILY NAME: kube-proxy, flannel, Calico, kube-router, Cilium, the plugins portmap and bridge, Docker
OWN_TABLES='^(ip|ip6|inet|netdev|arp|bridge) (kube-proxy|flannel-ipv[46]|calico|cali-.*|kube-router-filter-ipv[46]|cilium.*|cni_hostport|cni_plugins_masquerade|docker-bridges)$'
# kube-proxy (ipvs) and kube-router's policies: KUBE-; kube-router; Calico; Cilium; Weave. TMP- is kube-router's name while it swaps
OWN_SETS='^(inet6:)?(KUBE-.*|TMP-[A-Z2-7]{16}|kube-router-.*|cali[46]0.*|cali[46]t.*|cilium_.*|weave-.*)$'
# kube-proxy's (kubernetes, pkg/proxy/metrics)
OWN_COUNTERS='ct_state_invalid_dropped_pkts|localhost_nps_accepted_pkts'
# kube-router's routing tables by name and by number, Cilium's by number
OWN_ROUTING_TABLES='^(kube-router|kube-router-dsr|external_ip|77|78|79|2004|2005)$'
OWN_ROUTING_LINES='^[0-9]+[ \t]+(kube-router|kube-router-dsr|external_ip)[ \t]*$'

# Removes rules that were not there and that have a form known from them. Rules that others have added since stay.
restore_rules() {
  was_found iptables || return 0
  # shellcheck disable=SC2094 # other files of that directory
  while IFS=$TAB read -r tables rules_packed; do
    have "$tables-save" || continue
    printf %s "$rules_packed" | unpacked > "$WORK/rules-before"
    take_rules "$tables" "$WORK/rules-before"
  done < "$FOUND/iptables"
}

take_rules() { # COMMAND FILE with the rules before
  "$1-save" > "$WORK/rules-now" 2>/dev/null || return 0
  doomed_links | paste -s -d '|' > "$WORK/doomed-links"
  awk -v chains="$OWN_CHAINS" -v comments="$OWN_COMMENTS" -v links="$(cat "$WORK/doomed-links")" -v sets="$OWN_SETS" '
    # a rule asks for a set of theirs: kube-router has rules that nothing else marks
    function asks_theirs(line,   i, n, w) {
      n = split(line, w, " ")
      for (i = 1; i < n; i++) if (w[i] == "--match-set" && w[i + 1] ~ sets) return 1
      return 0
    }
    function target(line,   part) { part = line; if (sub(/.* -[jg] /, "", part)) { sub(/ .*/, "", part); return part } return "" }
    /^\*/ { table = substr($1, 2) }
    FILENAME == ARGV[1] {
      if (/^:/) { chain_before[table, substr($1, 2)] = $2 }
      if (/^-A /) before[table, $0]++
      next
    }
    /^\*/ { tables[++count] = table }
    /^:/ {
      name = substr($1, 2)
      if (!((table, name) in chain_before) && name ~ chains) { doomed[table, name] = 1; names[table] = names[table] " " name }
      else if ($2 != "-" && ((table, name) in chain_before) && chain_before[table, name] != $2)
        policy[table] = policy[table] ":" name " " chain_before[table, name] " [0:0]\n"
    }
    /^-A / { rules[table] = rules[table] $0 "\n" }
    END {
      for (t = 1; t <= count; t++) {
        table = tables[t]; text = ""
        n = split(rules[table], rule, "\n")
        for (i = 1; i < n; i++) {
          split(rule[i], word, " ")
          if ((table, word[2]) in doomed) continue
          if (before[table, rule[i]] > 0) { before[table, rule[i]]--; continue }
          theirs = ((table, target(rule[i])) in doomed) || rule[i] ~ comments || asks_theirs(rule[i])
          if (!theirs && links != "") { padded = rule[i] " "; theirs = padded ~ (" -[io] (" links ") ") }
          if (theirs) { sub(/^-A/, "-D", rule[i]); text = text rule[i] "\n" }
        }
        m = split(names[table], chain, " ")
        for (i = 1; i <= m; i++) text = text "-F " chain[i] "\n"
        for (i = 1; i <= m; i++) text = text "-X " chain[i] "\n"
        if (text policy[table] != "") printf "*%s\n%s%sCOMMIT\n", table, policy[table], text
      }
    }' "$2" "$WORK/rules-now" > "$WORK/rules-away"
  [ -s "$WORK/rules-away" ] || return 0
  changing "remove rules of $1 ($(grep -c '^-[DF]' "$WORK/rules-away" || true))"
  logged_input "$WORK/rules-away" "$1-restore" --noflush || left_for_now "rules of $1: $(last_words)"
}

logged_input() { # FILE COMMAND ARGUMENT...
  logged_file=$1
  shift
  "$@" < "$logged_file" > "$WORK/output" 2>&1 || {
    cat "$WORK/output"
    return 1
  }
}

# Links that were not there and have a known name; also the ends of pods' veth pairs in a bridge that is removed.
doomed_links() {
  was_found links || return 0
  cut -f 2 "$FOUND/links" | head -n 1 | unpacked > "$WORK/links-before"
  ip -o link show 2>/dev/null | sed -E 's/^[0-9]*: *([^:@]*)(@[^:]*)?: (.*)/\1 \3/' > "$WORK/links-now"
  awk -v own="$OWN_LINKS" '
    FILENAME == ARGV[1] { before[$1] = 1; next }
    { name[FNR] = $1; count = FNR; for (i = 2; i < NF; i++) if ($i == "master") master[$1] = $(i + 1) }
    !before[$1] && $1 ~ own { doomed[$1] = 1 }
    END {
      for (i = 1; i <= count; i++)
        if (doomed[name[i]] || !before[name[i]] && name[i] in master && doomed[master[name[i]]]) print name[i]
    }' "$WORK/links-before" "$WORK/links-now"
}

restore_links() {
  doomed_links > "$WORK/links-doomed"
  while read -r link; do
    # removing one end of a veth pair removes the other
    ip link show dev "$link" >/dev/null 2>&1 || continue
    changing "remove the network link $link"
    ip link delete dev "$link" 2>"$WORK/output" || left_for_now "the network link $link: $(last_words)"
  done < "$WORK/links-doomed"
}

# The names that a host had; none are known if it had no command to list them.
names_before() { if [ "$1" != unknown ]; then printf %s "$1" | unpacked; fi; } # LIST|unknown

# Removes nftables tables that were not there and have a known name, and new tables of iptables-nft if they are empty.
restore_nftables() {
  was_found nftables || return 0
  tables_before=$(cut -f 2 "$FOUND/nftables" | head -n 1)
  if ! have nft; then
    without_command nft nftables "tables of nftables" nf_tables
    return 0
  fi
  names_before "$tables_before" > "$WORK/tables-before"
  nft_tables | comm -13 "$WORK/tables-before" - > "$WORK/tables-new" || true
  while read -r table_family table_name; do
    if printf '%s %s\n' "$table_family" "$table_name" | grep -qE -e "$OWN_TABLES" || { [ "$tables_before" != unknown ] &&
      emptied_table; }; then
      changing "remove the nftables table $table_family $table_name"
      nft delete table "$table_family" "$table_name" > "$WORK/output" 2>&1 </dev/null ||
        left_for_now "the nftables table $table_family $table_name: $(last_words)"
    fi
  done < "$WORK/tables-new"
}

# iptables makes its tables and chains with the first rule, and does not remove them with the last.
emptied_table() {
  case $table_family.$table_name in
    ip.filter | ip.nat | ip.mangle | ip.raw | ip.security | ip6.filter | ip6.nat | ip6.mangle | ip6.raw | ip6.security) ;;
    *) return 1 ;;
  esac
  nft -s list table "$table_family" "$table_name" > "$WORK/table" 2>/dev/null </dev/null || return 1
  ! grep -qvE '^(#.*|table [a-z0-9]+ [a-z]+ [{]|[[:space:]]*chain (INPUT|OUTPUT|FORWARD|PREROUTING|POSTROUTING) [{]|[[:space:]]*type [a-z]+ hook [a-z]+ priority [^;]+; policy accept;|[[:space:]]*[}]|[[:space:]]*)$' "$WORK/table"
}

# Without the command, the host cannot list them. What pods made with the command of their images stays until the next boot.
# The step's result names it, unless the kernel module is not loaded: then nothing can be there.
without_command() { # COMMAND PACKAGE WHAT MODULE
  without_text="this host has no $1: if the network or kube-proxy made $3, they stay until the next boot, or until the package $2 is there"
  without_text="$without_text and caravan reset runs again"
  say "$without_text"
  if may_be_in_kernel "$4"; then echo "$without_text" >> "$WORK/unseen"; fi
}
# iptables-nft uses nf_tables; if the kernel has it built in, the list of modules does not name it.
may_be_in_kernel() { # MODULE
  if [ ! -r "$R/proc/modules" ] || grep -q "^$1 " "$R/proc/modules" || [ -d "$R/sys/module/$1" ]; then return 0; fi
  [ "$1" = nf_tables ] && { have iptables-nft-save || iptables --version 2>/dev/null | grep -q nf_tables; }
}

# Removes sets that were not there and have a known name, after the rules that use them; sets of sets first. The kernel may release one
# only after a moment.
restore_ipsets() {
  was_found ipsets || return 0
  sets_before=$(cut -f 2 "$FOUND/ipsets" | head -n 1)
  if ! have ipset; then
    without_command ipset ipset "ipsets" ip_set
    return 0
  fi
  names_before "$sets_before" > "$WORK/sets-before"
  for sets_round in 1 2 3 4; do
    ipset list -n 2>/dev/null | sort | comm -13 "$WORK/sets-before" - | grep -E -e "$OWN_SETS" > "$WORK/sets-doomed" || return 0
    [ "$sets_round" != 1 ] || changing "remove ipsets ($(grep -c . "$WORK/sets-doomed"))"
    : > "$WORK/sets-words"
    while read -r set_name; do
      if [ "$sets_round" = 4 ]; then
        left_for_now "the ipset $set_name: $(one_line_input < "$WORK/sets-last")"
      else
        ipset destroy "$set_name" >> "$WORK/sets-words" 2>&1 </dev/null || true
      fi
    done < "$WORK/sets-doomed"
    tail -n 1 "$WORK/sets-words" > "$WORK/sets-last"
    if [ "$sets_round" = 2 ]; then sleep 0.5; fi
  done
}

# Removes the nfacct counters of kube-proxy (iptables, 1.32 and later), after the rules that use them. Nothing else removes them, not even
# kube-proxy --cleanup. Without the command, the host cannot list them.
restore_nfacct() {
  was_found nfacct || return 0
  counters_before=$(cut -f 2 "$FOUND/nfacct" | head -n 1)
  if ! have nfacct; then
    # few hosts have it
    if grep -qs '^nfnetlink_acct ' "$R/proc/modules"; then without_command nfacct nfacct "counters of nfacct" nfnetlink_acct; fi
    return 0
  fi
  names_before "$counters_before" > "$WORK/counters-before"
  nfacct_names | comm -13 "$WORK/counters-before" - | grep -xE -e "$OWN_COUNTERS" > "$WORK/counters-doomed" || return 0
  changing "remove counters of nfacct ($(grep -c . "$WORK/counters-doomed"))"
  while read -r counter; do
    nfacct delete "$counter" > "$WORK/output" 2>&1 </dev/null || left_for_now "the nfacct counter $counter: $(last_words)"
  done < "$WORK/counters-doomed"
}

# Is a prefix inside one of the pod networks? Of both families; for awk programs.
INSIDE_PODS='
  function bits(address, length_,   i, n, part, head, tail, text, digit, all) {
    if (address ~ /^[0-9]+[.][0-9]+[.][0-9]+[.][0-9]+$/) {
      split(address, part, "."); all = "4"
      for (i = 1; i <= 4; i++)
        for (digit = 128; digit >= 1; digit /= 2) { all = all (part[i] >= digit ? "1" : "0"); if (part[i] >= digit) part[i] -= digit }
      return substr(all, 1, length_ + 1)
    }
    if (address !~ /^[0-9a-fA-F:]*:[0-9a-fA-F:]*$/) return ""
    n = index(address, "::"); head = n ? substr(address, 1, n - 1) : address; tail = n ? substr(address, n + 2) : ""
    text = groups(head); tail = groups(tail)
    while (length(text) + length(tail) < 32) text = text "0"
    text = tolower(text tail); all = "6"
    for (i = 1; i <= 32; i++) {
      n = index("0123456789abcdef", substr(text, i, 1)) - 1
      all = all (n >= 8) (n % 8 >= 4) (n % 4 >= 2) (n % 2)
    }
    return substr(all, 1, length_ + 1)
  }
  function groups(text,   i, n, part, all) {
    if (text == "") return ""
    n = split(text, part, ":")
    for (i = 1; i <= n; i++) all = all substr("0000" part[i], length(part[i]) + 1)
    return all
  }
  function inside_pods(prefix, subnets,   i, n, subnet, net, to, size) {
    split(prefix, to, "/"); n = split(subnets, subnet, ",")
    for (i = 1; i <= n; i++) {
      split(subnet[i], net, "/"); size = to[2] == "" ? 128 : to[2] + 0
      if (net[2] != "" && size >= net[2] + 0 && bits(to[1], net[2]) != "" && bits(to[1], net[2]) == bits(net[1], net[2])) return 1
    }
    return 0
  }'

# Removes policy rules that were not there and that use one of their tables or are for addresses of pods. Restores the kernel's three
# rules.
restore_ip_rules() {
  was_found ip-rules || return 0
  while IFS=$TAB read -r ip_family rules_packed; do
    printf %s "$rules_packed" | unpacked > "$WORK/rules-before"
    ip_rules "$ip_family" > "$WORK/rules-now"
    comm -23 "$WORK/rules-before" "$WORK/rules-now" |
      grep -E '^(0: from all lookup local|32766: from all lookup main|32767: from all lookup default)$' > "$WORK/rules-lost" || true
    while IFS=: read -r rule_priority rule; do
      changing "set the policy rule $rule_priority:$rule again"
      # shellcheck disable=SC2086 # words of a rule
      ip "-$ip_family" rule add pref "$rule_priority" $rule 2>"$WORK/output" ||
        left_for_now "the policy rule $rule_priority:$rule: $(last_words)"
    done < "$WORK/rules-lost"
    # Cilium moves the first of them to 100
    comm -13 "$WORK/rules-before" "$WORK/rules-now" | awk -v subnets="${POD_SUBNET:-}" -v own="$OWN_ROUTING_TABLES" \
      -v moved="$(grep -c '^0: ' "$WORK/rules-lost" || true)" "$INSIDE_PODS"'
      {
        theirs = moved > 0 && /^100: from all lookup local( |$)/
        for (i = 2; i < NF; i++) {
          if ($i == "lookup" && $(i + 1) ~ own) theirs = 1
          if (($i == "from" || $i == "to") && inside_pods($(i + 1), subnets)) theirs = 1
        }
        if (theirs) print
      }' > "$WORK/rules-doomed"
    while IFS=: read -r rule_priority rule; do
      changing "remove the policy rule $rule_priority:$rule"
      # shellcheck disable=SC2086 # words of a rule
      ip "-$ip_family" rule delete pref "$rule_priority" $rule 2>"$WORK/output" ||
        left_for_now "the policy rule $rule_priority:$rule: $(last_words)"
    done < "$WORK/rules-doomed"
  done < "$FOUND/ip-rules"
}

# Removes routes that were not there, in all tables: those into the pod network, and those in one of their tables.
restore_routes() {
  # the form of earlier versions: routes of one table
  if was_found routes; then
    cut -f 2 "$FOUND/routes" | head -n 1 | unpacked > "$WORK/routes-before"
    ip -4 route show 2>/dev/null | sed 's/ *$//' | sort > "$WORK/routes-now"
    take_routes 4
  fi
  was_found ip-routes || return 0
  while IFS=$TAB read -r ip_family routes_packed; do
    printf %s "$routes_packed" | unpacked > "$WORK/routes-before"
    ip_routes "$ip_family" > "$WORK/routes-now"
    take_routes "$ip_family"
  done < "$FOUND/ip-routes"
}

take_routes() { # 4|6
  comm -13 "$WORK/routes-before" "$WORK/routes-now" | awk -v subnets="${POD_SUBNET:-}" -v own="$OWN_ROUTING_TABLES" "$INSIDE_PODS"'
    {
      to = ($1 ~ /^(blackhole|unreachable|prohibit|throw|unicast)$/) ? $2 : $1
      theirs = inside_pods(to, subnets)
      for (i = 2; i < NF; i++) if ($i == "table" && $(i + 1) ~ own) theirs = 1
      if (theirs) print
    }' > "$WORK/routes-doomed"
  while read -r route; do
    changing "remove the route $route"
    # shellcheck disable=SC2046 # words of a route
    ip "-$1" route delete $(echo "$route" | sed 's/ linkdown//g; s/ dead//g') 2>"$WORK/output" ||
      left_for_now "the route $route: $(last_words)"
  done < "$WORK/routes-doomed"
}

# Removes lines that pods added to a file of the host. Other lines that were added since stay.
restore_lines() {
  was_found lines || return 0
  while IFS=$TAB read -r lines_path lines_before; do
    lines_file=$R$lines_path
    [ -f "$lines_file" ] || continue
    if [ "$lines_before" = absent ]; then : > "$WORK/lines-before"; else printf %s "$lines_before" | unpacked > "$WORK/lines-before"; fi
    awk -v own="$OWN_ROUTING_LINES" '
      FILENAME == ARGV[1] { before[$0]++; next }
      before[$0] > 0 { before[$0]--; print; next }
      $0 !~ own { print }' "$WORK/lines-before" "$lines_file" > "$WORK/lines-after"
    if [ "$lines_before" = absent ] && [ ! -s "$WORK/lines-after" ]; then
      changing "remove $lines_path"
      rm -f "$lines_file" || left "the file $lines_path"
    elif [ "$(grep -c '' "$WORK/lines-after")" != "$(grep -c '' "$lines_file")" ]; then
      changing "remove the pod network's lines from $lines_path"
      lines_temporary=$lines_file.caravan.$$
      if ! cp -p "$lines_file" "$lines_temporary" || ! cat "$WORK/lines-after" > "$lines_temporary" ||
        ! mv -f "$lines_temporary" "$lines_file"; then
        rm -f "$lines_temporary"
        left "the pod network's lines in $lines_path"
      fi
    fi
  done < "$FOUND/lines"
}
