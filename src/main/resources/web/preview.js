'use strict';
/* What an action would do, before it is begun: its steps in the order of the loaded routes, with their hosts, and what the engine knows
   of it. A few lines above 300: the words for each kind of step stand together. */

/** What routes split over, and which hosts that is. */
const SPLIT_OVER = {
  'hosts.all': 'all',
  'locks.hosts': 'all',
  'rollback.hosts': 'all',
  'backups.hosts': 'control-plane',
  'restores.hosts': 'control-plane',
};
const SHOWN_NAMES = 4;

const preview = {
  /** For a question: what the engine says against it, what it knows, and the steps. A spec without its secrets is completed first. */
  async show(action, parameters, text) {
    if (HIDDEN.test(text))
      return [
        el('p', {
          class: 'soft',
          text: 'The journal keeps no secrets. The spec is completed on the next page, which shows what the action would do.',
        }),
      ];
    const query = new URLSearchParams([['action', action], ...parameters]);
    const [answer, {steps}] = await Promise.all([
      ask('/preview?' + query, {method: 'POST', headers: {'Content-Type': 'application/yaml'}, body: text}),
      workflow.plan(action),
    ]);
    return [
      answer.refused ? el('p', {class: 'problem', role: 'alert', id: 'ask-refused', text: 'It would be refused. ' + answer.refused}) : null,
      el('p', {
        id: 'ask-changes',
        text: answer.changesHosts ? 'May change: ' + answer.hosts.map(host => host.name).join(', ') + '.' : 'No host is changed.',
      }),
      ...(await this.known(answer, new Map(parameters), steps, text)),
      this.steps(answer),
    ].filter(Boolean);
  },

  /** What is known, by the steps that the action has: so also of an action of the user's own. */
  async known(answer, parameters, steps, text) {
    const of = '/clusters/' + encodeURIComponent(answer.cluster);
    const backups =
      answer.backup || steps.includes('restore-etcd')
        ? (
            await ask(of).catch(problem => {
              if (problem.status === 404) return {backups: []};
              throw problem;
            })
          ).backups
        : [];
    const chosen = steps.includes('restore-etcd') && backups.find(each => each.id === parameters.get('backup'));
    const parts = [];
    if (chosen) {
      const [file] = (await ask(of + '/backups?backup=' + encodeURIComponent(chosen.id))).backups;
      parts.push(this.restore(answer, {...chosen, ...file}));
    } else if (answer.backup && steps.includes('certificates-renew')) {
      const before = answer.backup.before.includes('renew-certificates');
      parts.push(
        this.facts([['Before', before ? 'a backup, unless all certificates have expired' : 'no backup: the spec wants none']]),
        ...(before ? [this.backup(answer, backups)] : []),
      );
    } else if (answer.backup) parts.push(this.backup(answer, backups));
    if (steps.includes('certificates-renew')) parts.push(await this.renewal(answer, text));
    return parts;
  },

  /** The steps, read from the workflow that is loaded now. */
  steps(answer) {
    const list = el('ol', {class: 'outline'});
    const shown = el('details', {id: 'ask-steps', open: true}, el('summary', {text: 'What it does, step by step'}), list);
    page.safely(async () => list.replaceChildren(...(await this.outline(answer.action, answer.hosts))));
    return shown;
  },

  async outline(action, hosts) {
    await workflow.load();
    const root = workflow.routes.get(workflow.routeOf(action));
    return root
      ? this.items(root.nodes, {
          above: new Set([root.id]),
          over: '',
          parallel: false,
          only: '',
          until: false,
          maybe: false,
          seen: new Set(),
          hosts,
        })
      : [];
  },

  /** An item for each step, without what is done where something fails; the branches of a choice are lists of their own. */
  items(nodes, at) {
    return (nodes || []).filter(node => node.kind !== 'doCatch').flatMap(node => this.item(node, at));
  },

  item(node, at) {
    const uri = node.uri || '';
    const to = uri.startsWith('direct:') && uri.slice(7).split('?')[0];
    const route = to && !at.above.has(to) && workflow.routes.get(to);
    const step = route
      ? workflow.isStep(route) || (route.file || '').startsWith('steps/')
        ? workflow.stepOf(route) || route.id
        : ''
      : uri.startsWith('step:') && uri.slice(5).split('?')[0];
    if (step) return this.step(step, route, at);
    if (route) return this.items(route.nodes, {...at, above: new Set(at.above).add(to)});
    if (node.kind === 'choice') return node.nodes.flatMap(branch => this.branch(branch, at));
    const inner = {...at};
    if (node.kind === 'split') Object.assign(inner, {over: node.label || '', parallel: Boolean(node.parallel), only: '', until: false});
    if (node.kind === 'filter') {
      if (/host\.controlPlane\}$/.test(node.label || '')) inner.only = 'control-plane';
      else if (node.label === 'backups.isOpen') inner.until = true;
      else inner.maybe = inner.maybe || !workflow.isSure(node);
    }
    return this.items(node.nodes, inner);
  },

  branch(branch, at) {
    const items = this.items(branch.nodes, {...at, seen: new Set(at.seen)});
    if (!items.length) return [];
    if (branch.kind === 'otherwise') return items;
    // Of several routes' conditions some have one word: that of the bean tells them apart.
    const bean = /^(\w+)\.\w+$/.exec(branch.label || '');
    const condition = workflow.words(branch.label) + (bean ? ' (' + bean[1] + ')' : '');
    return [
      el(
        'li',
        {class: 'branch-of'},
        el(
          'details',
          {open: workflow.isSure(branch)},
          el('summary', {text: 'If ' + condition + ': ' + plural(items.length, 'step')}),
          el('ol', {class: 'outline'}, ...items),
        ),
      ),
    ];
  },

  step(step, route, at) {
    const where = this.where(at);
    if (at.seen.has(step + where)) return [];
    at.seen.add(step + where);
    const maybe = at.maybe || (route && workflow.stepOf(route) && !workflow.isAlways(route.nodes));
    const notes = [where, maybe ? 'if needed' : ''].filter(Boolean).join('; ');
    return [
      el(
        'li',
        {'data-outline': step},
        el('code', {text: step}),
        notes ? el('span', {class: 'soft', text: ' ' + notes}) : null,
        route && route.description ? el('span', {class: 'why-step', text: route.description}) : null,
      ),
    ];
  },

  /** On which hosts, and in which order. */
  where({over, parallel, only, until, hosts}) {
    if (!over) return '';
    const kind = SPLIT_OVER[over];
    if (!kind) return 'on ' + workflow.source(over) + (parallel ? '' : ', one after another');
    const names = hosts
      .filter(host => [kind, only].every(role => !role || role === 'all' || host.roles.includes(role)))
      .map(host => host.name);
    if (!names.length) return 'on no host';
    const words = names.length > SHOWN_NAMES ? plural(names.length, 'host') : names.join(', ');
    return (
      'on ' + words + (names.length < 2 ? '' : parallel ? ', in parallel' : ', one after another' + (until ? ' until one gave it' : ''))
    );
  },

  // ---- what is known of a backup, a restore, certificates

  /** Names and values; a value that matters most is marked. */
  facts(pairs) {
    return el(
      'dl',
      {class: 'facts'},
      ...pairs
        .filter(([, value]) => value)
        .flatMap(([name, value, state]) => [el('dt', {text: name}), el('dd', {class: state || null}, value)]),
    );
  },

  /** @param known the cluster's backups */
  backup({backup, hosts}, known) {
    const gone = backup.deletes
      .map(id => (known.find(each => each.id === id) || {}).createdAt)
      .map((at, index) => backup.deletes[index] + (at ? ', ' + age(at) + ' old' : ''));
    const askable = hosts.filter(host => host.roles.includes('control-plane')).map(host => host.name);
    return this.facts([
      ['Taken from', askable.length > 1 ? 'the first of ' + askable.join(', ') + ' that can give it' : askable.join('')],
      ['Goes to', el('code', {text: backup.directory})],
      [
        'Encrypted',
        backup.encrypted
          ? 'with the passphrase of the spec'
          : 'no: the spec has no backup.passphrase, and the file holds every secret of the cluster',
        backup.encrypted ? '' : 'problem',
      ],
      ['Kept', plural(backup.keep, 'good backup')],
      ['Deleted then', gone.length ? gone.join('; ') : 'none'],
    ]);
  },

  restore({backup: before, hosts}, backup) {
    const planes = hosts.filter(host => host.roles.includes('control-plane')).map(host => host.name);
    return this.facts([
      ['Backup', backup.id + ', from ' + backup.host],
      [
        'Taken',
        new Date(backup.createdAt).toLocaleString([], {dateStyle: 'medium', timeStyle: 'short', hour12: false}) +
          ', ' +
          age(backup.createdAt) +
          ' ago',
      ],
      ['Kubernetes', backup.version + ', etcd revision ' + backup.revision],
      ['File', backup.good ? 'as it was saved' : backup.problem, backup.good ? 'ok' : 'problem'],
      [
        'Control planes',
        planes.join(', ') + ': etcd is replaced on ' + (planes.length > 1 ? 'each' : 'it') + ', and what is replaced is moved aside',
      ],
      ['Lost', 'what was made in the cluster in the last ' + age(backup.createdAt).replace('under a ', ''), 'problem'],
      [
        'Before',
        before && before.before.includes('restore')
          ? 'a backup of the present state, if the cluster still answers'
          : 'no backup of the present state: the spec wants none',
      ],
    ]);
  },

  /** The last run that read the certificates, of the action that is offered for that. */
  seen(runs) {
    const action = newRun.offered.certificates;
    return action ? runs({action, state: 'succeeded', limit: 1}) : [];
  },

  /** What the last run that read the certificates saw, and a button that has it seen now. */
  async renewal(answer, text) {
    const place = el('div', {id: 'ask-certificates'});
    const draw = async () => {
      const runs = filter => ask('/runs?' + new URLSearchParams({cluster: answer.cluster, ...filter})).then(found => found.runs);
      const [[seen], last] = await Promise.all([this.seen(runs), runs({limit: 20})]);
      const changing = new Set(newRun.actions.filter(action => action.changesHosts).map(action => action.name));
      const since = seen && last.find(run => changing.has(run.action) && (!run.endedAt || run.endedAt > seen.createdAt));
      const said = el('p', {
        class: 'soft',
        role: 'status',
        text: seen
          ? 'As run ' +
            seen.id +
            ' saw them ' +
            age(seen.createdAt) +
            ' ago' +
            (since ? '; run ' + since.id + ' (' + since.action + ') may have changed them since. ' : '. ')
          : 'No run has read them yet. ',
      });
      const read = el('button', {
        type: 'button',
        class: 'quiet',
        id: 'ask-read',
        text: 'Read them now',
        ...caller.allowing('operate'),
        onclick: async () => {
          read.disabled = true;
          setText(said, 'Reading them.');
          await newRun
            .send(newRun.offered.certificates, [], text)
            .then(run => ended(run.id))
            .then(draw, problem => setText(said, problem.message));
        },
      });
      read.hidden = !newRun.offered.certificates;
      place.replaceChildren(
        ...(seen ? [this.certificates(await ask('/runs/' + encodeURIComponent(seen.id)))] : []),
        el('p', {class: 'tools'}, said, read),
      );
    };
    await draw();
    return place;
  },

  /**
   * Of a run that read the certificates: what a renewal renews on each host, and what it restarts. Reports of earlier versions do not
   * say what.
   */
  certificates(run) {
    const rows = run.steps
      .filter(step => step.report)
      .flatMap(step => {
        const at = name => step.report.columns.indexOf(name);
        const due = step.report.rows.filter(row => row[at('renewed by')] === 'renew-certificates');
        const left = due.map(row => parseInt(row[at('days left')], 10)).filter(Number.isFinite);
        const read = [...new Set(due.map(row => row[at('read by')]))].filter(name => name && name !== '-');
        return [
          [
            el('b', {text: step.host}),
            due.length ? plural(due.length, 'certificate') : 'nothing',
            left.length ? days(Math.min(...left)) : '',
            read.join(', '),
          ],
        ];
      });
    return rows.length
      ? scrolling('What is renewed', table(['host', 'renewed', 'first to expire', 'then restarted'], rows))
      : el('p', {class: 'soft', text: 'No host has a certificate of a cluster.'});
  },
};

/** Waits until that run has ended. */
async function ended(id) {
  while (!(await ask('/runs/' + encodeURIComponent(id))).endedAt) await new Promise(later => setTimeout(later, 500));
}
