'use strict';
/* How long the run may still take: by the last one of this action that succeeded, as the terminal says it. */

const former = {
  of: '', length: 0, ends: [],

  async find(model) {
    this.of = '';
    if (model.ended) return;
    const query = new URLSearchParams({cluster: model.run.cluster, action: model.run.action, state: 'succeeded', before: model.id, limit: 1});
    const [last] = (await ask('/runs?' + query)).runs;
    if (!last || last.rehearsal !== model.run.rehearsal) return;
    const run = await ask('/runs/' + encodeURIComponent(last.id));
    const start = Date.parse(run.startedAt || run.createdAt);
    this.length = Date.parse(run.endedAt) - start;
    this.ends = run.steps.filter(step => step.endedAt).map(step => Date.parse(step.endedAt) - start).sort((one, other) => one - other);
    this.of = model.id;
    if (page.model === model) page.drawAbout();
  },

  /** The present run is where the former one was when as many steps had ended; from there on it is thought to take as long. */
  left(model) {
    const run = model.run;
    if (this.of !== model.id || model.ended || model.left || !run.startedAt) return null;
    const ends = [...model.hosts.values()].flatMap(host => [...host.cells.values()].filter(step => step.endedAt).map(step => Date.parse(step.endedAt)));
    if (ends.length > this.ends.length) return null;
    const there = ends.length ? this.ends[ends.length - 1] : 0;
    const since = ends.length ? Math.max(...ends) : Date.parse(run.startedAt);
    const millis = this.length - there - (clock.now() - since);
    return {done: ends.length, all: this.ends.length, words: millis <= 0 ? '' : millis < 60000 ? 'under 1 min left' : 'about ' + Math.round(millis / 60000) + ' min left'};
  },

  draw(model) {
    const left = this.left(model);
    const bar = byId('progress');
    bar.hidden = !left;
    if (!left) return '';
    if (bar.max !== left.all) bar.max = Math.max(1, left.all);
    if (bar.value !== left.done) bar.value = left.done;
    return left.words;
  }
};
