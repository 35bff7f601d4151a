'use strict';
/* What somebody sees who has no runs yet: an example to try, and the ways to begin a run. */

const first = {
  engine: null,

  async show() {
    if (!caller.known) await caller.read();
    if (!this.engine) this.engine = await ask('/engine');
    if (!newRun.actions.length) await newRun.readActions();
    byId('first').replaceChildren(el('h1', {text: 'No runs yet'}), ...this.example(), ...this.ways());
  },

  /** Simulated hosts are this engine's, or those of one that is started beside it: by a click, or by a command. */
  example() {
    const {rehearsal} = this.engine;
    // Through a proxy another port is not reached.
    const trial = this.engine.trial && location.protocol === 'http:' && /^(localhost|127\.[\d.]+|\[::1\])$/.test(location.hostname);
    const beside = [
      el('p', {
        class: 'soft',
        text:
          (trial ? 'To keep what was tried, start' : 'Start') +
          ' an engine of its own that rehearses on simulated hosts. Its page is at port 8081.',
      }),
      command('caravan serve --rehearse --port 8081 --inbox rehearsal-inbox'),
    ];
    if (!rehearsal && !trial) return [el('h2', {text: 'Try it without a host'}), ...beside];
    const said = el('p', {role: 'status', class: 'problem', hidden: true});
    const start = async button => {
      button.disabled = true;
      said.className = 'soft';
      said.hidden = rehearsal;
      setText(said, 'Starting an engine on simulated hosts.');
      try {
        if (rehearsal) await newRun.post(newRun.offered.spec, [], EXAMPLE);
        else await this.tryOut();
      } catch (refused) {
        if (!refused.status) throw refused;
        said.className = 'problem';
        said.hidden = false;
        setText(said, refused.message);
      } finally {
        button.disabled = false;
      }
    };
    return [
      el('h2', {text: 'Try an example'}),
      el('p', {
        class: 'soft',
        text:
          'Makes a cluster of three simulated hosts. No real host is reached.' +
          (rehearsal ? '' : ' It is shown at another port of this address, and is gone when this engine ends.'),
      }),
      el(
        'div',
        {class: 'actions'},
        el('button', {
          type: 'button',
          class: 'strong',
          id: 'try',
          text: 'Try it',
          ...caller.allowing(rehearsal ? 'operate' : 'admin'),
          onclick: event => page.safely(() => start(event.currentTarget)),
        }),
        el('a', {class: 'button', href: '#/new', text: 'Look at its spec'}),
      ),
      said,
      ...(rehearsal ? [] : beside),
    ];
  },

  /** The page there is the same as here, so it is opened in the place of this one. */
  async tryOut() {
    const {port, id} = await ask('/trial', {method: 'POST', headers: {'Content-Type': 'application/yaml'}, body: EXAMPLE});
    location.assign('http://' + location.hostname + ':' + port + '/#/runs/' + encodeURIComponent(id));
  },

  ways() {
    const ways = [
      [
        'On this page',
        el(
          'p',
          {},
          el('a', {href: '#/new', text: 'New run'}),
          el('span', {class: 'soft', text: ': write a spec, plan it, apply the plan'}),
        ),
      ],
      ['On the command line', this.engine.command && command(this.engine.command)],
      ['Through the inbox', command('mv spec.yaml ' + shellWord(this.engine.inbox))],
      [
        'Over HTTP',
        command(
          'curl -X POST' +
            (caller.token ? ' -H "Authorization: Bearer $(cat token)"' : '') +
            " -H 'Content-Type: application/yaml' --data-binary @spec.yaml '" +
            api('/runs' + (newRun.offered.spec ? '?action=' + newRun.offered.spec : '')) +
            "'",
        ),
      ],
    ];
    return ways.filter(([, way]) => way).flatMap(([title, way]) => [el('h2', {text: title}), way]);
  },
};

/** As a shell takes it for this very word. */
const shellWord = text => (/^[\w.\/:@%+=,-]+$/.test(text) ? text : "'" + text.replace(/'/g, "'\\''") + "'");

/** A command, and a button that copies it. */
function command(text) {
  const copy = el('button', {
    type: 'button',
    class: 'quiet',
    text: 'Copy',
    'aria-label': 'Copy ' + text,
    onclick: () => page.safely(() => copyText(text).then(() => setText(copy, 'Copied'))),
  });
  return el('div', {class: 'command'}, el('code', {text}), copy);
}
