'use strict';
/* What a plan would change, with diffs: hosts that have the same plan together. */

const plan = {
  drawn: '',

  draw() {
    const model = page.model;
    const drawn = model.id + ' ' + model.seq;
    if (this.drawn === drawn) return;
    this.drawn = drawn;
    const groups = this.groups(model);
    const nothing = groups.every(group => !group.changes.length);
    byId('view-plan').replaceChildren(
      ...(nothing
        ? [el('p', {class: 'soft', text: 'Nothing to change: the hosts are as the spec says.'})]
        : groups.map(group => this.group(group))),
    );
  },

  /** By what would change, as the engine has it. What concerns the cluster as a whole is apart. */
  groups(model) {
    const groups = new Map();
    for (const host of model.hosts.values()) {
      const steps = model.steps.map(step => host.cells.get(step)).filter(step => step && step.state === 'changed');
      const changes = steps.flatMap(step =>
        (step.changes || [step.message || 'changed']).map(change => ({
          step: step.step,
          change,
          diffs: (step.diffs || []).filter(diff => diff.change === change),
        })),
      );
      if (!host.name && !changes.length) continue;
      const key = host.alike || host.name;
      if (!groups.has(key)) groups.set(key, {hosts: [], changes});
      groups.get(key).hosts.push(host.name || 'cluster');
    }
    return [...groups.values()];
  },

  group({hosts, changes}) {
    const steps = [...new Set(changes.map(each => each.step))];
    return el(
      'article',
      {class: 'planned'},
      el('h2', {text: hosts.join(', ') + (hosts.length > 4 ? ' (' + plural(hosts.length, 'host') + ')' : '')}),
      ...(changes.length
        ? steps.map(step =>
            el('section', {}, el('h3', {text: step}), ...changes.filter(each => each.step === step).map(each => this.change(each))),
          )
        : [el('p', {class: 'soft', text: 'Nothing to change.'})]),
    );
  },

  change({change, diffs}) {
    if (!diffs.length) return el('p', {class: 'said', text: change});
    return el(
      'details',
      {open: true},
      el('summary', {text: change}),
      ...diffs.map(each => el('pre', {class: 'diff', tabindex: '0', 'aria-label': each.subject}, ...diffLines(each.diff))),
    );
  },
};
