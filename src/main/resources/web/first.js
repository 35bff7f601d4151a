'use strict';
/* What somebody sees who has no runs yet: an example to try, and the ways to begin a run. */

const first = {
  engine: null,

  async show() {
    if (!caller.known) await caller.read();
    if (!this.engine) this.engine = await ask('/engine');
    byId('first').replaceChildren(el('h1', {text: 'No runs yet'}), ...this.example(), ...this.ways());
  },

  /** Simulated hosts are this engine's, or those of one that is started beside it. */
  example() {
    if (!this.engine.rehearsal) {
      return [el('h2', {text: 'Try it without a host'}), el('p', {class: 'soft', text: 'An engine beside this one rehearses on simulated hosts. Its page is at port 8081.'}),
        command('caravan serve --rehearse --port 8081 --inbox rehearsal-inbox')];
    }
    const problem = el('p', {class: 'problem', role: 'alert', hidden: true});
    const start = () => newRun.post('apply', [], EXAMPLE).catch(refused => {
      if (!refused.status) throw refused;
      problem.hidden = false;
      setText(problem, refused.message);
    });
    return [el('h2', {text: 'Try an example'}), el('p', {class: 'soft', text: 'Makes a cluster of three simulated hosts. No real host is reached.'}),
      el('div', {class: 'actions'}, el('button', {type: 'button', class: 'strong', id: 'try', text: 'Try it', ...caller.allowing('operate'), onclick: () => page.safely(start)}),
        el('a', {class: 'button', href: '#/new', text: 'Look at its spec'})), problem];
  },

  ways() {
    const ways = [['On this page', el('p', {}, el('a', {href: '#/new', text: 'New run'}), el('span', {class: 'soft', text: ': write a spec, plan it, apply the plan'}))],
      ['On the command line', this.engine.command && command(this.engine.command)],
      ['Through the inbox', command('mv spec.yaml ' + shellWord(this.engine.inbox))],
      ['Over HTTP', command("curl -X POST" + (caller.token ? ' -H "Authorization: Bearer $(cat token)"' : '') + " -H 'Content-Type: application/yaml' --data-binary @spec.yaml '" + api('/runs?action=apply') + "'")]];
    return ways.filter(([, way]) => way).flatMap(([title, way]) => [el('h2', {text: title}), way]);
  }
};

/** As a shell takes it for this very word. */
const shellWord = text => /^[\w.\/:@%+=,-]+$/.test(text) ? text : "'" + text.replace(/'/g, "'\\''") + "'";

/** A command, and a button that copies it. */
function command(text) {
  const copy = el('button', {type: 'button', class: 'quiet', text: 'Copy', 'aria-label': 'Copy ' + text, onclick: () => page.safely(() => copyText(text).then(() => setText(copy, 'Copied')))});
  return el('div', {class: 'command'}, el('code', {text}), copy);
}
