'use strict';
/* The list of runs: which are asked for stands in the page's address, and older ones are read page by page. */

const PAGE_OF_RUNS = 50;
const MORE_RUNS = 200;
const RUN_STATES = ['queued', 'running', 'succeeded', 'partly', 'refused', 'failed', 'rolled-back', 'cancelled'];
/** What can be chosen, and the form's element of each. */
const FILTERS = ['state', 'action', 'cluster', 'from', 'until'];

const runList = {
  runs: [],
  known: new Map(),
  more: false,
  listed: false,
  drawn: '',
  grouped: false,
  closed: new Set(),
  filters: new URLSearchParams(),

  /** The words of the filters for the engine: days are those of the reader's clock. */
  asked() {
    const query = new URLSearchParams();
    for (const name of ['state', 'action', 'cluster']) if (this.filters.has(name)) query.set(name, this.filters.get(name));
    if (this.filters.has('from')) query.set('after', day(this.filters.get('from'), 0));
    if (this.filters.has('until')) query.set('before', day(this.filters.get('until'), 1));
    return query;
  },

  async read() {
    const query = this.asked();
    query.set('limit', PAGE_OF_RUNS);
    const filters = this.filters;
    const newest = (await ask('/runs?' + query)).runs;
    if (filters !== this.filters) return;
    const full = newest.length === PAGE_OF_RUNS;
    // Of so many new runs at once, some may be in neither list.
    if (full && this.known.size && !newest.some(run => this.known.has(run.id))) this.known.clear();
    if (!this.known.size || !full) this.more = full;
    const oldest = full ? newest[newest.length - 1] : null;
    for (const run of this.known.values()) if (!oldest || !isOlder(run, oldest)) this.known.delete(run.id);
    this.keep(newest);
    this.listed = true;
  },

  async readOlder() {
    const query = this.asked();
    query.set('limit', MORE_RUNS);
    query.set('before', this.runs[this.runs.length - 1].id);
    const filters = this.filters;
    const older = (await ask('/runs?' + query)).runs;
    if (filters !== this.filters) return;
    this.more = older.length === MORE_RUNS;
    this.keep(older);
    this.draw();
  },

  keep(runs) {
    runs.forEach(run => this.known.set(run.id, run));
    this.runs = [...this.known.values()].sort((one, other) => (isOlder(one, other) ? 1 : -1));
  },

  draw() {
    const wanted = byId('find-run').value.trim().toLowerCase();
    const shown = this.runs.filter(
      run =>
        !wanted ||
        [run.cluster, run.id, run.action, run.state, run.source, run.begunBy].some(text => (text || '').toLowerCase().includes(wanted)),
    );
    const at = page.model && !byId('run').hidden ? page.model.id : '';
    const drawn = JSON.stringify([
      shown,
      at,
      wanted,
      page.model && page.model.state,
      this.more,
      this.grouped,
      Math.floor(Date.now() / 60000),
    ]);
    if (this.drawn === drawn) return;
    this.drawn = drawn;
    const focused = document.activeElement && document.activeElement.dataset.run;
    byId('runs').replaceChildren(...(this.grouped ? this.groups(shown, at) : shown.map(run => this.item(run, at))));
    const filtered = this.filters.size > 0;
    byId('none').hidden = this.runs.length > 0 || filtered;
    byId('none-so').hidden = this.runs.length > 0 || !filtered;
    byId('older').hidden = !this.more;
    byId('clusters-known').replaceChildren(...[...new Set(this.runs.map(run => run.cluster))].map(name => el('option', {value: name})));
    const again = focused && byId('runs').querySelector('[data-run="' + CSS.escape(focused) + '"]');
    if (again) again.focus();
  },

  item(run, at) {
    const state = at === run.id && page.model.left ? 'unfinished' : run.state;
    return el(
      'li',
      {},
      el(
        'a',
        {href: '#/runs/' + run.id, 'data-run': run.id, class: state, 'aria-current': run.id === at ? 'page' : null},
        icon(state),
        el('span', {class: 'run-name'}, this.grouped ? null : el('b', {text: run.cluster}), this.grouped ? null : ' ', run.action),
        el('span', {class: 'run-when', text: when(run.createdAt)}),
        el('span', {
          class: 'run-about',
          text:
            state +
            (run.endedAt ? ', ' + since(run.createdAt, run.endedAt) : '') +
            (run.rehearsal ? ', rehearsal' : '') +
            (run.begunBy ? ', by ' + run.begunBy : ''),
        }),
        el('span', {class: 'run-id', text: run.id}),
      ),
    );
  },

  /** The cluster of the newest run first. */
  groups(runs, at) {
    const groups = new Map();
    for (const run of runs) groups.set(run.cluster, [...(groups.get(run.cluster) || []), run]);
    return [...groups].map(([cluster, own]) =>
      el(
        'li',
        {class: 'group'},
        el(
          'details',
          {open: !this.closed.has(cluster), ontoggle: event => this.closed[event.target.open ? 'delete' : 'add'](cluster)},
          el(
            'summary',
            {class: own[0].state},
            icon(own[0].state),
            el('b', {text: cluster}),
            el('span', {class: 'soft', text: plural(own.length, 'run')}),
          ),
          el('ul', {}, ...own.map(run => this.item(run, at))),
        ),
      ),
    );
  },

  // ---- the filters

  /** As the address has them; what it has besides is left out. */
  fromAddress() {
    const given = new URLSearchParams(location.search);
    const fits = {state: value => RUN_STATES.includes(value), action: isName, cluster: isName, from: isDay, until: isDay};
    this.filters = new URLSearchParams(
      FILTERS.filter(name => given.has(name) && fits[name](given.get(name))).map(name => [name, given.get(name)]),
    );
    this.grouped = given.get('group') === 'cluster';
    this.fill();
    byId('filters').open = this.filters.size > 0;
  },

  fill() {
    for (const name of FILTERS) {
      const value = this.filters.get(name) || '';
      const input = byId('by-' + name);
      if (name === 'action' && value && ![...input.options].some(option => option.value === value))
        input.append(el('option', {value, text: value}));
      if (input.value !== value) input.value = value;
    }
    setText(byId('filters').firstElementChild, 'Filter' + (this.filters.size ? ' (' + this.filters.size + ')' : ''));
    byId('by-none').hidden = this.filters.size === 0;
    byId('by-group').checked = this.grouped;
  },

  choose() {
    const chosen = FILTERS.map(name => [name, byId('by-' + name).value.trim()]).filter(
      ([name, value]) => value && (name !== 'cluster' || isName(value)),
    );
    this.set(new URLSearchParams(chosen));
  },

  set(filters) {
    this.filters = filters;
    this.known.clear();
    this.keepInAddress();
    this.fill();
    page.safely(() => page.list());
  },

  keepInAddress() {
    const kept = new URLSearchParams(this.filters);
    if (this.grouped) kept.set('group', 'cluster');
    history.replaceState(null, '', location.pathname + (kept.size ? '?' + kept : '') + location.hash);
  },

  async offerActions() {
    const known = new Set([...byId('by-action').options].map(option => option.value));
    const actions = (await ask('/actions')).actions.map(action => action.name).filter(name => !known.has(name));
    byId('by-action').append(...actions.map(name => el('option', {value: name, text: name})));
  },

  wire() {
    byId('by-state').append(...RUN_STATES.map(state => el('option', {value: state, text: state})));
    this.fromAddress();
    byId('find-run').addEventListener('input', () => soon(() => this.draw()));
    byId('older').addEventListener('click', () => page.safely(() => this.readOlder()));
    byId('filters').addEventListener('toggle', () => {
      if (byId('filters').open) page.safely(() => this.offerActions());
    });
    for (const name of FILTERS) byId('by-' + name).addEventListener('change', () => this.choose());
    byId('by-group').addEventListener('change', event => {
      this.grouped = event.target.checked;
      this.keepInAddress();
      this.draw();
    });
    byId('by-none').addEventListener('click', () => {
      this.set(new URLSearchParams());
      byId('filters').firstElementChild.focus();
    });
  },
};

const isName = value => /^[a-z0-9][a-z0-9-]{0,62}$/.test(value);
const isDay = value => /^\d{4}-\d\d-\d\d$/.test(value) && !isNaN(Date.parse(value));

/** As the engine sorts: of runs that began in one moment, the lesser id comes first. */
const isOlder = (run, other) =>
  Date.parse(run.createdAt) < Date.parse(other.createdAt) ||
  (Date.parse(run.createdAt) === Date.parse(other.createdAt) && run.id > other.id);

/** The beginning of that day, or of one some days later, by the reader's clock. */
function day(text, later) {
  const [year, month, date] = text.split('-').map(Number);
  return new Date(year, month - 1, date + later).toISOString();
}
