'use strict';
/* The host-by-step matrix. Rows and cells are made once and then only changed where something changed.
   One file although it is long: order, filters, widths and keys all go by the same rows. */

const FEW_HOSTS = 24;

const matrix = {
  model: null,
  rows: new Map(),
  heads: new Map(),
  filter: '',
  state: '',
  collapse: null,
  quietSince: new Map(),
  open: null,
  many: false,
  wide: new Set(),
  following: true,
  followed: '',
  placed: 0,
  placedIn: 0,

  show(model) {
    this.model = model;
    this.rows.clear();
    this.quietSince.clear();
    this.state = '';
    this.collapse = null;
    model.stepsChanged = true;
    byId('find-host').value = this.filter = '';
    byId('matrix-scroll').scrollLeft = 0;
    this.setFollowing(true);
    this.draw();
  },

  isCollapsing() {
    return this.collapse === null ? this.model.hosts.size > FEW_HOSTS : this.collapse;
  },

  draw() {
    const model = this.model;
    if (!model) return;
    if (model.stepsChanged) this.build();
    const dirty = [...model.dirty];
    model.dirty.clear();
    for (const name of dirty) {
      const row = this.rows.get(name);
      if (row) this.drawRow(row);
    }
    this.arrange();
    this.follow();
  },

  /** Keeps the columns of the steps that run in view, until the user scrolls: all of them, or the last ones if there is no room for all. */
  follow() {
    byId('follow-steps').parentNode.hidden = this.model.ended;
    if (this.model.ended || !this.following) return;
    const scroll = byId('matrix-scroll');
    const busy = this.model.steps.filter(step =>
      [...this.model.hosts.values()].some(host => host.cells.has(step) && !host.cells.get(step).endedAt),
    );
    const followed = [scroll.clientWidth, this.model.steps.length, ...busy].join(' ');
    if (!busy.length || !scroll.clientWidth || this.followed === followed) return;
    this.followed = followed;
    const [first, last] = [busy[0], busy[busy.length - 1]].map(step => this.heads.get(step).parentNode);
    const hosts = byId('matrix').tHead.rows[0].cells[0].offsetWidth;
    // What is under the hint that there is more to scroll counts as not in view.
    const most = first.offsetLeft - hosts;
    const least = last.offsetLeft + last.offsetWidth + (last.nextSibling ? 36 : 0) - scroll.clientWidth;
    scroll.scrollLeft = Math.max(least, Math.min(most, scroll.scrollLeft));
    this.placed = scroll.scrollLeft;
    this.placedIn = scroll.clientWidth;
  },

  setFollowing(on) {
    this.following = on;
    this.followed = '';
    this.placed = byId('matrix-scroll').scrollLeft;
    byId('follow-steps').checked = on;
  },

  build() {
    const model = this.model;
    model.stepsChanged = false;
    this.heads.clear();
    const cells = model.steps.map(step => {
      const bar = el('span', {class: 'bar', 'aria-hidden': 'true'});
      const title = el('span', {class: 'step-name'});
      step.split('-').forEach((word, index) => title.append(...(index ? ['-', document.createElement('wbr'), word] : [word])));
      this.heads.set(step, bar);
      return el('th', {scope: 'col', title: step}, title, bar);
    });
    byId('matrix').tHead.replaceChildren(el('tr', {}, el('th', {scope: 'col', class: 'host', text: 'Host'}), ...cells));
    // The row of the cluster as a whole is the last one.
    const names = [...model.hosts.keys()].filter(name => name !== CLUSTER).concat(model.hosts.has(CLUSTER) ? [CLUSTER] : []);
    const focused = document.activeElement && document.activeElement.closest('#matrix td');
    const place = focused ? [focused.dataset.host, focused.dataset.step] : null;
    this.rows = new Map(names.map(name => [name, this.buildRow(model.hosts.get(name))]));
    this.fold = this.foldRow();
    // Columns have fixed widths: otherwise each changed figure would cause the browser to measure all columns again.
    this.many = this.rows.size > 60;
    byId('matrix').classList.toggle('many', this.many);
    this.setWidths();
    byId('matrix').tBodies[0].replaceChildren(...[...this.rows.values()].map(row => row.tr), this.fold.tr);
    this.order = '';
    this.rows.forEach(row => this.drawRow(row));
    const again = place && this.cellOf(place[0], place[1]);
    if (again) {
      again.tabIndex = 0;
      again.focus({preventScroll: true});
    } else if (this.rows.size && model.steps.length) byId('matrix').querySelector('td').tabIndex = 0;
  },

  /** Names are shown in full if there is room; a column that shows attempts is wider. */
  setWidths() {
    const table = byId('matrix');
    const phone = matchMedia('(max-width: 600px)').matches;
    const longest = Math.max(8, ...[...this.rows.keys()].map(name => name.length));
    const hosts = phone ? Math.min(168, Math.max(112, 40 + 8.6 * longest)) : Math.min(300, Math.max(196, 48 + 8.6 * longest));
    table.style.setProperty('--host', hosts + 'px');
    if (!this.many || phone) {
      table.style.width = '';
      this.heads.forEach(bar => {
        bar.parentNode.style.width = '';
      });
      return;
    }
    const wide = new Set(
      [...this.model.hosts.values()].flatMap(host => [...host.cells.values()].filter(step => step.attempt > 1).map(step => step.step)),
    );
    let all = hosts;
    this.heads.forEach((bar, step) => {
      const width = wide.has(step) ? 96 : 76;
      bar.parentNode.style.width = width + 'px';
      all += width;
    });
    table.style.width = all + 'px';
    this.wide = wide;
  },

  setWidthsSoon() {
    matrix.setWidths();
  },

  buildRow(host) {
    const mark = icon('pending');
    const doing = el('span', {class: 'doing'});
    const role = host.roles.includes('control-plane') ? 'control plane' : host.roles[0] || '';
    const head = el(
      'th',
      {scope: 'row', class: 'host'},
      mark,
      el(
        'span',
        {class: 'who'},
        el('span', {class: 'name', text: host.name === CLUSTER ? 'cluster' : host.name, title: host.name}),
        el('span', {class: 'role', text: role}),
      ),
      doing,
    );
    const cells = new Map(
      this.model.steps.map(step => {
        const td = el('td', {role: 'gridcell', tabindex: '-1', 'data-host': host.name, 'data-step': step});
        return [step, {td, drawn: ''}];
      }),
    );
    return {host, tr: el('tr', {'data-host': host.name}, head, ...[...cells.values()].map(cell => cell.td)), head, mark, doing, cells};
  },

  drawRow(row) {
    const state = this.model.hostState(row.host);
    if (row.state !== state) {
      row.state = state;
      row.tr.dataset.state = state;
      setIcon(row.mark, state);
    }
    this.drawDoing(row);
    for (const [name, cell] of row.cells) this.drawCell(cell, row.host, row.host.cells.get(name), name);
  },

  drawDoing(row) {
    const doing = this.model.hostDoing(row.host);
    setText(row.doing, doing);
    setAttribute(row.doing, 'title', doing);
  },

  drawCell(cell, host, step, name) {
    const who = host.name || 'cluster';
    if (!step) {
      if (cell.drawn !== 'none') {
        cell.drawn = 'none';
        setAttribute(cell.td, 'aria-label', who + ', ' + name + ': not started');
        setText(cell.td, '');
        cell.td.removeAttribute('data-attempt');
        cell.td.className = '';
      }
      return;
    }
    const going = !step.endedAt && !this.model.ended;
    const drawn = [step.state, step.attempt].join(' ');
    if (cell.drawn !== drawn) {
      cell.drawn = drawn;
      // There are thousands of cells, so each is one element: the style sheet draws its icon and its attempt.
      cell.td.className = step.state;
      if (this.many && step.attempt > 1 && !this.wide.has(name)) soon(this.setWidthsSoon);
      setAttribute(cell.td, 'data-attempt', step.attempt > 1 && '\u00d7' + step.attempt);
      setAttribute(
        cell.td,
        'aria-label',
        who + ', ' + name + ': ' + STEP_WORDS[step.state] + (step.attempt > 1 ? ', attempt ' + step.attempt : ''),
      );
    }
    // How far it is, if what it says ends with a count: 3/7.
    const count = going && step.state === 'running' && /(?:^| )(\d{1,4}\/\d{1,4})$/.exec(step.message || '');
    setText(cell.td, count ? count[1] : step.endedAt || going ? since(step.startedAt, step.endedAt) : '');
  },

  /** Updates running times, and nothing else. */
  tick() {
    const model = this.model;
    // If a column is missing, everything is drawn again soon.
    if (!model || model.ended || model.stepsChanged) return;
    for (const row of this.rows.values()) {
      if (row.tr.hidden) continue;
      if (row.state === 'retrying') this.drawDoing(row);
      for (const step of row.host.cells.values()) {
        if (!step.endedAt) this.drawCell(row.cells.get(step.step), row.host, step, step.step);
      }
    }
    this.arrange();
  },

  matches(row) {
    if (!this.filter) return true;
    const host = row.host;
    return [host.name || 'cluster', host.address || '', ...host.roles].some(text => text.toLowerCase().includes(this.filter));
  },

  /** A later step may still run on a host whose pipeline has ended; the host is collapsed when it has been idle for a while. */
  isQuiet(row) {
    if (row.state !== 'ok') {
      this.quietSince.delete(row.host.name);
      return false;
    }
    if (this.model.ended) return true;
    if (!this.quietSince.has(row.host.name)) this.quietSince.set(row.host.name, Date.now());
    return Date.now() - this.quietSince.get(row.host.name) > 3000;
  },

  /** The visible rows, and the counts above them. */
  arrange() {
    const counts = {};
    const bars = new Map(this.model.steps.map(step => [step, {}]));
    const put = [];
    const collapsing = this.isCollapsing() && !this.state && !this.filter;
    for (const row of this.rows.values()) {
      const real = row.host.name !== CLUSTER;
      if (real) counts[row.state] = (counts[row.state] || 0) + 1;
      for (const [step, each] of row.host.cells) bars.get(step)[each.state] = (bars.get(step)[each.state] || 0) + 1;
      const seen = this.matches(row) && (!this.state || row.state === this.state);
      const away = seen && real && collapsing && this.isQuiet(row);
      if (away) put.push(row);
      if (row.tr.hidden !== (!seen || away)) row.tr.hidden = !seen || away;
    }
    this.failedFirst();
    this.drawFold(put);
    this.drawBars(bars);
    this.drawChips(counts);
    const box = byId('collapse');
    if (box.checked !== this.isCollapsing()) box.checked = this.isCollapsing();
    const stop = byId('matrix').querySelector('[tabindex="0"]');
    if (!stop || stop.closest('tr').hidden) {
      if (stop) stop.tabIndex = -1;
      const first = byId('matrix').querySelector('tr:not([hidden]) > td');
      if (first) first.tabIndex = 0;
    }
  },

  /** Among many hosts, those that failed come first, each in the spec's order. */
  failedFirst() {
    const first =
      this.rows.size > FEW_HOSTS ? [...this.rows.values()].filter(row => row.state === 'failed' && row.host.name !== CLUSTER) : [];
    const order = first.map(row => row.host.name).join(' ');
    if (this.order === order) return;
    this.order = order;
    const body = byId('matrix').tBodies[0];
    const focused = document.activeElement;
    const rows = [...first, ...[...this.rows.values()].filter(row => !first.includes(row))].map(row => row.tr);
    let at = body.firstElementChild;
    for (const tr of rows) {
      if (tr === at) at = at.nextElementSibling;
      else body.insertBefore(tr, at);
    }
    if (focused && focused !== document.activeElement && body.contains(focused)) focused.focus({preventScroll: true});
  },

  foldRow() {
    const button = el('button', {type: 'button', class: 'quiet', onclick: () => this.setCollapse(false)});
    const cells = new Map(this.model.steps.map(step => [step, el('td', {role: 'gridcell', class: 'sum', tabindex: '-1'})]));
    return {
      tr: el('tr', {class: 'fold', hidden: true}, el('th', {scope: 'row', class: 'host'}, icon('ok'), button), ...cells.values()),
      button,
      cells,
    };
  },

  drawFold(rows) {
    const fold = this.fold;
    fold.tr.hidden = rows.length === 0;
    if (!rows.length) return;
    setText(fold.button, plural(rows.length, 'host') + ', all ok');
    fold.button.title = 'Show ' + plural(rows.length, 'host') + ' that are all ok';
    for (const [step, td] of fold.cells) {
      const states = {};
      rows.forEach(row => {
        const each = row.host.cells.get(step);
        if (each) states[each.state] = (states[each.state] || 0) + 1;
      });
      const text = Object.entries(states)
        .map(([state, count]) => state + ' ' + count)
        .join(', ');
      if (td.dataset.drawn === text) continue;
      td.dataset.drawn = text;
      td.replaceChildren(...Object.entries(states).map(([state, count]) => el('span', {class: state}, icon(state), String(count))));
      setAttribute(td, 'aria-label', step + ': ' + text);
    }
  },

  drawBars(bars) {
    const order = ['failed', 'retrying', 'running', 'changed', 'ok', 'skipped'];
    const all = Math.max(1, this.rows.size);
    for (const [step, states] of bars) {
      const bar = this.heads.get(step);
      const drawn = order.map(state => states[state] || 0).join(' ');
      if (!bar || bar.dataset.drawn === drawn) continue;
      bar.dataset.drawn = drawn;
      bar.replaceChildren(
        ...order
          .filter(state => states[state])
          .map(state => {
            const part = el('span', {class: state});
            part.style.width = (100 * states[state]) / all + '%';
            return part;
          }),
      );
    }
  },

  drawChips(counts) {
    const all = Object.values(counts).reduce((sum, count) => sum + count, 0);
    const chips = [
      ['', 'All', all],
      ...Object.entries(HOST_WORDS)
        .filter(([state]) => counts[state] || this.state === state)
        .map(([state, word]) => [state, word, counts[state] || 0]),
    ];
    const drawn = JSON.stringify([chips, this.state]);
    if (this.chipsDrawn === drawn) return;
    this.chipsDrawn = drawn;
    const focused = document.activeElement && document.activeElement.dataset.chip;
    byId('chips').replaceChildren(
      ...chips.map(([state, word, count]) =>
        el(
          'button',
          {
            type: 'button',
            class: 'chip ' + state,
            'data-chip': state || 'all',
            'aria-pressed': String(this.state === state),
            onclick: () => {
              this.state = state;
              this.arrange();
            },
          },
          state && icon(state),
          word + ' ',
          el('b', {text: count}),
        ),
      ),
    );
    const again = focused && byId('chips').querySelector('[data-chip="' + focused + '"]');
    if (again) again.focus();
  },

  setCollapse(on) {
    this.collapse = on;
    const first = this.fold.tr.contains(document.activeElement) && [...this.rows.values()].find(row => row.tr.hidden && row.state === 'ok');
    this.arrange();
    if (first) moveFocus(byId('matrix'), first.tr.querySelector('td'));
  },

  cellOf(host, step) {
    const row = this.rows.get(host);
    const cell = row && row.cells.get(step);
    return cell && cell.td;
  },

  key(event) {
    const td = event.target.closest('td');
    if (!td) return;
    const rows = [...byId('matrix').tBodies[0].rows].filter(row => !row.hidden);
    const column = td.cellIndex;
    const row = rows.indexOf(td.parentNode);
    const at = (r, c) => rows[Math.max(0, Math.min(rows.length - 1, r))].cells[Math.max(1, Math.min(td.parentNode.cells.length - 1, c))];
    const moves = {
      ArrowLeft: [row, column - 1],
      ArrowRight: [row, column + 1],
      ArrowUp: [row - 1, column],
      ArrowDown: [row + 1, column],
      Home: [event.ctrlKey ? 0 : row, 1],
      End: [event.ctrlKey ? rows.length : row, 9999],
      PageUp: [row - 10, column],
      PageDown: [row + 10, column],
    };
    if (moves[event.key]) {
      event.preventDefault();
      moveFocus(byId('matrix'), at(...moves[event.key]));
    } else if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      if (td.dataset.step) panel.open(td.dataset.host, td.dataset.step, td);
      else if (td.closest('.fold')) this.setCollapse(false);
    }
  },

  /** The tooltip of a cell. */
  hint(td) {
    const step = this.model.hosts.get(td.dataset.host).cells.get(td.dataset.step);
    setAttribute(
      td,
      'title',
      step &&
        [step.step + ' on ' + (step.host || 'cluster') + ': ' + STEP_WORDS[step.state], step.message, ...(step.changes || []).slice(0, 12)]
          .filter(Boolean)
          .join('\n'),
    );
  },

  wire() {
    hintEdges(byId('matrix-scroll'));
    byId('matrix-scroll').addEventListener(
      'scroll',
      event => {
        const isUser = event.target.clientWidth === this.placedIn && Math.abs(event.target.scrollLeft - this.placed) > 2;
        if (this.following && isUser) this.setFollowing(false);
      },
      {passive: true},
    );
    byId('follow-steps').addEventListener('change', event => {
      this.setFollowing(event.target.checked);
      soon(() => this.follow());
    });
    byId('matrix').addEventListener('mouseover', event => {
      const td = event.target.closest('td[data-step]');
      if (td) this.hint(td);
    });
    byId('matrix').addEventListener('keydown', event => this.key(event));
    byId('matrix').addEventListener('click', event => {
      const td = event.target.closest('td[data-step]');
      if (!td) return;
      moveFocus(byId('matrix'), td);
      panel.open(td.dataset.host, td.dataset.step, td);
    });
    byId('find-host').addEventListener('input', event => {
      this.filter = event.target.value.trim().toLowerCase();
      soon(() => this.arrange());
    });
    byId('collapse').addEventListener('change', event => this.setCollapse(event.target.checked));
    addEventListener('resize', () =>
      soon(() => {
        if (this.model) {
          this.setWidths();
          this.follow();
        }
      }),
    );
    byId('legend').append(
      ...Object.entries(STEP_WORDS).map(([state, word]) => el('span', {class: state}, icon(state), word)),
      el('span', {text: '\u00d72 second attempt'}),
      el('span', {text: 'Arrows move, Enter opens a cell, Escape closes it'}),
    );
  },
};
