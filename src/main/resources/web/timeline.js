'use strict';
/* Steps by host over time: attempts, pauses before the next one, and waits. */

const HUES = 10;
/** A shorter pause between two steps is the engine's own work. */
const SHORT = 1000;
const IDLE = 'waits for other hosts';
const TICKS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400];

const timeline = {
  run: null,
  answer: null,
  asked: 0,
  pause: 2000,

  /** Requests the timeline, at most every two seconds, and less often if drawing takes long. */
  async refresh(force) {
    const model = page.model;
    if (!model || byId('view-timeline').hidden) return;
    if (!force && (Date.now() - this.asked < this.pause || (this.run === model.id && this.answer && this.answer.seq === model.seq))) return;
    this.asked = Date.now();
    const answer = await ask('/runs/' + encodeURIComponent(model.id) + '/timeline');
    if (page.model !== model) return;
    this.run = model.id;
    this.answer = answer;
    this.idle = undefined;
    soon(() => this.draw());
  },

  draw() {
    const model = page.model;
    if (!this.answer || !model || this.run !== model.id) return;
    const begin = Date.parse(model.run.startedAt || model.run.createdAt);
    // A paused run ends with its last event.
    const lastHeard = Math.max(begin + 1000, ...this.answer.spans.map(span => Date.parse(span.endedAt || span.startedAt)));
    const end = model.run.endedAt ? Date.parse(model.run.endedAt) : model.left ? lastHeard : clock.now();
    this.scale = {begin, end: Math.max(end, begin + 1000)};
    this.idle = this.idle || this.between(begin);
    const place = this.place();
    const before = performance.now();
    this.rows();
    this.sums();
    this.notes();
    this.pause = Math.max(2000, 20 * (performance.now() - before));
    const again = place && byId('time').querySelectorAll('button.span')[place];
    if (again) moveFocus(byId('time'), again);
  },

  place() {
    const all = [...byId('time').querySelectorAll('button.span')];
    const at = all.indexOf(document.activeElement);
    return at < 0 ? 0 : at;
  },

  /** The colour of each step; the second ten are striped. */
  hue(step) {
    const index = Math.max(0, page.model.steps.indexOf(step));
    return 'hue' + (index % HUES) + (index >= HUES ? ' striped' : '');
  },

  /** The times in which a host has no step although more follow, and no event says what it waits for. */
  between(begin) {
    const real = new Set([...page.model.hosts.keys()].filter(name => name !== CLUSTER));
    const until = new Map();
    const gaps = [];
    for (const span of this.answer.spans) {
      if (!real.has(span.host)) continue;
      const last = until.has(span.host) ? until.get(span.host) : begin;
      const from = Date.parse(span.startedAt);
      if (from - last > SHORT)
        gaps.push({
          kind: 'wait',
          idle: true,
          host: span.host,
          startedAt: new Date(last).toISOString(),
          endedAt: span.startedAt,
          message: IDLE,
        });
      until.set(span.host, Math.max(last, span.endedAt ? Date.parse(span.endedAt) : Infinity));
    }
    return gaps;
  },

  /** A step's name if there is room; otherwise its last word or its initials. */
  short(step, pixels) {
    const words = step.split('-');
    const last = words[words.length - 1];
    const own = page.model.steps.every(other => other === step || !other.split('-').includes(last));
    const fits = text => text.length * 6.2 + 8 <= pixels;
    if (fits(step) || (pixels > 60 && !(own && fits(last)))) return step;
    return [...(own ? [last] : []), ...(words.length > 1 ? [words.map(word => word[0]).join('')] : [])].find(fits) || '';
  },

  left(at) {
    return (100 * (at - this.scale.begin)) / (this.scale.end - this.scale.begin);
  },

  /** The width of a duration on the screen. */
  pixels(millis) {
    return (this.width * millis) / (this.scale.end - this.scale.begin);
  },

  rows() {
    const longest = Math.max(8, ...[...page.model.hosts.keys()].map(name => name.length));
    this.names = matchMedia('(max-width: 600px)').matches ? 104 : Math.min(240, Math.max(144, 24 + 9 * longest));
    byId('time').style.setProperty('--host', this.names + 'px');
    this.width = Math.max(200, byId('time-scroll').clientWidth - this.names) * Number(byId('zoom').value);
    const byHost = new Map([...page.model.hosts.keys()].map(name => [name, []]));
    for (const span of [...this.answer.spans, ...this.idle].sort((one, other) => Date.parse(one.startedAt) - Date.parse(other.startedAt))) {
      const name = span.host || CLUSTER;
      if (!byHost.has(name)) byHost.set(name, []);
      byHost.get(name).push(span);
    }
    const rows = [...byHost].map(([name, spans]) => {
      const lanes = [];
      const bars = spans.map(span => this.bar(span, name, lanes));
      const track = el('div', {class: 'track', role: 'gridcell'}, ...bars);
      track.style.height = Math.max(1, lanes.length) * 20 + 4 + 'px';
      return el(
        'div',
        {class: 'time-row', role: 'row'},
        el('div', {class: 'time-host', role: 'rowheader', text: this.named(name || 'cluster'), title: name || 'cluster'}),
        track,
      );
    });
    const time = byId('time');
    time.style.width = 'calc(' + byId('zoom').value + ' * (100% - ' + this.names + 'px) + ' + this.names + 'px)';
    time.replaceChildren(this.axis(), ...rows);
    const first = time.querySelector('button.span');
    if (first) first.tabIndex = 0;
  },

  /** The names of a cluster's hosts usually differ at the end, so the beginning is left out. */
  named(name) {
    const room = Math.floor((this.names - 20) / 9);
    const head = Math.max(2, Math.floor(room / 3));
    return name.length <= room ? name : name.slice(0, head) + '\u2026' + name.slice(head + 1 - room);
  },

  axis() {
    const seconds = (this.scale.end - this.scale.begin) / 1000;
    const zoom = Number(byId('zoom').value);
    const most = Math.max(3, byId('time-scroll').clientWidth / 90) * zoom;
    const tick = TICKS.find(each => seconds / each <= most) || 86400;
    const marks = [];
    for (let at = 0; at <= seconds; at += tick) {
      const mark = el('span', {
        class: 'tick',
        text:
          at === 0
            ? '0'
            : duration(at * 1000)
                .replace('.0s', 's')
                .replace('m00s', 'm'),
      });
      mark.style.left = (100 * at) / seconds + '%';
      marks.push(mark);
    }
    return el(
      'div',
      {class: 'time-row axis', 'aria-hidden': 'true'},
      el('div', {class: 'time-host'}),
      el('div', {class: 'track'}, ...marks),
    );
  },

  bar(span, name, lanes) {
    const from = Date.parse(span.startedAt);
    const to = span.endedAt ? Date.parse(span.endedAt) : this.scale.end;
    let lane = lanes.findIndex(until => until <= from + 1);
    if (lane < 0) lane = lanes.push(0) - 1;
    lanes[lane] = to;
    const what =
      span.kind === 'wait' ? span.message || 'waits' : span.kind === 'pause' ? span.step + ': pause before the next attempt' : span.step;
    const state = span.kind === 'attempt' ? span.state || 'running' : '';
    const text =
      what +
      (span.attempt > 1 && span.kind === 'attempt' ? ', attempt ' + span.attempt : '') +
      ', ' +
      duration(to - from) +
      (state ? ', ' + state : '');
    const bar = el(
      'button',
      {
        type: 'button',
        tabindex: '-1',
        class: ['span', span.kind, state, span.kind === 'attempt' && this.hue(span.step)].filter(Boolean).join(' '),
        title: text + (span.message && span.kind !== 'wait' ? '\n' + span.message : ''),
        'aria-label': (name || 'cluster') + ': ' + text,
        'data-host': name,
        'data-step': span.step || null,
      },
      span.kind === 'attempt' && (state === 'failed' || state === 'retrying') ? icon(state) : null,
      el('span', {text: span.kind === 'attempt' ? this.short(span.step, this.pixels(to - from)) : ''}),
    );
    bar.style.left = this.left(from) + '%';
    bar.style.width = Math.max(0, this.left(to) - this.left(from)) + '%';
    bar.style.top = lane * 20 + 2 + 'px';
    return bar;
  },

  /** For each step: the number of hosts, the sum, the longest. Waits and pauses have separate lines. */
  sums() {
    const sums = new Map();
    for (const span of [...this.answer.spans, ...this.idle]) {
      const name = span.kind === 'wait' ? span.message || 'waits' : span.kind === 'pause' ? 'pauses before another attempt' : span.step;
      const took = (span.endedAt ? Date.parse(span.endedAt) : this.scale.end) - Date.parse(span.startedAt);
      const sum = sums.get(name) || {name, kind: span.kind, step: span.step, took: 0, longest: -1, hosts: new Set(), attempts: 0};
      sum.took += took;
      sum.attempts++;
      sum.hosts.add(span.host || 'cluster');
      if (took > sum.longest) Object.assign(sum, {longest: took, on: span.host || 'cluster'});
      sums.set(name, sum);
    }
    const all = [...sums.values()].sort((one, other) => other.took - one.took);
    const most = Math.max(1, ...all.map(sum => sum.took));
    const rows = all.map(sum => {
      const bar = el('span', {class: 'sum-bar ' + (sum.kind === 'attempt' ? this.hue(sum.step) : sum.kind)});
      bar.style.width = (100 * sum.took) / most + '%';
      return el(
        'tr',
        {},
        el('th', {scope: 'row', text: sum.name}),
        el('td', {class: 'sum-cell'}, bar),
        el('td', {class: 'figure', text: duration(sum.took)}),
        el('td', {class: 'figure', text: duration(sum.longest)}),
        el('td', {text: sum.on}),
        el('td', {class: 'figure', text: sum.hosts.size}),
      );
    });
    byId('sums').replaceChildren(headings(['Step', '', 'Sum', 'Longest', 'On', 'Hosts'], [2, 3, 5]), el('tbody', {}, ...rows));
  },

  notes() {
    const notes = this.answer.notes;
    byId('notes-title').hidden = notes.length === 0;
    byId('notes').replaceChildren(
      ...notes.map(note =>
        el(
          'li',
          {},
          el('time', {text: clockTime(note.at)}),
          el('span', {text: (note.host ? note.host + ': ' : '') + (note.message || '')}),
        ),
      ),
    );
  },

  key(event) {
    const bar = event.target.closest('button.span');
    if (!bar || !event.key.startsWith('Arrow')) return;
    event.preventDefault();
    const rows = [...byId('time').querySelectorAll('.track')]
      .map(track => [...track.querySelectorAll('button.span')])
      .filter(row => row.length);
    const row = rows.findIndex(each => each.includes(bar));
    const column = rows[row].indexOf(bar);
    const nearest = other =>
      other &&
      other.reduce((best, each) =>
        Math.abs(parseFloat(each.style.left) - parseFloat(bar.style.left)) <
        Math.abs(parseFloat(best.style.left) - parseFloat(bar.style.left))
          ? each
          : best,
      );
    moveFocus(
      byId('time'),
      {
        ArrowLeft: rows[row][column - 1],
        ArrowRight: rows[row][column + 1],
        ArrowUp: nearest(rows[row - 1]),
        ArrowDown: nearest(rows[row + 1]),
      }[event.key],
    );
  },

  wire() {
    hintEdges(byId('time-scroll'));
    reachable(byId('sums').parentNode);
    byId('zoom').addEventListener('input', () => soon(() => this.draw()));
    byId('time').addEventListener('keydown', event => this.key(event));
    byId('time').addEventListener('click', event => {
      const bar = event.target.closest('button.span');
      if (bar && bar.dataset.step) panel.open(bar.dataset.host, bar.dataset.step, bar);
    });
    byId('span-legend').append(
      el('span', {}, el('i', {class: 'swatch attempt'}), 'a step, by colour'),
      el('span', {}, el('i', {class: 'swatch pause'}), 'pause before another attempt'),
      el('span', {}, el('i', {class: 'swatch wait'}), 'wait for other hosts, or for a turn'),
      el('span', {class: 'failed'}, icon('failed'), 'failed'),
    );
  },
};
