'use strict';
/* A new run: a spec, what is wrong with it as one types, and an action with its parameters. One file
   although it is long: text, problems and parameters are one form. */

/** A spec of these hosts, each with what follows its address. @param kubernetes the lines of that block */
const example = (kubernetes, hosts, more = '') => `apiVersion: caravan/v1
kind: Cluster
metadata: {name: demo}
spec:
  kubernetes:${kubernetes}
  packages: {mirror: community}
  ssh: {user: root}
  hosts:
${hosts.map((rest, index) => `    - {name: h${index + 1}, address: 192.0.2.${11 + index}, roles: ${rest}\n`).join('')}${more}`;
/** What a spec may begin from, by the words in the choice; the first one is also what the page tries where hosts are simulated. */
const EXAMPLES = new Map([
  ['a control plane and two workers', example(' {version: 1.37.2}', ['[control-plane]}', '[worker]}', '[worker]}'])],
  [
    'three control planes with a virtual address',
    example(
      `
    version: 1.37.2
    endpoint: {vip: 192.0.2.10}   # a free address, which Caravan keeps on the control planes`,
      [...Array(3).fill('[control-plane]}'), ...Array(2).fill('[worker]}')],
      '  maxFailedHosts: 1\n',
    ),
  ],
  ['a single host', example(' {version: 1.37.2}', ['[control-plane], taints: []}   # without taints, it also takes pods'])],
]);
const [EXAMPLE] = EXAMPLES.values();
/** What the journal has in the place of a secret. */
const HIDDEN = /(^|[\s:[{,])(['"]?)\*\*\*\2\s*($|[,}\]#])/m;
/** In this order: the rest of a line that is a comment, a key, a text in quotes, a number or a word of YAML. */
const YAML =
  /(#.*$)|((?<=^|[\s{,[-])[A-Za-z][\w.\/-]*(?=:(?:\s|$)))|("(?:[^"\\]|\\.)*"|'(?:[^']|'')*')|(\b(?:true|false|null|\d[\w.:\/]*)\b)/g;
const KINDS = ['', 'y-comment', 'y-key', 'y-text', 'y-value'];
const PAUSE = 350;
const MOST_OF_CLUSTER = 10;

const newRun = {
  actions: [],
  /** The actions that are offered, by where: see the key offeredFor of an action's file. */
  offered: {},
  checking: 0,
  timer: 0,
  wrong: [],
  valid: null,
  from: '',
  of: '',
  asked: '',
  /** The specs that this page has sent, by run: the journal has them without their secrets. */
  sent: new Map(),

  async readActions() {
    ({actions: this.actions, offered: this.offered} = await ask('/actions'));
    this.drawChoice();
  },

  /** With the spec of that run, that action, and one of its parameters, where they are given. */
  async show(run, action, parameter, value) {
    if (!this.actions.length) await this.readActions();
    this.drawSources((await ask('/runs?limit=200')).runs);
    // Who comes back finds the text and the action as they left them.
    const asked = [run, action, parameter, value].join('/');
    if (run && this.of !== run) await this.take(run);
    if (run && this.asked !== asked) this.choose(action || this.offered.spec, parameter, value);
    if (run) this.asked = asked;
    if (!byId('new-text').value) this.fill(EXAMPLE, EXAMPLES.keys().next().value);
    this.look(0);
  },

  /** The spec of that run: as this page sent it, else as the journal has it, without its secrets. */
  async textOf(run) {
    return this.sent.get(run) || askText('/runs/' + encodeURIComponent(run) + '/spec');
  },

  async take(run) {
    try {
      this.fill(await this.textOf(run), run);
    } catch (problem) {
      this.say('failed', problem.message);
    }
  },

  /** @param from the run or the example that the text is of; empty if it is of neither */
  fill(text, from) {
    this.from = this.of = from;
    byId('new-text').value = text;
    byId('new-from').value = [...byId('new-from').options].some(option => option.value === from) ? from : '';
    this.wrong = [];
    this.paint();
    this.look(0);
  },

  // ---- the spec

  /** The text in colours, below the text area, whose own text cannot be seen. What is wrong is marked from its column on. */
  paint() {
    const lines = byId('new-text')
      .value.split('\n')
      .map((text, index) => {
        const here = this.wrong.filter(problem => problem.line === index + 1);
        const nodes = here.reduce((all, problem) => spotted(all, ...wordAt(text, problem.column - 1)), coloured(text));
        return el('div', {class: here.length ? 'wrong' : null}, ...nodes, '\n');
      });
    byId('new-paint').replaceChildren(...lines);
    setAttribute(byId('new-text'), 'aria-invalid', this.wrong.length > 0 && 'true');
  },

  changed() {
    this.paint();
    this.look(PAUSE);
  },

  look(pause) {
    clearTimeout(this.timer);
    this.valid = null;
    this.allow();
    this.timer = setTimeout(() => page.safely(() => this.check()), pause);
  },

  async check() {
    const text = byId('new-text').value;
    const mine = ++this.checking;
    let valid = null;
    let refusal = null;
    try {
      valid = await ask('/validate', {method: 'POST', headers: {'Content-Type': 'application/yaml'}, body: text});
    } catch (problem) {
      if (!problem.status) throw problem;
      refusal = problem;
    }
    if (mine !== this.checking || text !== byId('new-text').value) return;
    this.valid = valid;
    this.wrong = refusal ? refusal.problems : [];
    this.paint();
    this.drawProblems();
    if (refusal) this.say('failed', this.wrong.length ? plural(this.wrong.length, 'problem') : refusal.message);
    else if (HIDDEN.test(text)) this.say('retrying', 'The journal keeps no secrets. Replace each *** by the secret.');
    else this.say('ok', valid.cluster + ', Kubernetes ' + valid.version + ', ' + plural(valid.hosts, 'host') + ': the spec is valid.');
    this.allow();
  },

  say(state, text) {
    const place = byId('new-state');
    if (place.dataset.said === state + text) return;
    place.dataset.said = state + text;
    place.className = state;
    place.replaceChildren(icon(state), ' ', text);
  },

  drawProblems() {
    const relaxed = this.valid ? this.valid.relaxed : [];
    byId('new-problems').replaceChildren(
      ...this.wrong.map(problem =>
        el(
          'li',
          {},
          el('button', {
            type: 'button',
            class: 'host-link',
            text: problem.line + ':' + problem.column,
            'aria-label': 'Go to line ' + problem.line,
            onclick: () => this.goTo(problem),
          }),
          el(
            'span',
            {},
            el('b', {text: problem.path ? problem.path + ': ' : ''}),
            problem.message,
            el('span', {class: 'soft', text: ' \u2192 ' + problem.remedy}),
          ),
        ),
      ),
      ...relaxed.map(line => el('li', {class: 'soft'}, el('span', {text: line}))),
    );
  },

  goTo(problem) {
    const area = byId('new-text');
    const lines = area.value.split('\n');
    const start = lines.slice(0, problem.line - 1).reduce((sum, line) => sum + line.length + 1, 0);
    area.focus();
    area.setSelectionRange(...wordAt(lines[problem.line - 1] || '', problem.column - 1).map(at => start + at));
    const painted = byId('new-paint').children[problem.line - 1];
    if (painted) painted.scrollIntoView({block: 'center', inline: 'nearest'});
  },

  /** Examples, and the newest runs of each cluster. */
  drawSources(newest) {
    const clusters = new Map();
    for (const run of newest) clusters.set(run.cluster, [...(clusters.get(run.cluster) || []), run]);
    const groups = [...clusters].map(([cluster, runs]) =>
      el(
        'optgroup',
        {label: cluster},
        ...runs
          .slice(0, MOST_OF_CLUSTER)
          .map(run => el('option', {value: run.id, text: cluster + ', ' + run.action + ' of ' + when(run.createdAt) + ', ' + run.state})),
      ),
    );
    byId('new-from').replaceChildren(
      el('option', {value: '', text: 'my own'}),
      el('optgroup', {label: 'Examples'}, ...[...EXAMPLES.keys()].map(name => el('option', {value: name, text: name}))),
      ...groups,
    );
    byId('new-from').value = [...byId('new-from').options].some(option => option.value === this.from) ? this.from : '';
  },

  /** As other files are opened: a spec has at most 1 MiB. */
  async open(file) {
    if (!file) return;
    if (file.size > 1024 * 1024) this.say('failed', file.name + ' is larger than 1 MiB.');
    else this.fill(await file.text(), '');
  },

  // ---- the action

  action() {
    return this.actions.find(action => action.name === byId('new-action').value);
  },

  drawChoice() {
    byId('new-action').replaceChildren(
      ...this.actions.map(action => el('option', {value: action.name, text: action.name + (action.builtIn ? '' : ' (yours)')})),
    );
    if (this.offered.spec) byId('new-action').value = this.offered.spec;
    this.drawForm();
  },

  choose(name, parameter, value) {
    if (!this.actions.some(action => action.name === name)) return;
    byId('new-action').value = name;
    this.drawForm();
    const input = [...byId('new-form').querySelectorAll('[name]')].find(each => each.name === parameter);
    if (input) input.value = value || '';
    this.allow();
  },

  drawForm() {
    const action = this.action();
    setText(byId('new-title-of-action'), action.title);
    setText(byId('new-about'), action.description || '');
    byId('new-form').replaceChildren(
      ...action.parameters.map(parameter =>
        el(
          'label',
          {class: parameter.type === 'boolean' ? 'check' : 'field'},
          parameter.type === 'boolean' ? field(parameter) : el('span', {text: parameter.name + (parameter.required ? '' : ' (optional)')}),
          parameter.type === 'boolean' ? el('span', {text: parameter.name}) : field(parameter),
          el('span', {class: 'soft', text: parameter.description}),
        ),
      ),
    );
    setText(byId('new-start'), this.yes(action));
    byId('new-start').className = 'strong' + (action.asksFirst ? ' danger' : '');
    byId('new-steps').open = false;
    byId('new-plan').hidden = !this.isPlanned(action);
    byId('new-refused').hidden = true;
    this.allow();
  },

  /** Whether a plan says what it would change: of what brings a cluster to its spec. */
  isPlanned(action) {
    return action.shows === 'spec' && Boolean(this.offered.plan);
  },

  yes(action) {
    return action.shows === 'spec' ? 'Apply' : 'Start ' + action.name;
  },

  /** The steps of the action in the order of its routes, as the workflow that is loaded now has them. */
  async drawSteps() {
    const {steps, sure} = await workflow.plan(this.action().name);
    byId('new-steps')
      .querySelector('ol')
      .replaceChildren(
        ...steps.map(step =>
          el('li', {}, el('code', {text: step}), sure.has(step) ? null : el('span', {class: 'soft', text: ' if needed'})),
        ),
      );
  },

  /** In front of the form, so that what was written stays. */
  drawGraph() {
    const dialog = byId('graph');
    setText(byId('graph-title'), this.action().name);
    dialog.onclose = () => {
      byId('graph-view').replaceChildren();
      byId('new-graph').focus();
    };
    dialog.showModal();
    byId('graph-title').focus();
    page.safely(() => workflow.show(byId('graph-view'), this.action().name));
  },

  /** What differs from the defaults, by name. */
  parameters() {
    const given = new Map();
    for (const input of byId('new-form').querySelectorAll('[name]')) {
      const value = input.type === 'checkbox' ? String(input.checked) : input.value.trim();
      if (value !== (input.dataset.default || '')) given.set(input.name, value);
    }
    return given;
  },

  allow() {
    const ready = this.valid !== null && !HIDDEN.test(byId('new-text').value);
    const missing = [...byId('new-form').querySelectorAll('[required]')].some(input => !input.value.trim());
    const action = this.action();
    const role = action && action.asksFirst ? 'admin' : 'operate';
    byId('new-plan').disabled = !ready || !caller.may('operate');
    byId('new-start').disabled = !ready || missing || !caller.may(role);
    byId('new-role').hidden = caller.may(role);
    setText(byId('new-role'), 'This needs the role ' + role + '. You have the role ' + caller.role + '.');
  },

  start(opener) {
    const action = this.action();
    const valid = this.valid;
    if (!action.changesHosts) return page.safely(() => this.begin(action.name));
    const [parameters, text] = [[...this.parameters()], byId('new-text').value];
    page.askFirst({
      plan: this.isPlanned(action) ? null : () => preview.show(action.name, parameters, text),
      title: action.name + ' ' + valid.cluster + '?',
      text: action.title + '. ' + plural(valid.hosts, 'host') + ' may be changed.',
      yes: this.yes(action),
      danger: action.asksFirst,
      name: action.asksFirst ? valid.cluster : '',
      work: () => this.begin(action.name, true),
      opener,
    });
  },

  /** Does what the plan of that run said, and nothing else: the engine makes the plan again, and compares. */
  async applyPlan(model, opener) {
    const run = model.run;
    if (!this.actions.length) await this.readActions();
    const action = this.offered.spec;
    const text = await this.textOf(run.id);
    // The journal does not keep secrets; they are written into the form.
    if (HIDDEN.test(text)) {
      location.hash = '#/new/' + [run.id, action, 'plan', run.id].map(encodeURIComponent).join('/');
      return;
    }
    page.askFirst({
      title: 'Apply this plan to ' + run.cluster + '?',
      text: 'The plan is made again first. If anything would be done otherwise now, the run is refused, and nothing is changed.',
      yes: 'Apply this plan',
      work: () => this.post(action, [...Object.entries(run.parameters || {}), ['plan', run.id]], text),
      opener,
    });
  },

  async send(action, parameters, text) {
    const query = new URLSearchParams([['action', action], ...parameters]);
    const run = await ask('/runs?' + query, {method: 'POST', headers: {'Content-Type': 'application/yaml'}, body: text});
    this.sent.set(run.id, text);
    return run;
  },

  async post(action, parameters, text) {
    const run = await this.send(action, parameters, text);
    await page.list();
    page.go(run.id);
  },

  async begin(name, inDialog) {
    const taken = this.actions.find(action => action.name === name).parameters.map(parameter => parameter.name);
    byId('new-refused').hidden = true;
    try {
      // A plan is made with the parameters of what it plans.
      await this.post(
        name,
        [...this.parameters()].filter(([parameter]) => taken.includes(parameter)),
        byId('new-text').value,
      );
    } catch (problem) {
      if (inDialog || !problem.status) throw problem;
      byId('new-refused').hidden = false;
      setText(byId('new-refused'), problem.message);
    }
  },

  wire() {
    const area = byId('new-text');
    area.addEventListener('input', () => {
      this.from = '';
      byId('new-from').value = '';
      this.changed();
    });
    area.addEventListener('keydown', event => {
      if (completion.key(event)) return;
      // Escape releases Tab, so that the keyboard alone gets out of the text.
      if (event.key === 'Escape') area.dataset.leave = 'yes';
      else if (event.key === 'Tab' && !event.shiftKey && !area.dataset.leave) {
        event.preventDefault();
        area.setRangeText('  ', area.selectionStart, area.selectionEnd, 'end');
        area.dispatchEvent(new Event('input'));
      }
    });
    area.addEventListener('blur', () => {
      delete area.dataset.leave;
    });
    byId('new-from').addEventListener('change', event => {
      const from = event.target.value;
      if (EXAMPLES.has(from)) this.fill(EXAMPLES.get(from), from);
      else if (from) page.safely(() => this.take(from));
    });
    byId('new-open').addEventListener('click', () => byId('new-file').click());
    byId('new-file').addEventListener('change', event => {
      this.open(event.target.files[0]);
      event.target.value = '';
    });
    const frame = byId('new-editor');
    frame.addEventListener('dragover', event => event.preventDefault());
    frame.addEventListener('drop', event => {
      event.preventDefault();
      this.open(event.dataTransfer.files[0]);
    });
    byId('new-action').addEventListener('change', () => this.drawForm());
    byId('new-steps').addEventListener('toggle', event => {
      if (event.target.open) page.safely(() => this.drawSteps());
    });
    byId('new-graph').addEventListener('click', () => this.drawGraph());
    byId('new-form').addEventListener('input', () => this.allow());
    byId('graph-close').addEventListener('click', () => byId('graph').close());
    byId('new-plan').addEventListener('click', () => page.safely(() => this.begin(this.offered.plan)));
    byId('new-start').addEventListener('click', event => this.start(event.target));
  },
};

/** One line of YAML as nodes. */
function coloured(text) {
  const nodes = [];
  let at = 0;
  for (const found of text.matchAll(YAML)) {
    const kind = found.slice(1).findIndex(group => group !== undefined) + 1;
    // A # within a word is no comment.
    if (kind === 1 && found.index > 0 && !/\s/.test(text[found.index - 1])) continue;
    nodes.push(text.slice(at, found.index), el('span', {class: KINDS[kind], text: found[0]}));
    at = found.index + found[0].length;
  }
  nodes.push(text.slice(at));
  return nodes;
}

/** From where to where what is at that place is: a text in quotes, a key or a value; at least one letter, if the line has any. */
function wordAt(text, place) {
  const from = Math.max(0, Math.min(place, text.length - 1));
  const [word] = /^(?:"(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s,:[\]{}]+(?::[^\s,:[\]{}]+)*)/.exec(text.slice(from)) || [' '];
  return [from, Math.min(from + word.length, text.length)];
}

/** These nodes of a line, with what is from one place to another in elements of its own. */
function spotted(nodes, from, to) {
  let at = 0;
  return nodes.flatMap(node => {
    const text = node.textContent === undefined ? node : node.textContent;
    const [start, end] = [Math.max(0, from - at), Math.min(text.length, to - at)];
    at += text.length;
    if (start >= end) return [node];
    const piece = (part, ...names) => el('span', {class: [node.className, ...names].filter(Boolean).join(' ') || null, text: part});
    return [piece(text.slice(0, start)), piece(text.slice(start, end), 'spot'), piece(text.slice(end))].filter(each => each.textContent);
  });
}

/** The input of a parameter. */
function field(parameter) {
  const by = parameter.default === undefined ? '' : String(parameter.default) + (parameter.type === 'duration' ? 's' : '');
  const common = {name: parameter.name, required: parameter.required && parameter.type !== 'boolean', 'data-default': by};
  if (parameter.type === 'boolean') {
    return el('input', {...common, type: 'checkbox', checked: by === 'true', 'data-default': by || 'false'});
  }
  if (parameter.oneOf) {
    return el('select', common, ...parameter.oneOf.map(each => el('option', {value: each, text: each, selected: each === by})));
  }
  return el('input', {
    ...common,
    type: parameter.type === 'integer' ? 'number' : 'text',
    value: by,
    autocomplete: 'off',
    spellcheck: 'false',
  });
}
