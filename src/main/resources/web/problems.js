'use strict';
/* The failures, grouped by cause, with what to do about them. */

const SHOWN_CAUSES = 3;
const SHOWN_HOSTS = 4;

const problems = {
  drawn: '',

  draw() {
    const causes = page.model.causes();
    const drawn = JSON.stringify(causes);
    if (this.drawn === drawn && byId('view-problems').childNodes.length) return causes.length;
    this.drawn = drawn;
    const cards = causes.map(cause => this.card(cause));
    byId('view-problems').replaceChildren(
      ...(cards.length ? cards : [el('p', {class: 'soft', text: page.model.ended ? 'Nothing failed.' : 'Nothing failed so far.'})]),
    );
    return causes.length;
  },

  /** Above the matrix, so that a host that failed is seen at once among hundreds: the causes that most hosts have. */
  drawFailing() {
    const causes = page.model.causes().filter(cause => !cause.trying && cause.step);
    const place = byId('failing');
    const drawn = JSON.stringify(causes.map(cause => [cause.title, cause.step, cause.hosts.length]));
    if (place.dataset.drawn === page.model.id + drawn) return;
    place.dataset.drawn = page.model.id + drawn;
    place.hidden = !causes.length;
    place.replaceChildren(
      ...causes.slice(0, SHOWN_CAUSES).map(cause => {
        const names =
          cause.hosts
            .slice(0, SHOWN_HOSTS)
            .map(each => each.host || 'the cluster')
            .join(', ') + (cause.hosts.length > SHOWN_HOSTS ? ' and ' + (cause.hosts.length - SHOWN_HOSTS) + ' more' : '');
        return el(
          'li',
          {class: 'failed'},
          icon('failed'),
          el('button', {
            type: 'button',
            class: 'quiet',
            text: names,
            onclick: event => panel.open(cause.hosts[0].host, cause.step, event.currentTarget),
          }),
          el('span', {class: 'why', title: cause.title, text: cause.step + ': ' + cause.title.split('\n')[0]}),
        );
      }),
      causes.length > SHOWN_CAUSES
        ? el(
            'li',
            {},
            el('a', {
              href: '#/runs/' + encodeURIComponent(page.model.id) + '/problems',
              text: plural(causes.length - SHOWN_CAUSES, 'more cause'),
            }),
          )
        : '',
    );
  },

  card(cause) {
    const state = cause.trying ? 'retrying' : cause.kind === 'preflight' ? 'refused' : 'failed';
    const where =
      cause.kind === 'preflight'
        ? cause.hosts.length
          ? plural(cause.hosts.length, 'host')
          : 'the spec'
        : cause.step + ' on ' + (cause.hosts.length === 1 ? cause.hosts[0].host || 'the cluster' : plural(cause.hosts.length, 'host'));
    const hosts = el(
      'p',
      {class: 'hosts'},
      ...cause.hosts.map(each =>
        each.step
          ? el('button', {
              type: 'button',
              class: 'host-link',
              text: (each.host || 'cluster') + (each.attempt > 1 ? ' \u00d7' + each.attempt : ''),
              onclick: event => panel.open(each.host, each.step, event.target),
            })
          : el('span', {class: 'host-link', text: each.host}),
      ),
    );
    return el(
      'article',
      {class: 'cause ' + state},
      el('h2', {}, icon(state), el('span', {text: where + (cause.trying ? ' will be retried' : '')})),
      el('p', {class: 'said', text: cause.title}),
      cause.remedy ? el('div', {class: 'remedy'}, el('h3', {text: 'What to do'}), el('p', {text: cause.remedy})) : null,
      cause.hosts.length ? hosts : null,
      cause.words && cause.words.length
        ? el('details', {open: cause.words.length <= 6}, el('summary', {text: 'Last output'}), el('pre', {text: cause.words.join('\n')}))
        : null,
    );
  },
};
