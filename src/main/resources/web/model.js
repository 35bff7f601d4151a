'use strict';
/* A run as the page knows it: the answer of the API, and the events since then. */

const STEP_WORDS = {
  ok: 'ok',
  changed: 'changed',
  skipped: 'skipped',
  failed: 'failed',
  running: 'running',
  retrying: 'will be retried',
  'rolled-back': 'changed, then rolled back',
};
const HOST_WORDS = {
  failed: 'Failed',
  retrying: 'Retrying',
  running: 'Running',
  waiting: 'Waiting',
  between: 'Between steps',
  ok: 'All ok',
  'rolled-back': 'Rolled back',
  pending: 'Not started',
};
const CLUSTER = '';

class RunModel {
  /**
   * @param plan the steps that the loaded workflow has for this action, in order, the sure ones, and those that end a host's pipeline;
   * may be missing
   */
  constructor(run, plan) {
    this.plan = plan || {steps: [], sure: new Set(), last: []};
    this.reset(run);
  }

  reset(run) {
    clock.set(run.now);
    this.run = run;
    this.id = run.id;
    this.seq = run.seq;
    this.hosts = new Map(run.hosts.map(host => [host.name, {...host, cells: new Map()}]));
    this.dirty = new Set();
    // As in the terminal's table, there is a column for each step that the run has met; here also for those that it is sure to meet.
    const known = new Set(run.steps.map(step => step.step));
    this.steps = this.plan.steps.filter(step => known.has(step) || (!run.endedAt && this.plan.sure.has(step)));
    const met = [...run.steps].sort((one, other) => Date.parse(one.startedAt) - Date.parse(other.startedAt));
    for (const step of met) this.put(step.host || CLUSTER, step);
    this.stepsChanged = true;
  }

  get ended() {
    return Boolean(this.run.endedAt);
  }

  /** The run has not ended, and no engine works on it: its engine has ended. */
  get left() {
    return !this.ended && this.run.possible.includes('resume');
  }

  get state() {
    return this.left ? 'unfinished' : this.run.state;
  }

  host(name) {
    if (!this.hosts.has(name)) {
      this.hosts.set(name, {name, address: '', roles: [], cells: new Map()});
      this.stepsChanged = true;
    }
    return this.hosts.get(name);
  }

  put(name, step) {
    if (!this.steps.includes(step.step)) {
      this.steps.splice(this.placeOf(step.step), 0, step.step);
      this.stepsChanged = true;
    }
    this.host(name).cells.set(step.step, step);
    this.dirty.add(name);
  }

  /** Where the column of a step that was met belongs: in the workflow's order; steps that the workflow does not have come last. */
  placeOf(step) {
    const order = this.plan.steps.indexOf(step);
    const later = order < 0 ? -1 : this.steps.findIndex(each => this.plan.steps.indexOf(each) > order || !this.plan.steps.includes(each));
    return later < 0 ? this.steps.length : later;
  }

  /** Applies the next event; false if it was applied before. */
  take(event) {
    if (event.seq <= this.seq) return false;
    this.seq = event.seq;
    clock.offset = Math.max(clock.offset, Date.parse(event.at) - Date.now());
    const data = event.data || {};
    if (event.type === 'run-started') Object.assign(this.run, {state: 'running', startedAt: event.at});
    if (event.type === 'run-ended') Object.assign(this.run, {state: data.state, endedAt: event.at, message: event.message, possible: []});
    if (event.type === 'host-waiting' && event.host) {
      const host = this.host(event.host);
      if (host.waitsFor !== event.message) Object.assign(host, {waitsFor: event.message, waitsSince: event.at});
      this.dirty.add(event.host);
    }
    if (event.type === 'cancel-requested' && data.by) this.run.cancelledBy = data.by;
    if (event.type === 'run-resumed' && data.by) this.run.resumedBy = data.by;
    if (event.type === 'host-rolled-back') this.rolledBack(this.host(event.host));
    if (event.step && event.type.startsWith('step-')) this.step(event, data);
    return true;
  }

  rolledBack(host) {
    host.rolledBack = true;
    for (const step of host.cells.values()) if (step.state === 'changed' && !step.step.startsWith('undo-')) step.state = 'rolled-back';
    this.dirty.add(host.name);
  }

  step(event, data) {
    const name = event.host || CLUSTER;
    const host = this.host(name);
    const before = host.cells.get(event.step);
    const continues = before && (before.endedAt === undefined || event.type !== 'step-started');
    const step = {
      host: event.host,
      step: event.step,
      attempt: event.attempt || (before ? before.attempt : 1),
      startedAt: continues ? before.startedAt : event.at,
      message: '',
    };
    if (event.type === 'step-started') {
      step.state = 'running';
      delete host.waitsFor;
    } else if (event.type === 'step-progress') {
      Object.assign(step, {state: 'running', message: event.message});
    } else if (event.type === 'step-retry') {
      Object.assign(step, {
        state: 'retrying',
        message: event.message,
        cause: event.cause,
        retryAt: new Date(Date.parse(event.at) + (data.delayMillis || 0)).toISOString(),
      });
    } else {
      Object.assign(step, {
        state: STEP_WORDS[data.state] ? data.state : 'ok',
        endedAt: event.at,
        message: event.message,
        cause: event.cause,
        changes: data.changes,
        diffs: data.diffs,
      });
      if (!before && data.durationMillis) step.startedAt = new Date(Date.parse(event.at) - data.durationMillis).toISOString();
      if (data.state === 'failed') step.failure = {kind: data.kind || '', remedy: data.remedy || '', lastWords: data.lastWords || []};
    }
    this.put(name, step);
  }

  /** The unfinished step of a host that began last. */
  current(host) {
    if (this.ended) return undefined;
    return [...host.cells.values()].filter(step => !step.endedAt).sort((one, other) => (one.startedAt < other.startedAt ? 1 : -1))[0];
  }

  /** The state of a host: the worst of the states of its steps. */
  hostState(host) {
    const states = [...host.cells.values()].map(step => step.state);
    if (states.includes('failed')) return 'failed';
    if (!this.ended) {
      if (states.includes('retrying')) return 'retrying';
      if (states.includes('running')) return 'running';
      if (host.waitsFor) return 'waiting';
      // Whether more steps follow on a host is known only when its pipeline has ended.
      if (states.length && !this.plan.last.some(step => host.cells.has(step))) return 'between';
    }
    if (host.rolledBack) return 'rolled-back';
    return states.length ? 'ok' : 'pending';
  }

  /** What a host is doing, in words. */
  hostDoing(host) {
    const failed = [...host.cells.values()].find(step => step.state === 'failed');
    if (failed) return (host.rolledBack ? 'rolled back, ' : '') + failed.step + ' failed';
    const step = this.current(host);
    if (step && step.state === 'retrying') return 'again in ' + until(step.retryAt) + (step.message ? ' after: ' + step.message : '');
    if (step) return step.message || step.step;
    if (host.waitsFor && !this.ended) return host.waitsFor.replace(/^waits /, '');
    const changes = [...host.cells.values()]
      .filter(each => each.state === 'changed')
      .reduce((sum, each) => sum + Math.max(1, (each.changes || []).length), 0);
    if (!host.cells.size) return 'not started';
    if (host.rolledBack) return 'rolled back';
    return changes ? plural(changes, 'change') : 'nothing changed';
  }

  /** The failures, grouped by cause, as the engine has it. */
  causes() {
    const groups = new Map();
    for (const finding of this.run.findings || []) {
      const group = {
        title: finding.problem,
        remedy: finding.remedy,
        hosts: finding.hosts.map(name => ({host: name})),
        words: [],
        kind: 'preflight',
      };
      groups.set('finding ' + groups.size, group);
    }
    for (const host of this.hosts.values()) {
      for (const step of host.cells.values()) {
        const trying = step.state === 'retrying' && !this.ended;
        if ((step.state !== 'failed' && !trying) || (step.failure && step.failure.kind === 'refused' && groups.size)) continue;
        const failure = step.failure || {kind: '', remedy: '', lastWords: []};
        const key = [trying, step.step, failure.kind, failure.remedy, step.cause || step.message].join('\n');
        if (!groups.has(key)) {
          groups.set(key, {
            title: step.message || step.step + ' failed',
            remedy: failure.remedy,
            words: failure.lastWords,
            kind: failure.kind,
            step: step.step,
            trying,
            hosts: [],
          });
        }
        groups.get(key).hosts.push({host: host.name, step: step.step, attempt: step.attempt});
      }
    }
    return [...groups.values()].sort(
      (one, other) => (one.trying ? 1 : 0) - (other.trying ? 1 : 0) || other.hosts.length - one.hosts.length,
    );
  }
}
