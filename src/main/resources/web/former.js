'use strict';
/* How long the run may still take: by the last one of this action that succeeded, as the terminal says it; of another cluster, if this one
   has none. */

const lasted = run => Date.parse(run.endedAt) - Date.parse(run.startedAt || run.createdAt);

const former = {
  of: '',
  length: 0,
  ends: [],
  share: 1,

  async find(model) {
    this.of = '';
    if (model.ended) return;
    const [own] = await this.earlier(model, {cluster: model.run.cluster, limit: 1});
    // Of other clusters the longest one: an apply that has nothing to do is soon over.
    const last = own || (await this.earlier(model, {limit: 20})).sort((one, other) => lasted(other) - lasted(one))[0];
    if (!last) return;
    const run = await ask('/runs/' + encodeURIComponent(last.id));
    // Hosts go side by side: of more hosts there are more steps, which take no longer.
    this.share = own ? 1 : model.run.hosts.length / Math.max(1, run.hosts.length);
    const start = Date.parse(run.startedAt || run.createdAt);
    this.length = lasted(run);
    this.ends = run.steps
      .filter(step => step.endedAt)
      .map(step => Date.parse(step.endedAt) - start)
      .sort((one, other) => one - other);
    this.of = model.id;
    if (page.model === model) page.drawAbout();
  },

  async earlier(model, filter) {
    const found = await ask('/runs?' + new URLSearchParams({...filter, action: model.run.action, state: 'succeeded', before: model.id}));
    return found.runs.filter(run => run.rehearsal === model.run.rehearsal);
  },

  /** The present run is where the former one was when as many steps had ended; from there on it is thought to take as long. */
  left(model) {
    const run = model.run;
    if (this.of !== model.id || model.ended || model.left || !run.startedAt) return null;
    const ends = [...model.hosts.values()].flatMap(host =>
      [...host.cells.values()].filter(step => step.endedAt).map(step => Date.parse(step.endedAt)),
    );
    const all = Math.round(this.ends.length * this.share);
    if (ends.length > all) return null;
    const there = ends.length ? this.ends[Math.min(this.ends.length, Math.ceil(ends.length / this.share)) - 1] : 0;
    const since = ends.length ? Math.max(...ends) : Date.parse(run.startedAt);
    const millis = this.length - there - (clock.now() - since);
    return {
      done: ends.length,
      all,
      words: millis <= 0 ? '' : millis < 60000 ? 'under 1 min left' : 'about ' + Math.round(millis / 60000) + ' min left',
    };
  },

  draw(model) {
    const left = this.left(model);
    const bar = byId('progress');
    bar.hidden = !left;
    if (!left) return '';
    if (bar.max !== left.all) bar.max = Math.max(1, left.all);
    if (bar.value !== left.done) bar.value = left.done;
    return left.words;
  },
};
