'use strict';
/* The run that is shown, the connection to the engine, and the actions on the run. One file although it is long: all of it
   is about the one run that is shown and the one question that may be open. */

const VIEWS = {matrix: 'Hosts', plan: 'Plan', timeline: 'Timeline', problems: 'Problems', workflow: 'Workflow'};
/** The types of events; of others only the gap in the numbers is seen. */
const EVENTS = [
  'run-queued',
  'run-started',
  'checkpoint-passed',
  'run-requested',
  'run-resumed',
  'cancel-requested',
  'run-given-up',
  'host-waiting',
  'host-rolled-back',
  'step-started',
  'step-progress',
  'step-retry',
  'step-ended',
  'note',
  'run-ended',
];
/** What the address names besides runs. */
const SCREENS = ['workflow', 'new', 'clusters', 'compare'];
const ROLES = ['view', 'operate', 'admin'];
const ACTIONS = {
  cancel: {
    word: 'Cancel',
    yes: 'Cancel the run',
    text: model =>
      'Running steps may finish; no new step starts. The changes on ' +
      plural(realHosts(model), 'host') +
      ' stay until the run is retried or rolled back.',
  },
  retry: {
    word: 'Retry',
    yes: 'Run it again',
    text: model =>
      'Starts a new ' +
      model.run.action +
      ' of ' +
      model.run.cluster +
      ' with the same spec. What is done already is checked and not changed.',
  },
  resume: {
    word: 'Resume',
    yes: 'Resume the run',
    text: () =>
      'The engine of this run has ended. The run continues where it stopped:' +
      ' steps that still run on hosts are found again, and finished steps are not repeated.',
  },
  rollback: {
    word: 'Roll back',
    yes: 'Roll it back',
    text: model =>
      'All changes of this run on ' +
      plural(realHosts(model), 'host') +
      ' are undone, the newest first' +
      (hasCluster(model) ? '. The cluster ' + model.run.cluster + ' is removed.' : '.'),
  },
};
/** Whether the run ended with a cluster, which a rollback of the run removes. */
const hasCluster = model => ['succeeded', 'partly'].includes(model.run.state);
const realHosts = model => [...model.hosts.keys()].filter(name => name !== CLUSTER).length;

/** Who looks at the page, and what they may do; without tokens everybody may do everything. */
const caller = {
  role: 'admin',
  token: false,
  known: false,

  async read() {
    Object.assign(this, await ask('/caller'), {known: true});
    byId('who').hidden = !this.name;
    byId('logout').hidden = !this.session;
    setText(byId('who'), this.name ? this.name + ', ' + this.role : '');
    if (this.role !== 'admin' && !newRun.actions.length) await newRun.readActions();
    newRun.allow();
    if (page.model) page.drawActions();
  },

  may(role) {
    return ROLES.indexOf(this.role) >= ROLES.indexOf(role);
  },

  /** Of a button for which a role is needed: whether it is disabled, and why. */
  allowing(role) {
    return this.may(role) ? {} : {disabled: true, title: 'This needs the role ' + role + '. You have the role ' + this.role + '.'};
  },
};

const page = {
  model: null,
  view: 'matrix',
  events: null,
  opening: '',
  reached: true,

  // ---- the list of runs

  async list() {
    const begun = !runList.listed;
    await runList.read();
    this.found();
    if ((begun || document.body.dataset.screen === 'first') && !this.opening) this.choose();
    soon(() => runList.draw());
    const now = this.model && runList.runs.find(run => run.id === this.model.id);
    if (now && !this.model.ended && now.endedAt) await this.refresh();
    else if (this.model && !this.model.ended && (!this.events || this.model.left || this.model.run.possible.length === 0))
      await this.refresh();
    if (!location.hash.startsWith('#/') && runList.runs.length && matchMedia('(min-width: 900px)').matches) this.go(runList.runs[0].id);
  },

  /** What the list's screen shows beside it: without any run, how to begin one. */
  choose() {
    const none = !runList.runs.length && !runList.filters.size;
    if (['list', 'first'].includes(document.body.dataset.screen)) {
      document.body.dataset.screen = none ? 'first' : 'list';
      if (none && byId('first').hidden) this.safely(() => first.show());
      byId('first').hidden = !none;
      byId('nothing').hidden = none;
    }
    setText(byId('nothing').firstElementChild, 'Choose a run.');
  },

  // ---- one run

  go(id, view) {
    const hash = '#/runs/' + encodeURIComponent(id) + (view && view !== 'matrix' ? '/' + view : '');
    if (location.hash === hash) this.route();
    else location.hash = hash;
  },

  async route() {
    const parts = location.hash.replace(/^#\/?/, '').split('/').map(decodeURIComponent);
    const id = parts[0] === 'runs' ? parts[1] : parts[0] && !SCREENS.includes(parts[0]) ? parts[0] : '';
    document.body.dataset.screen = id ? 'run' : SCREENS.includes(parts[0]) ? parts[0] : 'list';
    byId('new').hidden = parts[0] !== 'new';
    byId('clusters').hidden = parts[0] !== 'clusters';
    byId('compare').hidden = parts[0] !== 'compare';
    byId('first').hidden = true;
    if (!id) return this.noRun(parts[0], parts.slice(1));
    const asked = VIEWS[parts[2]] ? parts[2] : 'matrix';
    if (!this.model || this.model.id !== id) await this.open(id);
    if (this.model && this.model.id === id) this.turn(asked === 'plan' && !this.model.run.digest ? 'matrix' : asked);
  },

  noRun(word, of) {
    panel.close();
    byId('run').hidden = true;
    byId('routes').hidden = word !== 'workflow';
    byId('nothing').hidden = SCREENS.includes(word);
    this.opening = '';
    if (runList.listed) this.choose();
    document.title = 'Caravan';
    if (word === 'workflow') this.safely(() => workflow.show(byId('routes-view'), of[0]));
    if (word === 'new') this.safely(() => newRun.show(...of));
    if (word === 'compare' && of[0]) this.safely(() => compare.show(of[0], of[1] || ''));
    if (word === 'clusters') this.safely(() => clusters.show(of[0]));
    runList.drawn = '';
    soon(() => runList.draw());
  },

  async open(id) {
    panel.close();
    this.stopFollowing();
    this.opening = id;
    let run;
    try {
      run = await ask('/runs/' + encodeURIComponent(id));
    } catch (problem) {
      this.model = null;
      byId('run').hidden = true;
      byId('nothing').hidden = false;
      setText(byId('nothing').firstElementChild, problem.message);
      if (!problem.status) this.lose();
      return;
    }
    if (this.opening !== id) return;
    // The id may be cut short.
    if (run.id !== id) {
      location.replace('#/runs/' + encodeURIComponent(run.id));
      return;
    }
    // Without a plan, the columns are in the order in which the steps begin.
    const plan = await workflow.plan(run.action).catch(() => null);
    if (this.opening !== id) return;
    this.model = new RunModel(run, plan);
    this.found();
    byId('nothing').hidden = true;
    byId('routes').hidden = true;
    byId('run').hidden = false;
    problems.drawn = '';
    matrix.show(this.model);
    this.safely(() => former.find(this.model));
    this.draw();
    soon(() => runList.draw());
    this.follow();
  },

  turn(view) {
    this.view = view;
    byId('routes').hidden = true;
    byId('nothing').hidden = true;
    byId('run').hidden = false;
    for (const name of Object.keys(VIEWS)) {
      byId('view-' + name).hidden = name !== view;
      setAttribute(byId('tab-' + name), 'aria-selected', String(name === view));
      byId('tab-' + name).tabIndex = name === view ? 0 : -1;
    }
    if (view === 'timeline') this.safely(() => timeline.refresh(true));
    if (view === 'workflow') this.safely(() => workflow.show(byId('view-workflow')));
    soon(this.drawAll);
  },

  /** Reads the run from the engine again: after its end, after a gap, after an action. */
  async refresh() {
    const model = this.model;
    const run = await ask('/runs/' + encodeURIComponent(model.id));
    if (this.model !== model) return;
    const before = model.state;
    model.reset(run);
    matrix.draw();
    this.draw();
    if (before !== model.state) speak('The run is ' + model.state);
    if (!model.ended && (!this.events || this.events.readyState === EventSource.CLOSED)) this.follow();
    if (model.ended) this.stopFollowing();
    this.safely(() => timeline.refresh(true));
  },

  stopFollowing() {
    if (this.events) this.events.close();
    this.events = null;
  },

  follow() {
    const model = this.model;
    this.stopFollowing();
    if (model.ended) return;
    const events = new EventSource(api('/runs/' + encodeURIComponent(model.id) + '/events?after=' + model.seq));
    let gone = false;
    this.events = events;
    events.onopen = () => {
      this.found();
      // The stream continues after Last-Event-ID. A killed engine may reuse the numbers of events that it had not written to its disk,
      // so the run is read again as well.
      if (gone) this.safely(() => this.again(model, events));
      gone = false;
    };
    events.onerror = () => {
      gone = true;
      if (model.ended || this.events !== events) return;
      this.lose();
      if (events.readyState === EventSource.CLOSED)
        setTimeout(() => {
          if (this.events === events) this.safely(() => this.refresh());
        }, 2000);
    };
    const heard = message => {
      if (this.model !== model || this.events !== events) return;
      const event = JSON.parse(message.data);
      if (event.seq > model.seq + 1) this.safely(() => this.refresh());
      if (!model.take(event)) return;
      soon(this.drawAll);
      if (event.type === 'step-ended' && event.data && event.data.state === 'failed')
        speak(event.step + ' failed on ' + (event.host || 'the cluster'));
      if (event.type === 'run-ended') {
        this.stopFollowing();
        this.safely(() => this.refresh());
        this.safely(() => this.list());
      }
    };
    EVENTS.forEach(type => events.addEventListener(type, heard));
  },

  async again(model, events) {
    const seen = model.seq;
    await this.refresh();
    if (model.seq < seen && this.events === events) this.follow();
  },

  // ---- drawing

  draw() {
    const model = this.model;
    const run = model.run;
    const state = model.state;
    const title = byId('title');
    const drawn = [run.action, run.cluster, state, run.rehearsal].join(' ');
    if (title.dataset.drawn !== drawn) {
      title.dataset.drawn = drawn;
      title.replaceChildren(
        el('span', {text: run.action + ' ' + run.cluster}),
        el('span', {class: 'badge ' + state}, icon(state), state),
        run.rehearsal ? el('span', {class: 'tag', text: 'rehearsal'}) : '',
      );
      document.title = state + ': ' + run.action + ' ' + run.cluster + ' - Caravan';
    }
    this.drawAbout();
    const said = model.left ? 'The engine of this run has ended. No engine works on it now.' : run.message || '';
    byId('message').hidden = !said;
    setText(byId('message'), said);
    byId('message').className = 'message ' + state;
    this.drawActions();
    const count = model.causes().filter(cause => !cause.trying).length;
    setText(byId('tab-problems').lastChild, count ? ' ' + count : '');
    byId('tab-plan').hidden = !run.digest;
    problems.drawFailing();
    if (this.view === 'plan') plan.draw();
    if (this.view === 'problems') problems.draw();
    if (this.view === 'workflow') workflow.overlay();
    panel.draw();
  },

  drawAbout() {
    const run = this.model.run;
    const from = run.startedAt || run.createdAt;
    const elapsed = run.endedAt ? since(from, run.endedAt) : this.model.left ? '' : since(from);
    const facts = [
      'run ' + run.id,
      elapsed,
      former.draw(this.model),
      plural(realHosts(this.model), 'host'),
      'begun ' + when(run.createdAt),
      run.begunBy ? 'by ' + run.begunBy + ' over ' + run.source : 'by ' + run.source,
      run.approvedBy && 'plan ' + run.parameters.plan + ' approved by ' + run.approvedBy,
      run.resumedBy && 'resumed by ' + run.resumedBy,
      run.cancelledBy && 'cancelled by ' + run.cancelledBy,
      run.rolledBackBy && 'rolled back by run ' + run.rolledBackBy,
      run.kubeconfig && 'kubeconfig ' + run.kubeconfig,
    ].filter(Boolean);
    const about = byId('about');
    while (about.childNodes.length > facts.length) about.lastChild.remove();
    while (about.childNodes.length < facts.length) about.append(el('span'));
    facts.forEach((fact, index) => setText(about.childNodes[index], fact));
  },

  drawActions() {
    const possible = this.model.run.possible.filter(each => ACTIONS[each]);
    const planned = this.model.run.shows === 'drift' && this.model.run.state === 'succeeded';
    const place = byId('actions');
    const drawn = [this.model.id, this.model.ended, planned, caller.role, ...possible].join(' ');
    if (place.dataset.drawn === drawn) return;
    place.dataset.drawn = drawn;
    place.replaceChildren(
      ...(planned
        ? [
            el('button', {
              type: 'button',
              class: 'strong',
              id: 'apply-plan',
              ...caller.allowing('operate'),
              text: 'Apply this plan',
              onclick: event => this.safely(() => newRun.applyPlan(this.model, event.target)),
            }),
          ]
        : []),
      ...(this.model.ended
        ? [
            el('a', {class: 'button', id: 'again', href: '#/new/' + encodeURIComponent(this.model.id), text: 'New run of this spec'}),
            el('a', {class: 'button', id: 'to-compare', href: '#/compare/' + encodeURIComponent(this.model.id), text: 'Compare'}),
          ]
        : []),
      ...possible.map(each =>
        el('button', {
          type: 'button',
          'data-action': each,
          class: each === 'resume' ? 'strong' : '',
          ...caller.allowing(this.needed(each)),
          text: ACTIONS[each].word,
          onclick: event => this.confirm(each, event.target),
        }),
      ),
    );
  },

  /** What asks first, and a rollback does, needs more than what does not. */
  needed(each) {
    const does = known => (each === 'rollback' ? known.undoes === 'run' : known.name === this.model.run.action);
    const action = each === 'cancel' ? null : newRun.actions.find(does);
    return action && action.asksFirst ? 'admin' : 'operate';
  },

  drawAll() {
    if (!page.model) return;
    matrix.draw();
    page.draw();
    page.safely(() => timeline.refresh());
  },

  // ---- asking

  confirm(action, opener) {
    const model = this.model;
    const how = ACTIONS[action];
    this.askFirst({
      title: how.word + ' ' + model.run.action + ' ' + model.run.cluster + '?',
      text: how.text(model),
      yes: how.yes,
      danger: action === 'cancel' || action === 'rollback',
      name: action === 'rollback' && hasCluster(model) ? model.run.cluster : '',
      work: () => this.doIt(action, model),
      opener,
    });
  },

  /** Does something once the user has agreed; if a name is given, by typing it. A form is filled in before, and a plan is shown before. */
  askFirst({title, text, yes, danger, name, form, plan, work, opener}) {
    const dialog = byId('ask');
    const input = byId('ask-name').querySelector('input');
    const button = byId('ask-yes');
    setText(byId('ask-title'), title);
    setText(byId('ask-text'), text);
    setText(button, yes);
    button.className = 'strong' + (danger ? ' danger' : '');
    byId('ask-problem').hidden = true;
    byId('ask-name').hidden = !name;
    setText(byId('ask-name').querySelector('span'), 'Type ' + name + ' to continue');
    input.value = '';
    byId('ask-form').replaceChildren(...(form || []));
    let planned = !plan;
    const check = () => {
      button.disabled =
        !planned ||
        (Boolean(name) && input.value !== name) ||
        [...byId('ask-form').querySelectorAll('input')].some(each => !each.checkValidity());
    };
    byId('ask-form').oninput = check;
    input.oninput = check;
    check();
    button.onclick = () => this.agreed(work);
    this.showPlan(plan, () => {
      planned = !byId('ask-refused');
      check();
    });
    dialog.onclose = () => (opener && opener.isConnected ? opener : byId('main')).focus();
    dialog.showModal();
    (byId('ask-form').querySelector('input, select') || byId('ask-no')).focus();
  },

  /** Shows in the question what plan gives; a later question shows its own. */
  showPlan(plan, then) {
    const place = byId('ask-plan');
    byId('ask').classList.toggle('planning', Boolean(plan));
    this.planOf = plan;
    place.replaceChildren();
    setText(byId('ask-state'), plan ? 'Reading what it would do.' : '');
    if (!plan) return;
    plan()
      .then(parts => {
        if (this.planOf !== plan) return;
        setText(byId('ask-state'), '');
        place.replaceChildren(...parts);
        then();
      })
      .catch(problem => {
        if (this.planOf === plan)
          setText(
            byId('ask-state'),
            'What it would do is not known: ' + (problem.status ? problem.message : 'the engine cannot be reached.'),
          );
      });
  },

  async agreed(work) {
    byId('ask-yes').disabled = true;
    try {
      await work();
      byId('ask').close();
    } catch (problem) {
      byId('ask-yes').disabled = false;
      byId('ask-problem').hidden = false;
      setText(
        byId('ask-problem'),
        problem.status ? problem.message : 'The engine cannot be reached. Try again when the connection is back.',
      );
    }
  },

  async doIt(action, model) {
    const run = await post('/runs/' + encodeURIComponent(model.id) + '/' + action);
    await this.list();
    if (run.id !== model.id) this.go(run.id);
    else if (this.model === model) await this.refresh();
  },

  // ---- the connection

  found() {
    if (this.reached && byId('link').textContent) return;
    const was = this.reached;
    this.reached = true;
    byId('lost').hidden = true;
    byId('link').className = 'link ok';
    setText(byId('link'), 'connected');
    if (!was) speak('The engine can be reached again');
  },

  /** The login has ended: what the page shows is what it knew. */
  loggedOut(where) {
    this.reached = false;
    byId('link').className = 'link failed';
    setText(byId('link'), 'not logged in');
    byId('logout').hidden = true;
    if (!byId('lost').hidden && byId('lost').querySelector('a')) return;
    byId('lost').hidden = false;
    byId('lost').replaceChildren('You are not logged in. ', el('a', {href: where, id: 'login', text: 'Log in'}));
  },

  async logout() {
    await request('/logout', {method: 'POST'});
    this.loggedOut('/api/v1/login');
  },

  lose() {
    this.reached = false;
    byId('link').className = 'link failed';
    setText(byId('link'), 'no connection');
    byId('lost').hidden = false;
    setText(byId('lost'), 'The connection to the engine is lost. The page shows the last known state, and reconnects automatically.');
  },

  safely(work) {
    return Promise.resolve()
      .then(work)
      .catch(problem => {
        if (problem.status === undefined && problem instanceof TypeError && /fetch/i.test(problem.message)) this.lose();
        else if (problem.status === undefined) throw problem;
      });
  },

  // ---- the beginning

  theme(next) {
    const order = ['auto', 'light', 'dark'];
    let now = 'auto';
    try {
      now = localStorage.getItem('theme') || 'auto';
      if (next) localStorage.setItem('theme', (now = order[(order.indexOf(now) + 1) % 3]));
    } catch (problem) {
      // If the browser stores nothing for pages, the page uses the browser's own setting.
    }
    document.documentElement.dataset.theme = now;
    byId('theme').replaceChildren(icon('theme'), ' ' + now);
    byId('theme').setAttribute('aria-label', 'Theme: ' + now);
  },

  wire() {
    const tabs = document.querySelector('.tabs');
    tabs.append(
      ...Object.entries(VIEWS).map(([name, word]) =>
        el(
          'button',
          {type: 'button', role: 'tab', id: 'tab-' + name, 'aria-controls': 'view-' + name, onclick: () => this.go(this.model.id, name)},
          word,
          el('b', {class: 'count'}),
        ),
      ),
    );
    tabs.addEventListener('keydown', event => {
      const all = [...tabs.children].filter(tab => !tab.hidden);
      const to = all[all.indexOf(document.activeElement) + ({ArrowLeft: -1, ArrowRight: 1}[event.key] || 99)];
      if (to) {
        to.focus();
        to.click();
      }
    });
    byId('skip').addEventListener('click', event => {
      event.preventDefault();
      (byId('matrix').querySelector('[tabindex="0"]') || byId('main')).focus();
    });
    byId('logout').addEventListener('click', () => this.safely(() => this.logout()));
    byId('ask-no').addEventListener('click', () => byId('ask').close());
    byId('theme').addEventListener('click', () => this.theme(true));
    document.addEventListener('keydown', event => {
      if (event.key === 'Escape' && !byId('ask').open && panel.isOpen) panel.close();
    });
    addEventListener('hashchange', () => this.safely(() => this.route()));
    this.theme(false);
  },

  async poll() {
    await this.safely(() => this.list());
    setTimeout(() => this.poll(), document.hidden ? 15000 : 3000);
  },

  begin() {
    this.wire();
    [matrix, panel, timeline, newRun, completion, runList, source].forEach(each => each.wire());
    this.safely(() => caller.read());
    this.safely(() => this.route());
    this.poll();
    setInterval(() => {
      if (!this.model || this.model.ended || document.hidden || !this.reached) return;
      soon(() => {
        matrix.tick();
        this.drawAbout();
        panel.draw();
      });
      this.safely(() => timeline.refresh());
    }, 1000);
  },
};

page.begin();
