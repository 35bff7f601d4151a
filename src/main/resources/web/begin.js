'use strict';
/* A new run: a spec, what is wrong with it as one types, and an action with its parameters. */

const EXAMPLE = `apiVersion: caravan/v1
kind: Cluster
metadata: {name: demo}
spec:
  kubernetes: {version: 1.37.2}
  packages: {mirror: community}
  ssh: {user: root}
  hosts:
    - {name: h1, address: 192.0.2.11, roles: [control-plane]}
    - {name: h2, address: 192.0.2.12, roles: [worker]}
    - {name: h3, address: 192.0.2.13, roles: [worker]}
`;
/** What the journal has in the place of a secret. */
const HIDDEN = /(^|[\s:[{,])(['"]?)\*\*\*\2\s*($|[,}\]#])/m;
/** In this order: the rest of a line that is a comment, a key, a text in quotes, a number or a word of YAML. */
const YAML = /(#.*$)|((?<=^|[\s{,[-])[A-Za-z][\w.\/-]*(?=:(?:\s|$)))|("(?:[^"\\]|\\.)*"|'(?:[^']|'')*')|(\b(?:true|false|null|\d[\w.:\/]*)\b)/g;
const KINDS = ['', 'y-comment', 'y-key', 'y-text', 'y-value'];
const PAUSE = 350;

const newRun = {
  actions: [], checking: 0, timer: 0, wrong: [], valid: null, from: '',
  /** The specs that this page has sent, by run: the journal has them without their secrets. */
  sent: new Map(),

  async readActions() {
    this.actions = (await ask('/actions')).actions;
    this.drawChoice();
  },

  /** With the spec of that run, that action, and one of its parameters, where they are given. */
  async show(run, action, parameter, value) {
    if (!this.actions.length) await this.readActions();
    this.drawSources((await ask('/runs?limit=200')).runs);
    if (run && this.from !== run) await this.take(run);
    if (run) this.choose(action || 'apply', parameter, value);
    if (!byId('new-text').value) this.fill(EXAMPLE, 'example');
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

  fill(text, from) {
    this.from = from;
    byId('new-text').value = text;
    byId('new-from').value = [...byId('new-from').options].some(option => option.value === from) ? from : '';
    this.wrong = [];
    this.paint();
    this.look(0);
  },

  // ---- the spec

  /** The text in colours, below the text area, whose own text cannot be seen. */
  paint() {
    const marked = new Map(this.wrong.map(problem => [problem.line, problem]));
    const lines = byId('new-text').value.split('\n').map((text, index) => {
      const problem = marked.get(index + 1);
      return el('div', {class: problem ? 'wrong' : null, title: problem && problem.message}, ...coloured(text), '\n');
    });
    byId('new-paint').replaceChildren(...lines);
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
      ...this.wrong.map(problem => el('li', {}, el('button', {type: 'button', class: 'host-link', text: problem.line + ':' + problem.column,
        'aria-label': 'Go to line ' + problem.line, onclick: () => this.goTo(problem)}),
        el('span', {}, el('b', {text: problem.path ? problem.path + ': ' : ''}), problem.message, el('span', {class: 'soft', text: ' \u2192 ' + problem.remedy})))),
      ...relaxed.map(line => el('li', {class: 'soft'}, el('span', {text: line}))));
  },

  goTo(problem) {
    const area = byId('new-text');
    const lines = area.value.split('\n');
    const start = lines.slice(0, problem.line - 1).reduce((sum, line) => sum + line.length + 1, 0);
    area.focus();
    area.setSelectionRange(start + problem.column - 1, start + (lines[problem.line - 1] || '').length);
    const painted = byId('new-paint').children[problem.line - 1];
    if (painted) painted.scrollIntoView({block: 'center', inline: 'nearest'});
  },

  /** The newest run of each cluster. */
  drawSources(newest) {
    const seen = new Set();
    const runs = newest.filter(run => !seen.has(run.cluster) && seen.add(run.cluster));
    byId('new-from').replaceChildren(
      el('option', {value: '', text: 'my own'}),
      el('option', {value: 'example', text: 'an example'}),
      ...runs.map(run => el('option', {value: run.id, text: run.cluster + ', ' + run.action + ' of ' + when(run.createdAt)})));
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
    const shown = this.actions.filter(action => !action.plan);
    byId('new-action').replaceChildren(...shown.map(action => el('option', {value: action.name, text: action.name + (action.builtIn ? '' : ' (yours)')})));
    byId('new-action').value = 'apply';
    this.drawForm();
  },

  choose(name, parameter, value) {
    if (!this.actions.some(action => action.name === name && !action.plan)) return;
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
    byId('new-form').replaceChildren(...action.parameters.map(parameter => el('label', {class: parameter.type === 'boolean' ? 'check' : 'field'},
      parameter.type === 'boolean' ? field(parameter) : el('span', {text: parameter.name + (parameter.required ? '' : ' (optional)')}),
      parameter.type === 'boolean' ? el('span', {text: parameter.name}) : field(parameter),
      el('span', {class: 'soft', text: parameter.description}))));
    setText(byId('new-start'), action.name === 'apply' ? 'Apply' : 'Start ' + action.name);
    byId('new-start').className = 'strong' + (action.asksFirst ? ' danger' : '');
    byId('new-steps').open = false;
    byId('new-graph').href = '#/workflow/' + encodeURIComponent(action.name);
    byId('new-plan').hidden = action.name !== 'apply';
    byId('new-refused').hidden = true;
    this.allow();
  },

  /** The steps of the action in the order of its routes, as the workflow that is loaded now has them. */
  async drawSteps() {
    const {steps, sure} = await workflow.plan(this.action().name);
    byId('new-steps').querySelector('ol').replaceChildren(...steps.map(step => el('li', {}, el('code', {text: step}), sure.has(step) ? null : el('span', {class: 'soft', text: ' if needed'}))));
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
      // What apply would change, its own plan says.
      plan: action.name === 'apply' ? null : () => preview.show(action.name, parameters, text),
      title: action.name + ' ' + valid.cluster + '?',
      text: action.title + '. ' + plural(valid.hosts, 'host') + ' may be changed.',
      yes: action.name === 'apply' ? 'Apply' : 'Start ' + action.name, danger: action.asksFirst, name: action.asksFirst ? valid.cluster : '',
      work: () => this.begin(action.name, true), opener
    });
  },

  /** Does what the plan of that run said, and nothing else: the engine makes the plan again, and compares. */
  async applyPlan(model, opener) {
    const run = model.run;
    const text = await this.textOf(run.id);
    // The journal does not keep secrets; they are written into the form.
    if (HIDDEN.test(text)) {
      location.hash = '#/new/' + [run.id, 'apply', 'plan', run.id].map(encodeURIComponent).join('/');
      return;
    }
    page.askFirst({
      title: 'Apply this plan to ' + run.cluster + '?',
      text: 'The plan is made again first. If anything would be done otherwise now, the run is refused, and nothing is changed.',
      yes: 'Apply this plan', work: () => this.post('apply', [...Object.entries(run.parameters || {}), ['plan', run.id]], text), opener
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
      await this.post(name, [...this.parameters()].filter(([parameter]) => taken.includes(parameter)), byId('new-text').value);
    } catch (problem) {
      if (inDialog || !problem.status) throw problem;
      byId('new-refused').hidden = false;
      setText(byId('new-refused'), problem.message);
    }
  },

  wire() {
    const area = byId('new-text');
    area.addEventListener('input', () => { this.from = ''; byId('new-from').value = ''; this.changed(); });
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
    area.addEventListener('blur', () => { delete area.dataset.leave; });
    byId('new-from').addEventListener('change', event => {
      const from = event.target.value;
      if (from === 'example') this.fill(EXAMPLE, from);
      else if (from) page.safely(() => this.take(from));
    });
    byId('new-open').addEventListener('click', () => byId('new-file').click());
    byId('new-file').addEventListener('change', event => { this.open(event.target.files[0]); event.target.value = ''; });
    const frame = byId('new-editor');
    frame.addEventListener('dragover', event => event.preventDefault());
    frame.addEventListener('drop', event => { event.preventDefault(); this.open(event.dataTransfer.files[0]); });
    byId('new-action').addEventListener('change', () => this.drawForm());
    byId('new-steps').addEventListener('toggle', event => { if (event.target.open) page.safely(() => this.drawSteps()); });
    byId('new-form').addEventListener('input', () => this.allow());
    byId('new-plan').addEventListener('click', () => page.safely(() => this.begin('plan')));
    byId('new-start').addEventListener('click', event => this.start(event.target));
  }
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
  return el('input', {...common, type: parameter.type === 'integer' ? 'number' : 'text', value: by, autocomplete: 'off', spellcheck: 'false'});
}
