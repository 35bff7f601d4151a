'use strict';
/* The clusters that the journal knows, and one of them: its nodes as they are now, certificates, backups, what the last plan would
   change. One file although it is long: each part of the view reads the same cluster, and begins its changes in the same way. */

const SOON = 60;

const clusters = {
  asked: '',

  async show(name) {
    this.asked = name || '';
    const asked = this.asked;
    if (!newRun.actions.length) await newRun.readActions();
    const shown = name ? await this.named(name) : this.all((await ask('/clusters')).clusters);
    if (this.asked !== asked) return;
    byId('clusters').replaceChildren(
      el('a', {class: 'back', href: name ? '#/clusters' : '#/', text: name ? 'All clusters' : 'All runs'}),
      ...shown,
    );
    if (name && byId('live-nodes')) this.readAll(name);
  },

  async named(name) {
    const names = shows => newRun.actions.filter(action => action.shows === shows).map(action => action.name);
    const runs = filter => ask('/runs?' + new URLSearchParams({cluster: name, limit: 20, ...filter})).then(answer => answer.runs);
    try {
      const [cluster, last, made, [seen]] = await Promise.all([
        ask('/clusters/' + encodeURIComponent(name)),
        runs({}),
        Promise.all(names('spec').map(action => runs({action, state: 'succeeded', limit: 1}))),
        preview.seen(runs),
      ]);
      // The spec of an adoption only names the host that was looked at; that of a plan may never have been applied.
      this.cluster = cluster;
      // One that was applied but for some hosts counts as well, if it is the newest.
      const [applied] = last
        .filter(run => names('spec').includes(run.action) && ['succeeded', 'partly'].includes(run.state))
        .concat(...made)
        .sort((one, other) => (one.createdAt < other.createdAt ? 1 : -1));
      const about = last.filter(run => !names('nothing').includes(run.action));
      this.of = (applied || about.find(run => !names('drift').includes(run.action)) || about[0] || cluster.lastRun).id;
      return this.one(cluster, last, seen);
    } catch (problem) {
      if (problem.status !== 404) throw problem;
      return [el('h1', {text: name}), el('p', {class: 'soft', text: 'The journal has no run of this cluster.'})];
    }
  },

  all(known) {
    if (!known.length) {
      return [
        el('h1', {text: 'Clusters'}),
        el(
          'p',
          {},
          el('span', {class: 'soft', text: 'No clusters yet. '}),
          el('a', {href: '#/new', text: 'Write a spec'}),
          el('span', {class: 'soft', text: ', or '}),
          el('a', {href: '#/', text: 'try an example'}),
          el('span', {class: 'soft', text: '.'}),
        ),
        el('p', {class: 'soft', text: 'To take over a cluster that kubeadm made:'}),
        command('caravan adopt USER@HOST'),
      ];
    }
    return [
      el('h1', {text: 'Clusters'}),
      scrolling(
        'Clusters',
        table(
          ['cluster', 'Kubernetes', 'nodes', 'certificates', 'newest backup', 'last run'],
          known.map(cluster => [
            el('a', {href: '#/clusters/' + encodeURIComponent(cluster.name), text: cluster.name}),
            cluster.version || '',
            String(cluster.nodes.length || ''),
            days(cluster.certificateDays),
            cluster.backups.length ? age(cluster.backups[0].createdAt) : 'none',
            runLink(cluster.lastRun),
          ]),
        ),
      ),
    ];
  },

  one(cluster, runs, seen) {
    return [
      el(
        'div',
        {class: 'head'},
        el('h1', {}, cluster.name, cluster.version ? el('span', {class: 'tag', text: 'Kubernetes ' + cluster.version}) : null),
        el('div', {class: 'actions'}, ...this.buttons(cluster)),
        this.drift(cluster),
        el('p', {class: 'problem', role: 'alert', id: 'cluster-problem', hidden: true}),
      ),
      el('h2', {text: 'Nodes'}),
      el(
        'p',
        {id: 'live-state', role: 'status'},
        cluster.kubeconfig
          ? 'Asking the cluster.'
          : 'The cluster is not asked: the data directory has no kubeconfig of it. This is what the last run saw.',
      ),
      el('div', {id: 'live-nodes'}, ...this.nodes(cluster, null)),
      el('h2', {text: 'Certificates'}),
      el('div', {id: 'certificates'}, ...this.certificates(cluster, seen)),
      el('h2', {text: 'Backups'}),
      ...this.backups(cluster),
      el('h2', {text: 'Access'}),
      ...this.access(cluster),
      el('h2', {text: 'Last runs'}),
      scrolling(
        'Last runs',
        table(
          ['run', 'action', 'begun', 'took'],
          runs
            .slice(0, 10)
            .map(run => [runLink(run), run.action, when(run.createdAt), run.endedAt ? since(run.createdAt, run.endedAt) : '']),
        ),
      ),
      el(
        'details',
        {
          id: 'cluster-spec',
          ontoggle: event => {
            if (event.target.open) page.safely(() => this.spec());
          },
        },
        el('summary', {text: 'The spec that it was made from'}),
        el(
          'p',
          {},
          el('a', {href: to(this.of, newRun.offered.spec || ''), text: 'Change it'}),
          el('span', {class: 'soft', text: ' as run ' + this.of + ' had it; the journal keeps no secrets'}),
        ),
        el('pre', {class: 'diff', tabindex: '0', 'aria-label': 'Spec'}),
      ),
      el(
        'details',
        {},
        el('summary', {text: 'All actions'}),
        el(
          'ul',
          {class: 'choices'},
          ...newRun.actions
            .filter(action => !['drift', 'nothing'].includes(action.shows) && action.undoes !== 'run')
            .map(action =>
              el('li', {}, el('a', {href: to(this.of, action.name), text: action.name}), el('span', {class: 'soft', text: action.title})),
            ),
        ),
      ),
    ];
  },

  /** What fits: a cluster that was reset, or never came up, is made first. */
  buttons(cluster) {
    const button = (id, text, role, work) =>
      el('button', {type: 'button', id, text, ...caller.allowing(role), onclick: event => page.safely(() => work(event.currentTarget))});
    const make = to(this.of, newRun.offered.spec || '');
    if (!cluster.nodes.length) return [el('a', {class: 'button strong', id: 'do-make', href: make, text: 'Make it with its spec'})];
    return [
      button('do-upgrade', 'Upgrade', 'operate', opener => this.upgrade(cluster, opener)),
      button('do-add', 'Add a host', 'operate', opener => this.add(cluster, opener)),
      newRun.offered.renewal && button('do-renew', 'Renew certificates', 'operate', opener => this.renew(cluster, opener)),
      newRun.offered.backup && button('do-backup', 'Back up', 'operate', opener => this.backUp(cluster, opener)),
    ].filter(Boolean);
  },

  /** What the last plan would change, and whether something was changed since. */
  drift(cluster) {
    const check = el('button', {
      type: 'button',
      class: 'quiet',
      id: 'do-plan',
      text: 'Plan now',
      ...caller.allowing('operate'),
      hidden: !newRun.offered.plan,
      onclick: () => this.tried(() => this.begin(newRun.offered.plan, [])),
    });
    if (!cluster.drift)
      return el(
        'p',
        {class: 'about', id: 'drift'},
        el('span', {text: 'Not planned yet: whether the cluster is as its spec says is not known.'}),
        check,
      );
    const {run, createdAt, changes, hosts, changedSince} = cluster.drift;
    const words = changes
      ? plural(changes, 'change') + (hosts.length ? ' on ' + (hosts.length > 3 ? plural(hosts.length, 'host') : hosts.join(', ')) : '')
      : 'nothing to change';
    const state = changedSince ? 'skipped' : changes ? 'changed' : 'ok';
    return el(
      'p',
      {class: 'about', id: 'drift'},
      el(
        'span',
        {class: state},
        icon(state),
        ' Plan ',
        el('a', {href: '#/runs/' + encodeURIComponent(run) + '/plan', text: run}),
        ' of ' + when(createdAt) + ': ' + words,
      ),
      changedSince
        ? el('span', {}, 'changed since by run ', el('a', {href: '#/runs/' + encodeURIComponent(changedSince), text: changedSince}))
        : null,
      check,
    );
  },

  // ---- nodes

  readAll(name) {
    if (this.cluster.kubeconfig) this.tried(() => this.readNodes(name));
    if (this.cluster.backups.length) this.tried(() => this.verify(name));
  },

  async readNodes(name) {
    const cluster = this.cluster;
    let live = null;
    let why = '';
    try {
      live = await ask('/clusters/' + encodeURIComponent(name) + '/nodes');
    } catch (problem) {
      if (!problem.status) throw problem;
      why = problem.message;
    }
    if (this.asked !== name || this.cluster !== cluster) return;
    const state = byId('live-state');
    const again = el('button', {
      type: 'button',
      class: 'quiet',
      text: 'Ask again',
      onclick: () => {
        state.replaceChildren('Asking the cluster.');
        state.className = '';
        this.tried(() => this.readNodes(name));
      },
    });
    state.className = live ? 'soft' : 'failed problem';
    state.replaceChildren(
      live ? 'As the cluster had them at ' + clockTime(live.at) + '.' : why + ' This is what the last run saw.',
      ' ',
      again,
    );
    byId('live-nodes').replaceChildren(...this.nodes(cluster, live && live.nodes));
  },

  /** The nodes of both: what the cluster has and no run knows is shown, and what is known and the cluster lacks. */
  nodes(cluster, live) {
    const known = new Map(cluster.nodes.map(node => [node.name, node]));
    const now = new Map((live || []).map(node => [node.name, node]));
    const names = [...new Set([...known.keys(), ...now.keys()])];
    if (!names.length) return [el('p', {class: 'soft', text: 'None is known: no run has brought it up, or it was reset.'})];
    return [
      scrolling(
        'Nodes',
        table(
          ['node', 'state', 'roles', 'kubelet', 'taints', 'address', 'certificates', ''],
          names.map(name => {
            const [was, is] = [known.get(name), now.get(name)];
            return [
              el('b', {text: name}),
              live ? this.state(is) : '',
              (is ? (is.roles.length ? is.roles : ['worker']) : was.roles).join(', '),
              (is || was).version || '',
              is ? el('span', {class: 'taints'}, ...is.taints.map(text => el('code', {text}))) : '',
              was ? was.address : '',
              was ? days(was.certificateDays) : '',
              was
                ? el('button', {
                    type: 'button',
                    class: 'quiet',
                    text: 'Remove',
                    'aria-label': 'Remove ' + name,
                    ...caller.allowing('operate'),
                    onclick: event => this.remove(name, event.currentTarget),
                  })
                : el('span', {class: 'soft', text: 'not in the spec'}),
            ];
          }),
        ),
      ),
    ];
  },

  state(node) {
    if (!node) return el('b', {class: 'problem', text: 'not in the cluster'});
    const ready = node.ready === 'True';
    return el(
      'span',
      {class: 'run-link ' + (ready ? 'ok' : 'failed'), title: node.message},
      icon(ready ? 'ok' : 'failed'),
      ready ? ' Ready' : node.ready === 'Unknown' ? ' unknown' : ' not Ready',
      node.unschedulable ? ', cordoned' : '',
      !ready && node.message ? el('span', {class: 'soft', text: ': ' + node.message}) : null,
    );
  },

  // ---- certificates, backups, access

  certificates(cluster, seen) {
    const least = cluster.certificateDays;
    const read = el('button', {
      type: 'button',
      id: 'do-certificates',
      class: 'quiet',
      text: 'Read them',
      ...caller.allowing('operate'),
      hidden: !newRun.offered.certificates,
      onclick: () => this.tried(() => this.begin(newRun.offered.certificates, [])),
    });
    const said = el(
      'p',
      {},
      least === undefined
        ? 'Not seen yet: ' + [newRun.offered.plan, newRun.offered.certificates].filter(Boolean).join(' or ') + ' reads them. '
        : el('span', {}, 'The first that is not renewed by itself: ', days(least), '. '),
      read,
    );
    if (!seen) return [said];
    const all = el(
      'details',
      {
        ontoggle: event => {
          if (event.target.open) page.safely(() => this.report(event.target, seen.id));
        },
      },
      el('summary', {text: 'All certificates, as of ' + when(seen.createdAt)}),
    );
    return [said, all];
  },

  /** What the run gave people to read, of all hosts; the first column of numbers decides the order. */
  async report(place, id) {
    const run = await ask('/runs/' + encodeURIComponent(id));
    const steps = run.steps.filter(step => step.report);
    if (!steps.length || place.childElementCount > 1) return;
    const left = steps[0].report.columns.indexOf('days left');
    const rows = steps
      .flatMap(step => step.report.rows.map(row => [step.host, ...row]))
      .sort((one, other) => (Number(one[left + 1]) || 0) - (Number(other[left + 1]) || 0));
    place.append(
      scrolling(
        'Certificates',
        table(
          ['host', ...steps[0].report.columns],
          rows.map(row =>
            row.map((cell, at) => (at === left + 1 && Number(cell) <= SOON ? el('b', {class: 'problem', text: cell}) : cell)),
          ),
        ),
      ),
    );
  },

  backups(cluster) {
    if (!cluster.backups.length) return [el('p', {class: 'soft', text: 'None yet.'})];
    return [
      scrolling(
        'Backups',
        table(
          ['backup', 'age', 'Kubernetes', 'etcd revision', 'size', 'file', ''],
          cluster.backups.map(backup => [
            backup.id,
            el('span', {title: when(backup.createdAt), text: age(backup.createdAt)}),
            backup.version,
            String(backup.revision),
            size(backup.bytes) + (backup.encrypted ? ', encrypted' : ''),
            el('span', {'data-verified': backup.id, class: 'soft', text: 'is read'}),
            el('button', {
              type: 'button',
              class: 'quiet',
              text: 'Restore',
              'aria-label': 'Restore ' + backup.id,
              hidden: !newRun.offered.restore,
              ...caller.allowing('admin'),
              onclick: event => this.restore(cluster, backup, event.currentTarget),
            }),
          ]),
        ),
      ),
    ];
  },

  /** One file after the other: each is read whole. */
  async verify(name) {
    for (const backup of this.cluster.backups) {
      const [answer] = (await ask('/clusters/' + encodeURIComponent(name) + '/backups?backup=' + encodeURIComponent(backup.id))).backups;
      if (this.asked !== name) return;
      const place = document.querySelector('[data-verified="' + CSS.escape(backup.id) + '"]');
      if (!place || !answer) continue;
      place.className = answer.good ? 'run-link ok' : 'run-link failed';
      place.replaceChildren(icon(answer.good ? 'ok' : 'failed'), answer.good ? ' as it was saved' : ' ' + answer.problem);
    }
  },

  access(cluster) {
    if (!cluster.kubeconfig) return [el('p', {class: 'soft', text: 'The data directory has no kubeconfig.'})];
    const can = caller.token ? caller.allowing('admin') : {disabled: true, title: 'This needs a token.'};
    return [
      el(
        'p',
        {class: 'tools'},
        el('button', {
          type: 'button',
          id: 'kubeconfig-download',
          ...can,
          text: 'Download the kubeconfig',
          onclick: () => this.tried(async () => save(await this.kubeconfig(cluster), cluster.name + '.kubeconfig', 'application/yaml')),
        }),
        el('button', {
          type: 'button',
          id: 'kubeconfig-copy',
          ...can,
          text: 'Copy it',
          onclick: event => {
            const copy = event.currentTarget;
            this.tried(async () => {
              await copyText(await this.kubeconfig(cluster));
              setText(copy, 'Copied');
            });
          },
        }),
        el('span', {
          class: 'soft',
          text: caller.token
            ? 'It allows anything in the cluster.'
            : 'A kubeconfig is given only by an engine that asks for a token or a login.',
        }),
      ),
    ];
  },

  kubeconfig(cluster) {
    return askText('/clusters/' + encodeURIComponent(cluster.name) + '/kubeconfig');
  },

  async spec() {
    const text = await this.text();
    byId('cluster-spec')
      .querySelector('pre')
      .replaceChildren(...text.split('\n').flatMap(line => [...coloured(line), '\n']));
  },

  // ---- what can be done

  text() {
    return newRun.textOf(this.of);
  },

  async preview(action, parameters) {
    return preview.show(action, parameters, await this.text());
  },

  async begin(action, parameters) {
    const text = await this.text();
    if (HIDDEN.test(text)) location.hash = to(this.of, action, ...(parameters[0] || []));
    else await newRun.post(action, parameters, text);
  },

  /**
   * Plans the spec with one thing changed; its plan is then applied, or not. A spec whose secrets the journal does not have is
   * completed by hand.
   */
  async planWith(change) {
    const text = await (
      await request('/edit?' + new URLSearchParams(change), {
        method: 'POST',
        headers: {'Content-Type': 'application/yaml'},
        body: await this.text(),
      })
    ).text();
    if (!HIDDEN.test(text)) return newRun.post(newRun.offered.plan, [], text);
    location.hash = '#/new';
    await newRun.show();
    newRun.fill(text, '');
  },

  async upgrade(cluster, opener) {
    const [{offered}, others] = await Promise.all([ask('/versions'), ask('/clusters')]);
    const newer = [...new Set([...offered, ...others.clusters.map(each => each.version).filter(Boolean)])]
      .filter(version => !cluster.version || isNewer(version, cluster.version))
      .sort((one, other) => (isNewer(one, other) ? -1 : 1));
    const input = el('input', {
      list: 'newer-versions',
      required: true,
      pattern: '\\d+\\.\\d+\\.\\d+',
      autocomplete: 'off',
      spellcheck: 'false',
      placeholder: 'such as ' + (newer[0] || '1.37.2'),
      value: newer.find(version => isNext(version, cluster.version)) || '',
    });
    page.askFirst({
      title: 'Upgrade ' + cluster.name + '?',
      yes: 'Plan the upgrade',
      opener,
      text:
        (cluster.version ? 'It runs ' + cluster.version + '. ' : '') +
        'An upgrade goes minor by minor, one control plane at a time, with a backup before. It is planned first: no host is changed before the plan is applied.',
      form: [
        el(
          'label',
          {class: 'field'},
          el('span', {text: 'Version'}),
          input,
          el('datalist', {id: 'newer-versions'}, ...newer.map(value => el('option', {value}))),
        ),
      ],
      work: () => this.planWith({version: input.value.trim()}),
    });
  },

  add(cluster, opener) {
    const input = (label, extra) =>
      el(
        'label',
        {class: 'field'},
        el('span', {text: label}),
        el('input', {required: true, autocomplete: 'off', spellcheck: 'false', ...extra}),
      );
    const [name, address] = [
      input('Name', {pattern: '[a-z0-9]([a-z0-9.\\-]*[a-z0-9])?'}),
      input('Address, as the engine reaches it by SSH', {}),
    ];
    const role = el(
      'select',
      {},
      el('option', {value: 'worker', text: 'worker'}),
      el('option', {value: 'control-plane', text: 'control-plane'}),
    );
    page.askFirst({
      title: 'Add a host to ' + cluster.name + '?',
      yes: 'Plan it',
      opener,
      text: 'It is added to the spec, with the login of the other hosts, and planned: the plan says what would be done on it.',
      form: [name, address, el('label', {class: 'field'}, el('span', {text: 'Role'}), role)],
      work: () =>
        this.planWith({
          host: name.querySelector('input').value.trim(),
          address: address.querySelector('input').value.trim(),
          role: role.value,
        }),
    });
  },

  remove(name, opener) {
    page.askFirst({
      title: 'Remove ' + name + ' from ' + this.cluster.name + '?',
      yes: 'Plan it',
      opener,
      text: 'It becomes absent in the spec: its pods are moved to other nodes, it leaves the cluster, and what Caravan changed on it is restored. It is planned first.',
      work: () => this.planWith({absent: name}),
    });
  },

  renew(cluster, opener) {
    page.askFirst({
      title: 'Renew the certificates of ' + cluster.name + '?',
      yes: 'Renew them',
      opener,
      plan: () => this.preview(newRun.offered.renewal, []),
      text: 'One control plane after the other gets new certificates; what is replaced is saved on that host before. Kubeconfigs that were given out expire as before.',
      work: () => this.begin(newRun.offered.renewal, []),
    });
  },

  backUp(cluster, opener) {
    page.askFirst({
      title: 'Back up ' + cluster.name + '?',
      yes: 'Back up',
      opener,
      plan: () => this.preview(newRun.offered.backup, []),
      text: 'etcd, certificates, manifests and settings of a control plane are saved into the data directory and verified.',
      work: () => this.begin(newRun.offered.backup, []),
    });
  },

  restore(cluster, backup, opener) {
    page.askFirst({
      title: 'Restore ' + cluster.name + ' from its backup of ' + when(backup.createdAt) + '?',
      yes: 'Restore it',
      danger: true,
      name: cluster.name,
      opener,
      plan: () => this.preview(newRun.offered.restore, [['backup', backup.id]]),
      text: 'The cluster goes back to what it was ' + age(backup.createdAt) + ' ago. What was made in it since is gone.',
      work: () => this.begin(newRun.offered.restore, [['backup', backup.id]]),
    });
  },

  tried(work) {
    return page.safely(() =>
      work().catch(problem => {
        if (problem.status === undefined && problem instanceof TypeError) throw problem;
        byId('cluster-problem').hidden = false;
        setText(byId('cluster-problem'), problem.message);
      }),
    );
  },
};

const to = (run, ...rest) => '#/new/' + [run, ...rest].map(encodeURIComponent).join('/');

function isNewer(one, other) {
  const [left, right] = [one, other].map(text => text.split('.').map(Number));
  const at = left.findIndex((part, index) => part !== right[index]);
  return at >= 0 && left[at] > right[at];
}

/** Whether an upgrade to it passes no other minor. */
const isNext = (version, from) => !from || Number(version.split('.')[1]) - Number(from.split('.')[1]) <= 1;

function table(names, rows) {
  return el(
    'table',
    {class: 'data'},
    headings(names),
    el('tbody', {}, ...rows.map(cells => el('tr', {}, ...cells.map(cell => el('td', {}, cell))))),
  );
}

function days(left) {
  if (left === undefined) return '';
  const words = left < 0 ? 'expired' : plural(left, 'day') + ' left';
  return left > SOON ? words : el('b', {class: 'problem', text: words});
}

/** How long ago that was, in its largest unit. */
function age(at) {
  const seconds = Math.max(0, (clock.now() - Date.parse(at)) / 1000);
  const units = [
    [86400, 'day'],
    [3600, 'hour'],
    [60, 'minute'],
  ];
  const unit = units.find(([length]) => seconds >= length);
  return unit ? plural(Math.floor(seconds / unit[0]), unit[1]) : 'under a minute';
}

function runLink(run) {
  return el('a', {class: 'run-link ' + run.state, href: '#/runs/' + encodeURIComponent(run.id)}, icon(run.state), ' ' + run.state);
}

function size(bytes) {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let at = 0;
  let rest = bytes;
  for (; rest >= 1024 && at < units.length - 1; at++) rest /= 1024;
  return (at && rest < 10 ? rest.toFixed(1) : Math.round(rest)) + ' ' + units[at];
}
