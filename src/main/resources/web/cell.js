'use strict';
/* One step on one host: its state, its attempts, what it changed. */

const panel = {
  host: null,
  step: null,
  attempts: [],
  asked: '',
  planned: null,
  reader: null,
  opener: null,
  timer: 0,

  get isOpen() {
    return !byId('cell').hidden;
  },

  open(host, step, opener) {
    this.opener = opener;
    this.host = host;
    this.step = step;
    this.attempts = [];
    this.asked = '';
    byId('cell').hidden = false;
    document.body.classList.add('with-cell');
    setText(byId('cell-title'), step + ' on ' + (host || 'the cluster'));
    this.drawn = '';
    this.draw();
    logView.begin(page.model.id, host, step);
    this.reader = new LogReader(
      page.model.id,
      host,
      step,
      text => logView.append(text),
      () => logView.clear(),
    );
    clearTimeout(this.timer);
    if (host) this.read(this.reader);
    else setText(byId('log-state'), 'Steps of the cluster as a whole print no log.');
    byId('log-earlier').hidden = true;
    byId('cell-title').focus();
    // The cell that was opened stays visible beside the panel.
    if (opener) opener.scrollIntoView({block: 'nearest', inline: 'nearest'});
  },

  close() {
    if (!this.isOpen) return;
    byId('cell').hidden = true;
    document.body.classList.remove('with-cell');
    clearTimeout(this.timer);
    this.reader = null;
    const opener = this.opener && this.opener.isConnected ? this.opener : matrix.cellOf(this.host, this.step);
    if (opener) opener.focus();
  },

  cell() {
    const host = page.model && page.model.hosts.get(this.host);
    return host && host.cells.get(this.step);
  },

  async read(reader) {
    if (this.reader !== reader || !this.isOpen) return;
    const step = this.cell();
    const going = step && !step.endedAt && !page.model.ended;
    let became = 'lost';
    try {
      became = await reader.read();
    } catch (problem) {
      if (problem.status) became = 'none';
    }
    if (this.reader !== reader || !this.isOpen) return;
    const now = this.cell();
    setText(
      byId('log-state'),
      became === 'lost'
        ? 'The engine cannot be reached.'
        : became === 'none'
          ? going
            ? 'No output so far.'
            : 'No output.'
          : going
            ? 'growing'
            : plural(reader.at || 0, 'byte'),
    );
    byId('log-earlier').hidden = !reader.cut || reader.whole;
    if (became === 'more') this.read(reader);
    // Read once more after the end: the last lines may arrive with it.
    else if (going || became === 'lost' || (now && !now.endedAt && !page.model.ended))
      this.timer = setTimeout(() => this.read(reader), became === 'lost' ? 2000 : 700);
    else if (!page.model.ended || step !== now) this.timer = setTimeout(() => this.read(reader), 1500);
  },

  draw() {
    const step = this.cell();
    const who = page.model && page.model.hosts.get(this.host);
    if (!this.isOpen || !who) return;
    page.safely(() => this.readAttempts(step));
    page.safely(() => this.readPlanned(step));
    const drawn = JSON.stringify([step, who.waitsFor, page.model.ended, page.model.run.rolledBackBy, this.attempts, this.diffs(step)]);
    if (this.drawn !== drawn) {
      this.drawn = drawn;
      this.facts(step, who);
    }
    if (step && this.left) setText(this.left, until(step.retryAt));
    if (step && this.time) setText(this.time, step.endedAt || !page.model.ended ? since(step.startedAt, step.endedAt) : 'unknown');
  },

  facts(step, host) {
    this.time = null;
    this.left = null;
    const facts = byId('cell-facts');
    if (!step) {
      facts.replaceChildren(
        el('p', {class: 'soft', text: 'Not started' + (host.waitsFor && !page.model.ended ? ': ' + page.model.hostDoing(host) : '') + '.'}),
      );
      return;
    }
    this.time = el('span');
    const rows = [
      el(
        'p',
        {class: 'cell-line'},
        el('span', {class: 'badge ' + step.state}, icon(step.state), STEP_WORDS[step.state]),
        el('span', {text: 'attempt ' + step.attempt}),
        this.time,
        el('span', {class: 'soft', text: 'from ' + clockTime(step.startedAt)}),
        el('span', {class: 'soft', text: host.address || ''}),
      ),
    ];
    if (step.message) rows.push(el('p', {class: 'said', text: step.message}));
    if (step.state === 'retrying') {
      this.left = el('span');
      rows.push(el('p', {class: 'soft'}, 'The next attempt is due at ' + clockTime(step.retryAt) + ', in ', this.left, '.'));
    }
    if (step.failure && step.failure.remedy)
      rows.push(el('div', {class: 'remedy'}, el('h3', {text: 'What to do'}), el('p', {text: step.failure.remedy})));
    if (this.attempts.length > 1)
      rows.push(el('h3', {text: 'Attempts'}), el('ol', {class: 'attempts'}, ...this.attempts.map(each => this.attempt(each))));
    rows.push(...this.changes(step, host));
    facts.replaceChildren(...rows);
  },

  /** The attempts of a step that needed more than one, each with why it was not the last: as the run's timeline has them. */
  async readAttempts(step) {
    const asked = step && step.attempt > 1 ? [step.host, step.step, step.attempt, step.state].join(' ') : '';
    if (!asked || this.asked === asked) return;
    this.asked = asked;
    const spans = (await ask('/runs/' + encodeURIComponent(page.model.id) + '/timeline')).spans.filter(
      span => span.step === step.step && (span.host || CLUSTER) === (step.host || CLUSTER),
    );
    if (this.asked !== asked) return;
    const attempts = spans.filter(span => span.kind === 'attempt');
    this.attempts = attempts.map(span => {
      const pause = spans.find(other => other.kind === 'pause' && other.startedAt === span.endedAt);
      return {
        number: span.attempt,
        state: span.state || 'running',
        at: span.startedAt,
        endedAt: span.endedAt,
        reason: (pause && pause.message) || '',
      };
    });
    const last = this.attempts[this.attempts.length - 1];
    if (last && !last.reason && step.message && step.endedAt) last.reason = step.message;
    this.draw();
  },

  /** Steps have diffs in a plan only. What a run did by a plan is what that said. */
  async readPlanned(step) {
    const {id, plan} = {id: page.model.id, plan: (page.model.run.parameters || {}).plan};
    if (!plan || !step || !(step.changes || []).length || (this.planned && this.planned.of === id)) return;
    this.planned = {of: id, plan, steps: []};
    this.planned.steps = (await ask('/runs/' + encodeURIComponent(plan))).steps;
    this.draw();
  },

  diffs(step) {
    if (!step || (step.diffs && step.diffs.length)) return step && step.diffs;
    const same =
      this.planned &&
      this.planned.of === page.model.id &&
      this.planned.steps.find(each => each.step === step.step && each.host === step.host);
    return (same && same.diffs) || [];
  },

  attempt({number, state, at, endedAt, reason}) {
    const word = state === 'retrying' ? 'failed' : state === 'interrupted' ? 'skipped' : state;
    return el(
      'li',
      {},
      el('span', {class: 'badge ' + word}, icon(word), number + ' ' + (state === 'interrupted' ? 'interrupted' : word)),
      el('span', {class: 'soft', text: clockTime(at) + (endedAt ? ', ' + since(at, endedAt) : '')}),
      reason ? el('span', {class: 'said', text: reason}) : null,
    );
  },

  /** What it changed, with diffs where there are any, and whether that was undone. */
  changes(step, host) {
    const changes = step.changes || [];
    const undo = host.cells.get('undo-' + step.step);
    const by = page.model.run.rolledBackBy;
    const undone =
      step.state === 'rolled-back'
        ? 'All of it was rolled back' + (undo && undo.endedAt ? ' at ' + clockTime(undo.endedAt) : '') + '.'
        : step.state === 'changed' && by
          ? 'Run ' + by + ' rolled it back.'
          : '';
    if (!changes.length) return undone ? [el('p', {class: 'soft', text: undone})] : [];
    const diffs = this.diffs(step).filter(diff => changes.includes(diff.change));
    const plain = changes.filter(change => !diffs.some(diff => diff.change === change));
    return [
      el('h3', {text: page.model.run.plan ? 'It would change' : 'It changed'}),
      undone ? el('p', {class: 'soft', text: undone}) : null,
      plain.length ? el('ul', {class: 'changes'}, ...plain.map(text => el('li', {text}))) : null,
      diffs.length && !(step.diffs || []).length
        ? el(
            'p',
            {class: 'soft'},
            'As the plan ',
            el('a', {href: '#/runs/' + encodeURIComponent(this.planned.plan) + '/plan', text: this.planned.plan}),
            ' showed it:',
          )
        : null,
      ...changes
        .filter(change => !plain.includes(change))
        .map(change => plan.change({change, diffs: diffs.filter(diff => diff.change === change)})),
    ].filter(Boolean);
  },

  wire() {
    logView.wire();
    byId('cell-close').addEventListener('click', () => this.close());
    byId('log-earlier').addEventListener('click', () => {
      this.reader.begin(true);
      clearTimeout(this.timer);
      this.read(this.reader);
      byId('log').focus();
    });
  },
};
