'use strict';
/* One step on one host: its state, and its log as it grows. */

const LOG_TAIL = 64 * 1024;

/** Reads a log from the present position. New text is passed to take(text) in order; restart() reports that the log begins again. */
class LogReader {
  constructor(run, host, step, take, restart) {
    this.path = '/runs/' + encodeURIComponent(run) + '/logs?host=' + encodeURIComponent(host) + '&step=' + encodeURIComponent(step);
    this.take = take;
    this.restart = restart;
    this.at = null;
    this.whole = false;
  }

  /** Sends one request; returns more, same or none. */
  async read() {
    const asked = this.at === null ? (this.whole ? 'bytes=0-' : 'bytes=-' + LOG_TAIL) : 'bytes=' + this.at + '-';
    const answer = await fetch(api(this.path), {headers: {Range: asked}});
    const range = /bytes (?:(\d+)-(\d+)|\*)\/(\d+)/.exec(answer.headers.get('Content-Range') || '') || [];
    if (answer.status === 416) {
      // The log is shorter than what was read: it was truncated, because the step was resumed from an earlier point.
      if (this.at !== null && Number(range[3]) < this.at) this.begin(this.whole);
      return 'same';
    }
    if (answer.status === 404) return 'none';
    if (answer.status !== 206) throw new Refusal(answer.status, {});
    const bytes = await answer.arrayBuffer();
    if (this.at === null) {
      this.cut = Number(range[1]) > 0;
      this.decoder = new TextDecoder();
    }
    this.at = Number(range[2]) + 1;
    let text = this.decoder.decode(bytes, {stream: true});
    if (this.cut && this.first !== false) text = text.slice(text.indexOf('\n') + 1);
    this.first = false;
    this.take(text);
    return this.at < Number(range[3]) ? 'more' : 'same';
  }

  begin(whole) {
    this.whole = whole;
    this.at = null;
    this.first = undefined;
    this.restart();
  }
}

const panel = {
  host: null, step: null, reader: null, opener: null, timer: 0,

  get isOpen() { return !byId('cell').hidden; },

  open(host, step, opener) {
    this.opener = opener;
    this.host = host;
    this.step = step;
    byId('cell').hidden = false;
    document.body.classList.add('with-cell');
    setText(byId('cell-title'), step + ' on ' + (host || 'the cluster'));
    this.drawn = '';
    this.draw();
    const log = byId('log');
    const clear = () => { log.replaceChildren(); this.line = ''; };
    clear();
    this.reader = new LogReader(page.model.id, host, step, text => this.append(text), clear);
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
    setText(byId('log-state'), became === 'lost' ? 'The engine cannot be reached.' : became === 'none' ? (going ? 'No output so far.' : 'No output.')
      : going ? 'growing' : plural(reader.at || 0, 'byte'));
    byId('log-earlier').hidden = !reader.cut || reader.whole;
    if (became === 'more') this.read(reader);
    // Read once more after the end: the last lines may arrive with it.
    else if (going || became === 'lost' || (now && !now.endedAt && !page.model.ended)) this.timer = setTimeout(() => this.read(reader), became === 'lost' ? 2000 : 700);
    else if (!page.model.ended || step !== now) this.timer = setTimeout(() => this.read(reader), 1500);
  },

  append(text) {
    const log = byId('log');
    const lines = (this.line + text).split('\n');
    this.line = lines.pop();
    if (!lines.length) return;
    const made = document.createDocumentFragment();
    let plain = '';
    for (const line of lines) {
      if (!line.startsWith('== ')) {
        plain += line + '\n';
        continue;
      }
      made.append(plain, el('b', {text: line + '\n'}));
      plain = '';
    }
    made.append(plain);
    log.append(made);
    if (byId('log-follow').checked) log.scrollTop = log.scrollHeight;
  },

  draw() {
    const step = this.cell();
    const who = page.model && page.model.hosts.get(this.host);
    if (!this.isOpen || !who) return;
    const drawn = JSON.stringify([step, who.waitsFor, page.model.ended]);
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
      facts.replaceChildren(el('p', {class: 'soft', text: 'Not started' + (host.waitsFor && !page.model.ended ? ': ' + page.model.hostDoing(host) : '') + '.'}));
      return;
    }
    this.time = el('span');
    const rows = [
      el('p', {class: 'cell-line'}, el('span', {class: 'badge ' + step.state}, icon(step.state), STEP_WORDS[step.state]),
        el('span', {text: 'attempt ' + step.attempt}), this.time, el('span', {class: 'soft', text: 'from ' + clockTime(step.startedAt)}), el('span', {class: 'soft', text: host.address || ''}))];
    if (step.message) rows.push(el('p', {class: 'said', text: step.message}));
    if (step.state === 'retrying') {
      this.left = el('span');
      rows.push(el('p', {class: 'soft'}, 'The next attempt is due at ' + clockTime(step.retryAt) + ', in ', this.left, '.'));
    }
    if (step.failure && step.failure.remedy) rows.push(el('div', {class: 'remedy'}, el('h3', {text: 'What to do'}), el('p', {text: step.failure.remedy})));
    if (step.changes && step.changes.length) {
      rows.push(el('h3', {text: page.model.run.action === 'plan' ? 'It would change' : 'It changed'}), el('ul', {class: 'changes'}, ...step.changes.map(text => el('li', {text}))));
    }
    facts.replaceChildren(...rows);
  },

  wire() {
    byId('cell-close').addEventListener('click', () => this.close());
    byId('log-earlier').addEventListener('click', () => {
      this.reader.begin(true);
      clearTimeout(this.timer);
      this.read(this.reader);
      byId('log').focus();
    });
    byId('log').addEventListener('scroll', event => {
      const log = event.target;
      byId('log-follow').checked = log.scrollHeight - log.scrollTop - log.clientHeight < 24;
    });
  }
};
