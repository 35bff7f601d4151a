'use strict';
/* The workflow as a graph, drawn from the routes that the engine has loaded; for a run, with the states of its steps.
   One file although it is long: reading the routes and drawing them go through the same kinds of nodes. */

const PLUMBING = new Set([
  'bean',
  'setVariable',
  'setBody',
  'setHeader',
  'removeHeaders',
  'removeHeader',
  'setProperty',
  'removeVariable',
  'log',
  'process',
  'script',
  'transform',
  'convertBodyTo',
  'throwException',
]);

const workflow = {
  routes: null,
  actions: [],
  offered: {},
  root: '',
  all: false,
  chosen: '',

  /** @param asked the route where the graph begins; may be missing */
  async show(place, asked) {
    if (this.place && this.place !== place) this.place.replaceChildren();
    this.place = place;
    // Read again each time: an engine may load other routes while it serves.
    await this.load();
    if (this.place !== place) return;
    const action = place.closest('#run') && page.model && page.model.run.action;
    const wanted = action ? this.routeOf(action) : asked || this.root || this.offered.spec;
    this.root = this.routes.has(wanted) ? wanted : this.routes.keys().next().value;
    this.draw();
  },

  async load() {
    const [routes, actions] = await Promise.all([ask('/routes'), ask('/actions')]);
    this.routes = new Map(routes.routes.map(route => [route.id, route]));
    this.actions = actions.actions;
    this.offered = actions.offered;
  },

  /** An action is a route. Runs of earlier versions may have an earlier name of it. */
  routeOf(action) {
    const known = this.actions.find(each => each.name === action) || this.actions.find(each => (each.formerly || []).includes(action));
    return known ? known.name : action;
  },

  /** The steps of an action in the order of its routes, those of them that every run of it has, and those that end a host's pipeline. */
  async plan(action) {
    await this.load();
    const root = this.routes.get(this.routeOf(action));
    const plan = {steps: [], sure: new Set(), last: []};
    if (root) this.walk(root.nodes, new Set([root.id]), plan, true);
    return plan;
  },

  /**
   * Goes through the nodes in order, without those for failures; returns the steps that come last. A split in a loop is for hosts that
   * failed.
   */
  walk(nodes, above, plan, sure, inLoop) {
    let last = [];
    for (const node of nodes || []) {
      if (node.kind === 'doCatch' || (inLoop && node.kind === 'split')) continue;
      const ends = this.ends(node, above, plan, sure && this.isSure(node));
      if (node.kind === 'split') plan.last = ends;
      // what is done under a condition ends nothing that has an end without it
      if (ends.length && node.kind !== 'doFinally' && !(node.kind === 'filter' && last.length)) last = ends;
    }
    return last;
  },

  /**
   * A condition on the host holds on some host, and all hosts are some. What any other condition gives is known only once the step is
   * met.
   */
  isSure(node) {
    if (node.kind === 'split') return node.label === 'hosts.all';
    return !['filter', 'when'].includes(node.kind) || /^hosts\./.test(node.label || '');
  },

  ends(node, above, plan, sure) {
    const uri = node.uri || '';
    const to = uri.startsWith('direct:') && uri.slice(7).split('?')[0];
    const route = to && !above.has(to) && this.routes.get(to);
    if (route && !this.isStep(route) && !(route.file || '').startsWith('steps/'))
      return this.walk(route.nodes, new Set(above).add(to), plan, sure);
    const step = route ? this.stepOf(route) || route.id : uri.startsWith('step:') && uri.slice(5).split('?')[0];
    if (step) {
      if (!plan.steps.includes(step)) plan.steps.push(step);
      if (sure && (!route || !this.stepOf(route) || this.isAlways(route.nodes))) plan.sure.add(step);
      return [step];
    }
    if (node.kind === 'choice')
      return (node.nodes || []).flatMap(branch => this.walk(branch.nodes, above, plan, sure && this.isSure(branch)));
    // What is done under a condition, such as bringing settings into line, is not what every host's pipeline ends with.
    const inside = node.kind === 'filter' ? {...plan, last: []} : plan;
    return this.walk(node.nodes, above, inside, sure, node.kind === 'loop');
  },

  /** Whether a step's own route does its step whatever the conditions in it give. */
  isAlways(nodes) {
    return (nodes || []).some(node =>
      node.kind === 'choice'
        ? node.nodes.some(branch => branch.kind === 'otherwise') && node.nodes.every(branch => this.isAlways(branch.nodes))
        : (node.uri || '').startsWith('step:') || (this.isSure(node) && this.isAlways(node.nodes)),
    );
  },

  /** A step's own route is drawn as one node. */
  isStep(route) {
    return (
      (Boolean(route) &&
        !this.parts(route.nodes).some(node => (node.uri || '').startsWith('direct:')) &&
        (route.file || '').startsWith('steps/')) ||
      this.stepOf(route) === (route && route.id)
    );
  },

  parts(nodes) {
    return (nodes || []).flatMap(node => [node, ...this.parts(node.nodes)]);
  },

  stepOf(route) {
    const part = route && this.parts(route.nodes).find(node => (node.uri || '').startsWith('step:'));
    return part && part.uri.slice(5).split('?')[0];
  },

  draw() {
    if (!this.routes || !this.place) return;
    const select = el(
      'select',
      {
        'aria-label': 'The route where the graph begins',
        onchange: event => {
          this.root = event.target.value;
          this.draw();
        },
      },
      ...[...this.routes.values()]
        .filter(route => !this.isStep(route) || route.id === this.root)
        .map(route => el('option', {value: route.id, text: route.id, selected: route.id === this.root})),
    );
    const plumbing = el('input', {
      type: 'checkbox',
      onchange: event => {
        this.all = event.target.checked;
        this.draw();
      },
    });
    plumbing.checked = this.all;
    const own = [...this.routes.values()].filter(route => !route.builtIn).length;
    const chart = el(
      'div',
      {class: 'chart', role: 'tree', 'aria-label': 'The workflow from ' + this.root},
      this.route(this.routes.get(this.root), new Set(), true),
    );
    const side = el('div', {class: 'chart-side'}, el('div', {class: 'chosen'}), this.table());
    this.place.replaceChildren(
      el(
        'div',
        {class: 'tools'},
        el('label', {class: 'check'}, 'From ', select),
        el('label', {class: 'check'}, plumbing, ' Show every node'),
        el('span', {class: 'soft', text: plural(this.routes.size, 'route') + ', ' + (own ? own + ' of them your own' : 'all built in')}),
      ),
      el('div', {class: 'chart-frame'}, el('div', {class: 'scroll'}, chart), side),
    );
    const first = chart.querySelector('button');
    if (first) first.tabIndex = 0;
    chart.addEventListener('keydown', event => this.key(event, chart));
    this.overlay();
    this.choose(this.chosen && this.routes.has(this.chosen) ? this.chosen : this.root);
  },

  key(event, chart) {
    const moves = {ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1};
    if (!moves[event.key]) return;
    event.preventDefault();
    const all = [...chart.querySelectorAll('button')];
    moveFocus(chart, all[all.indexOf(document.activeElement) + moves[event.key]]);
  },

  /** A route's name, and its nodes below it. */
  route(route, above, top) {
    const inner = new Set(above).add(route.id);
    return el(
      'div',
      {class: 'box' + (route.builtIn ? '' : ' own') + (top ? ' root' : ''), role: 'treeitem'},
      this.name(route, 'box-name'),
      this.flow(route.nodes, inner),
    );
  },

  name(route, className) {
    return el(
      'button',
      {
        type: 'button',
        tabindex: '-1',
        class: className,
        'data-route': route.id,
        title: route.description || '',
        onclick: () => this.choose(route.id),
      },
      route.id,
      route.builtIn ? null : el('span', {class: 'tag', text: 'yours'}),
    );
  },

  flow(nodes, above) {
    return el('div', {class: 'flow', role: 'group'}, ...(nodes || []).map(node => this.node(node, above)).filter(Boolean));
  },

  node(node, above) {
    const uri = node.uri || '';
    if (uri.startsWith('direct:')) return this.called(uri.slice(7).split('?')[0], above);
    if (uri.startsWith('step:')) return this.leaf(uri.slice(5).split('?')[0], 'node step', uri);
    if (uri.startsWith('gate:')) return this.gate(uri);
    if (uri) return this.leaf(uri, 'node outside', uri);
    if (node.kind === 'choice') return this.choice(node, above);
    if (node.kind === 'doTry') return this.attempt(node, above);
    if (node.nodes && node.nodes.length) return this.frame(node, above);
    return this.all || !PLUMBING.has(node.kind)
      ? this.leaf(node.kind + (node.label ? ' ' + node.label : ''), 'node small', node.description)
      : null;
  },

  called(id, above) {
    const route = this.routes.get(id);
    if (!route) return this.leaf(id + ' (not loaded)', 'node missing', 'No route direct:' + id + ' is loaded.');
    if (above.has(id)) return this.leaf(id + ' (again)', 'node small', route.description);
    if (!this.isStep(route)) return this.route(route, above, false);
    const made = this.name(route, 'node step' + (route.builtIn ? '' : ' own'));
    made.dataset.step = this.stepOf(route) || id;
    made.append(el('span', {class: 'step-states'}));
    return el('div', {class: 'item', role: 'treeitem'}, made);
  },

  leaf(text, className, title) {
    return el('div', {class: 'item', role: 'treeitem'}, el('span', {class: className, title, text}));
  },

  gate(uri) {
    const parameters = new URLSearchParams(uri.split('?')[1] || '');
    const action = parameters.get('action') || 'await';
    const name = uri.slice(5).split('?')[0];
    const text = action === 'await' ? 'wait for ' + (parameters.get('waitsFor') || name) : action + ' the gate ' + name;
    return el(
      'div',
      {class: 'item', role: 'treeitem'},
      el('span', {class: 'node gate'}, icon(action === 'await' ? 'waiting' : 'ok'), text),
    );
  },

  choice(node, above) {
    const shown = (node.nodes || []).map(branch => [branch, this.flow(branch.nodes, above)]).filter(([, flow]) => flow.childNodes.length);
    return el(
      'div',
      {class: 'branches', role: 'group'},
      ...shown.map(([branch, flow]) =>
        el(
          'div',
          {class: 'branch'},
          el('span', {class: 'edge', text: branch.kind === 'otherwise' ? 'otherwise' : 'if ' + this.words(branch.label)}),
          flow,
        ),
      ),
    );
  },

  /** The nodes of a doTry, and below them what is done on failure, and in any case. */
  attempt(node, above) {
    const asides = (node.nodes || []).filter(each => each.kind === 'doCatch' || each.kind === 'doFinally');
    const shown = asides.map(aside => [aside, this.flow(aside.nodes, above)]).filter(([, flow]) => flow.childNodes.length);
    const main = this.flow(
      (node.nodes || []).filter(each => !asides.includes(each)),
      above,
    );
    if (!shown.length) return main;
    return el(
      'div',
      {class: 'branches tried', role: 'group'},
      el('div', {class: 'branch'}, main),
      ...shown.map(([aside, flow]) =>
        el(
          'div',
          {class: 'branch aside'},
          el('span', {class: 'edge', text: aside.kind === 'doFinally' ? 'in any case' : this.caught(aside.label)}),
          flow,
        ),
      ),
    );
  },

  caught(label) {
    const [type, condition] = (label || '').split(' when ');
    return 'on failure' + (condition ? ', if ' + this.words(condition) : type.endsWith('.Exception') ? '' : ' ' + type.split('.').pop());
  },

  frame(node, above) {
    const flow = this.flow(node.nodes, above);
    if (!flow.childNodes.length) return null;
    const label =
      node.kind === 'split'
        ? 'for each of ' + this.source(node.label) + (node.parallel ? ', in parallel' : ', one after another')
        : node.kind === 'filter'
          ? 'if ' + this.words(node.label)
          : node.kind + ' ' + this.words(node.label);
    return el(
      'div',
      {class: 'frame ' + node.kind + (node.parallel ? ' parallel' : ''), role: 'treeitem'},
      el('span', {class: 'edge', text: label}),
      flow,
    );
  },

  /** What a split goes over: all of hosts, undos of rollback. */
  source(label) {
    const [bean, method] = /^[\w-]+\.[\w-]+$/.test(label || '') ? label.split('.') : [];
    return method ? (method === 'all' ? 'all ' + bean : 'the ' + this.words(method) + ' of ' + bean) : label;
  },

  /** A condition in words. */
  words(label) {
    return (label || '')
      .replace(/^\w+\.(\w+)$/, '$1')
      .replace(/\$\{(?:variable\.)?([^}]*)\}/g, '$1')
      .replace(/([a-z])([A-Z])/g, '$1 $2')
      .replace(/\./g, ' ')
      .toLowerCase()
      .trim()
      .replace(/^is /, '');
  },

  /** The number of hosts in each state, at each step of the run. */
  overlay() {
    if (!this.place) return;
    const model = this.place.closest('#run') ? page.model : null;
    const nodes = [...this.place.querySelectorAll('[data-step]')];
    // A step that is done again after a failure is shown at its first place.
    const usual = new Set(nodes.filter(node => !node.closest('.aside')).map(node => node.dataset.step));
    for (const node of nodes) {
      const states = {};
      const elsewhere = node.closest('.aside') && usual.has(node.dataset.step);
      if (model && !elsewhere)
        for (const host of model.hosts.values()) {
          const cell = host.cells.get(node.dataset.step);
          if (cell) states[cell.state] = (states[cell.state] || 0) + 1;
        }
      const drawn = JSON.stringify(states);
      if (node.dataset.drawn === drawn) continue;
      node.dataset.drawn = drawn;
      node
        .querySelector('.step-states')
        .replaceChildren(
          ...Object.entries(states).map(([state, count]) =>
            el('span', {class: state, title: count + ' ' + STEP_WORDS[state]}, icon(state), String(count)),
          ),
        );
      node.classList.toggle('live', Boolean(states.running || states.retrying));
    }
  },

  choose(id) {
    this.chosen = id;
    const route = this.routes.get(id);
    this.place.querySelectorAll('[aria-current]').forEach(each => each.removeAttribute('aria-current'));
    this.place.querySelectorAll('[data-route="' + CSS.escape(id) + '"]').forEach(each => each.setAttribute('aria-current', 'true'));
    const step = this.stepOf(route);
    const facts = [
      ['From', route.from === 'built in' ? 'built in' : route.from],
      ['File', route.file],
      ['Begins at', route.input],
      ['Runs', step && 'scripts/' + step + '.sh'],
      ['Errors', route.configuration],
    ];
    this.place
      .querySelector('.chosen')
      .replaceChildren(
        el('h2', {}, route.id, route.builtIn ? null : el('span', {class: 'tag', text: 'yours'})),
        el('p', {text: route.description || 'No description.'}),
        el('dl', {}, ...facts.filter(([, value]) => value).flatMap(([name, value]) => [el('dt', {text: name}), el('dd', {text: value})])),
        el(
          'p',
          {class: 'tools'},
          el('button', {
            type: 'button',
            id: 'route-source',
            text: step ? 'Open its YAML and script' : 'Open its YAML',
            onclick: event => page.safely(() => source.show(id, event.currentTarget)),
          }),
        ),
      );
  },

  table() {
    const rows = [...this.routes.values()]
      .sort((one, other) => Number(one.builtIn) - Number(other.builtIn) || one.id.localeCompare(other.id))
      .map(route =>
        el(
          'tr',
          {},
          el(
            'th',
            {scope: 'row'},
            el('button', {
              type: 'button',
              class: 'host-link',
              'data-route': route.id,
              text: route.id,
              onclick: () => this.choose(route.id),
            }),
          ),
          el('td', {text: route.builtIn ? 'built in' : route.from, title: route.from}),
        ),
      );
    return el(
      'details',
      {},
      el('summary', {text: 'All routes, and where each was loaded from'}),
      el('div', {class: 'scroll'}, el('table', {class: 'data'}, el('tbody', {}, ...rows))),
    );
  },
};
