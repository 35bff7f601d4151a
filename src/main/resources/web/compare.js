'use strict';
/* Two runs side by side: how they ended, how long each step took, what each changed, and how their specs differ. */

/** Above this number of pairs of lines, texts are not compared line by line. */
const MOST_PAIRS = 4e6;
const CONTEXT = 3;

const compare = {
  place: null,
  asked: '',

  /** @param one the newer of the two usually; without the other, the one before it of the same cluster and action is taken */
  async show(one, other) {
    this.place = byId('compare');
    this.asked = one + ' ' + other;
    const asked = this.asked;
    const first = await this.read(one);
    const same = (await ask('/runs?' + new URLSearchParams({cluster: first.run.cluster, limit: 200}))).runs.filter(
      run => run.id !== first.run.id,
    );
    const id =
      other ||
      (
        same.find(run => run.action === first.run.action && run.createdAt < first.run.createdAt) ||
        same.find(run => run.action === first.run.action) ||
        same[0] ||
        {}
      ).id;
    const second = id && (await this.read(id));
    if (this.asked !== asked) return;
    this.place.replaceChildren(
      el('a', {class: 'back', href: '#/', text: 'All runs'}),
      el('h1', {text: 'Compare two runs of ' + first.run.cluster}),
      this.tools(first, second, same),
      ...(second ? this.parts(second, first) : [el('p', {class: 'soft', text: 'The journal has no other run of this cluster.'})]),
    );
  },

  async read(id) {
    const path = '/runs/' + encodeURIComponent(id);
    const [run, timeline, spec] = await Promise.all([ask(path), ask(path + '/timeline'), askText(path + '/spec')]);
    return {run, timeline, spec};
  },

  tools(first, second, same) {
    const known = second && !same.some(run => run.id === second.run.id) ? [second.run, ...same] : same;
    const choice = el(
      'select',
      {
        id: 'compare-with',
        onchange: event => {
          location.hash = '#/compare/' + [first.run.id, event.target.value].map(encodeURIComponent).join('/');
        },
      },
      ...known.map(run =>
        el('option', {
          value: run.id,
          text: run.action + ' of ' + when(run.createdAt) + ', ' + run.state + ', ' + run.id,
          selected: second && run.id === second.run.id,
        }),
      ),
    );
    return el(
      'div',
      {class: 'tools'},
      el('a', {href: '#/runs/' + encodeURIComponent(first.run.id), text: first.run.action + ' ' + first.run.id}),
      known.length ? el('label', {class: 'check'}, 'with ', choice) : null,
    );
  },

  parts(before, after) {
    return [...this.facts(before, after), ...this.durations(before, after), ...this.changes(before, after), ...this.specs(before, after)];
  },

  /** The older of the two is on the left. */
  facts(before, after) {
    const of = ({run}) => [
      el('a', {class: 'run-link ' + run.state, href: '#/runs/' + encodeURIComponent(run.id)}, icon(run.state), ' ' + run.id),
      run.action,
      run.state,
      when(run.createdAt),
      run.endedAt ? since(run.createdAt, run.endedAt) : '',
      plural(run.hosts.length, 'host'),
    ];
    const names = ['run', 'action', 'state', 'begun', 'took', 'on'];
    return [
      scrolling(
        'The two runs',
        el(
          'table',
          {class: 'data', id: 'compare-facts'},
          el(
            'tbody',
            {},
            ...names.map((name, index) =>
              el('tr', {}, el('th', {scope: 'row', text: name}), el('td', {}, of(before)[index]), el('td', {}, of(after)[index])),
            ),
          ),
        ),
      ),
    ];
  },

  /** The attempts of each step, summed over the hosts: in the order of the later run, what only the earlier one had last. */
  durations(before, after) {
    const [one, other] = [before, after].map(each => this.sums(each));
    const steps = [...new Set([...other.keys(), ...one.keys()])];
    const most = Math.max(1, ...steps.map(step => Math.abs(took(other, step) - took(one, step))));
    const rows = steps.map(step => {
      const by = took(other, step) - took(one, step);
      const bar = el('span', {class: 'sum-bar ' + (by > 0 ? 'more' : 'less')});
      bar.style.width = (100 * Math.abs(by)) / most + '%';
      return el(
        'tr',
        {},
        el('th', {scope: 'row', text: step}),
        el('td', {class: 'figure', text: one.has(step) ? duration(took(one, step)) : ''}),
        el('td', {class: 'figure', text: other.has(step) ? duration(took(other, step)) : ''}),
        el('td', {
          class: 'figure',
          text: one.has(step) && other.has(step) ? (by < 0 ? '\u2212' : '+') + duration(Math.abs(by)) : one.has(step) ? 'gone' : 'new',
        }),
        el('td', {class: 'sum-cell'}, bar),
      );
    });
    return [
      el('h2', {text: 'Durations by step'}),
      el('p', {class: 'soft', text: 'All attempts on all hosts together.'}),
      scrolling(
        'Durations by step',
        el(
          'table',
          {class: 'data', id: 'compare-durations'},
          headings(['Step', before.run.id, after.run.id, 'Difference', ''], [1, 2, 3]),
          el('tbody', {}, ...rows),
        ),
      ),
    ];
  },

  sums({timeline}) {
    const sums = new Map();
    for (const span of timeline.spans) {
      if (span.kind !== 'attempt' || !span.endedAt) continue;
      sums.set(span.step, took(sums, span.step) + Date.parse(span.endedAt) - Date.parse(span.startedAt));
    }
    return sums;
  },

  changes(before, after) {
    const [one, other] = [before, after].map(
      ({run}) =>
        new Set(
          run.steps.flatMap(step =>
            step.state === 'changed'
              ? (step.changes || [step.message || 'changed']).map(change => JSON.stringify([step.host || 'cluster', step.step, change]))
              : [],
          ),
        ),
    );
    const gone = [...one].filter(change => !other.has(change));
    const come = [...other].filter(change => !one.has(change));
    const both = one.size - gone.length;
    const rows = [
      ...gone.map(change => ['\u2212', before.run.id, ...JSON.parse(change)]),
      ...come.map(change => ['+', after.run.id, ...JSON.parse(change)]),
    ];
    return [
      el('h2', {text: 'Changes'}),
      el('p', {
        class: 'soft',
        text: plural(both, 'change') + (both === 1 ? ' is' : ' are') + ' in both' + (rows.length ? '.' : '; there are no others.'),
      }),
      rows.length
        ? scrolling(
            'Changes',
            el(
              'table',
              {class: 'data wide', id: 'compare-changes'},
              headings(['', 'Only in', 'Host', 'Step', 'Change']),
              el(
                'tbody',
                {},
                ...rows.map(cells => el('tr', {class: cells[0] === '+' ? 'come' : 'gone'}, ...cells.map(text => el('td', {text})))),
              ),
            ),
          )
        : null,
    ];
  },

  specs(before, after) {
    const lines = difference(before.spec.split('\n'), after.spec.split('\n'));
    const alike = lines.every(([sign]) => sign === ' ');
    return [
      el('h2', {text: 'Specs'}),
      alike
        ? el('p', {class: 'soft', text: 'The two have the same spec.'})
        : el(
            'pre',
            {class: 'diff', id: 'compare-specs', tabindex: '0', 'aria-label': 'What differs between the specs'},
            ...hunks(lines).map(([sign, text]) =>
              el(
                'span',
                {class: sign === '+' ? 'come' : sign === '-' ? 'gone' : sign === '@' ? 'cut' : ''},
                sign === '@' ? text : sign + ' ' + text,
                '\n',
              ),
            ),
          ),
    ];
  },
};

const took = (sums, step) => sums.get(step) || 0;

/** The lines of both texts, each with a blank, - or +: the longest common part is kept. */
function difference(one, other) {
  let alike = 0;
  while (alike < one.length && alike < other.length && one[alike] === other[alike]) alike++;
  let last = 0;
  while (last < one.length - alike && last < other.length - alike && one[one.length - 1 - last] === other[other.length - 1 - last]) last++;
  const [left, right] = [one.slice(alike, one.length - last), other.slice(alike, other.length - last)];
  return [
    ...one.slice(0, alike).map(text => [' ', text]),
    ...middle(left, right),
    ...one.slice(one.length - last).map(text => [' ', text]),
  ];
}

function middle(left, right) {
  if (left.length * right.length > MOST_PAIRS) return [...left.map(text => ['-', text]), ...right.map(text => ['+', text])];
  const width = right.length + 1;
  const common = new Uint32Array((left.length + 1) * width);
  for (let i = left.length - 1; i >= 0; i--) {
    for (let j = right.length - 1; j >= 0; j--) {
      common[i * width + j] =
        left[i] === right[j] ? common[(i + 1) * width + j + 1] + 1 : Math.max(common[(i + 1) * width + j], common[i * width + j + 1]);
    }
  }
  const lines = [];
  let [i, j] = [0, 0];
  while (i < left.length || j < right.length) {
    if (i < left.length && j < right.length && left[i] === right[j]) lines.push([' ', left[i++], j++]);
    else if (i < left.length && (j === right.length || common[(i + 1) * width + j] >= common[i * width + j + 1]))
      lines.push(['-', left[i++]]);
    else lines.push(['+', right[j++]]);
  }
  return lines;
}

/** Only what differs, with some lines around it. */
function hunks(lines) {
  const near = lines.map(() => false);
  lines.forEach(([sign], at) => {
    if (sign !== ' ') near.fill(true, Math.max(0, at - CONTEXT), at + CONTEXT + 1);
  });
  const shown = [];
  lines.forEach((line, at) => {
    if (near[at]) shown.push(line);
    else if (at === 0 || near[at - 1]) shown.push(['@', '\u2026']);
  });
  return shown;
}
