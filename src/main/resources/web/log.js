'use strict';
/* The log of a step as it grows: followed, searched, wrapped, copied, downloaded. */

const LOG_TAIL = 64 * 1024;

/** Reads a log from the present position. New text is passed to take(text) in order; restart() reports that the log begins again. */
class LogReader {
  constructor(run, host, step, take, restart) {
    this.path = '/runs/' + encodeURIComponent(run) + '/logs?host=' + encodeURIComponent(host) + '&step=' + encodeURIComponent(step);
    this.take = take;
    this.restart = restart;
    this.at = null;
    this.whole = false;
  }

  /** Sends one request; returns more, same or none. */
  async read() {
    const asked = this.at === null ? (this.whole ? 'bytes=0-' : 'bytes=-' + LOG_TAIL) : 'bytes=' + this.at + '-';
    const answer = await fetch(api(this.path), {headers: {Range: asked}});
    const range = /bytes (?:(\d+)-(\d+)|\*)\/(\d+)/.exec(answer.headers.get('Content-Range') || '') || [];
    if (answer.status === 416) {
      // The log is shorter than what was read: it was truncated, because the step was resumed from an earlier point.
      if (this.at !== null && Number(range[3]) < this.at) this.begin(this.whole);
      return 'same';
    }
    if (answer.status === 404) return 'none';
    if (answer.status !== 206) throw new Refusal(answer.status, {});
    const bytes = await answer.arrayBuffer();
    if (this.at === null) {
      this.cut = Number(range[1]) > 0;
      this.decoder = new TextDecoder();
    }
    this.at = Number(range[2]) + 1;
    let text = this.decoder.decode(bytes, {stream: true});
    if (this.cut && this.first !== false) text = text.slice(text.indexOf('\n') + 1);
    this.first = false;
    this.take(text);
    return this.at < Number(range[3]) ? 'more' : 'same';
  }

  begin(whole) {
    this.whole = whole;
    this.at = null;
    this.first = undefined;
    this.restart();
  }
}

/** More places than these are not marked. */
const MOST_FOUND = 2000;

const logView = {
  run: '',
  host: '',
  step: '',
  line: '',
  found: [],
  at: -1,

  begin(run, host, step) {
    Object.assign(this, {run, host, step});
    this.clear();
    byId('log-tools').hidden = !host;
    byId('log-find').value = '';
    setText(byId('log-found'), '');
  },

  clear() {
    byId('log').replaceChildren();
    this.line = '';
    this.mark([], -1);
  },

  append(text) {
    const log = byId('log');
    const lines = (this.line + text).split('\n');
    this.line = lines.pop();
    if (!lines.length) return;
    const made = document.createDocumentFragment();
    let plain = '';
    for (const line of lines) {
      if (!line.startsWith('== ')) {
        plain += line + '\n';
        continue;
      }
      made.append(plain, el('b', {text: line + '\n'}));
      plain = '';
    }
    made.append(plain);
    log.append(made);
    if (byId('log-find').value) soon(() => this.find(true));
    if (byId('log-follow').checked) log.scrollTop = log.scrollHeight;
  },

  // ---- search

  /** Marks every place of the words that are looked for. @param same whether they are the same as before, and only the log has grown */
  find(same) {
    const wanted = byId('log-find').value.toLowerCase();
    const found = [];
    const texts = document.createTreeWalker(byId('log'), NodeFilter.SHOW_TEXT);
    for (let node = wanted && texts.nextNode(); node && found.length < MOST_FOUND; node = texts.nextNode()) {
      const text = node.data.toLowerCase();
      // A letter whose small form is longer would shift what follows.
      if (text.length !== node.data.length) continue;
      for (let at = text.indexOf(wanted); at >= 0 && found.length < MOST_FOUND; at = text.indexOf(wanted, at + wanted.length)) {
        const range = new Range();
        range.setStart(node, at);
        range.setEnd(node, at + wanted.length);
        found.push(range);
      }
    }
    this.mark(found, same ? Math.min(this.at, found.length - 1) : found.length ? 0 : -1);
    if (!same && found.length) this.show();
  },

  mark(found, at) {
    this.found = found;
    this.at = at;
    if (CSS.highlights) {
      CSS.highlights.set('found', new Highlight(...found));
      CSS.highlights.set('found-now', new Highlight(...(found[at] ? [found[at]] : [])));
    }
    const wanted = byId('log-find').value;
    setText(
      byId('log-found'),
      wanted ? (found.length ? at + 1 + ' of ' + (found.length === MOST_FOUND ? 'the first ' : '') + found.length : 'none') : '',
    );
    byId('log-previous').disabled = byId('log-next').disabled = found.length < 2;
  },

  turn(by) {
    if (!this.found.length) return;
    this.mark(this.found, (this.at + by + this.found.length) % this.found.length);
    this.show();
  },

  show() {
    const log = byId('log');
    const range = this.found[this.at];
    const [box, frame] = [range.getBoundingClientRect(), log.getBoundingClientRect()];
    byId('log-follow').checked = false;
    log.scrollTop += box.top - frame.top - log.clientHeight / 2;
    if (box.left < frame.left || box.right > frame.right) log.scrollLeft += box.left - frame.left - log.clientWidth / 2;
    // A browser that marks no ranges at least selects the present one.
    if (!CSS.highlights) getSelection().setBaseAndExtent(range.startContainer, range.startOffset, range.endContainer, range.endOffset);
  },

  // ---- all of it

  whole() {
    return askText('/runs/' + encodeURIComponent(this.run) + '/logs?' + new URLSearchParams({host: this.host, step: this.step}));
  },

  async copy() {
    const text = await this.whole();
    await copyText(text);
    setText(byId('log-state'), 'copied ' + plural(text.length, 'character'));
  },

  async download() {
    save(await this.whole(), [this.run, this.host, this.step].join('-') + '.log', 'text/plain');
  },

  wire() {
    const find = byId('log-find');
    find.addEventListener('input', () => soon(() => this.find(false)));
    find.addEventListener('keydown', event => {
      if (event.key === 'Enter') this.turn(event.shiftKey ? -1 : 1);
      // The first Escape ends the search, the next one closes the cell.
      if (event.key !== 'Escape' || !find.value) return;
      event.stopPropagation();
      event.preventDefault();
      find.value = '';
      this.find(false);
    });
    byId('log-previous').addEventListener('click', () => this.turn(-1));
    byId('log-next').addEventListener('click', () => this.turn(1));
    byId('log-wrap').addEventListener('change', event => byId('log').classList.toggle('unwrapped', !event.target.checked));
    byId('log-copy').addEventListener('click', () => this.tried(() => this.copy()));
    byId('log-download').addEventListener('click', () => this.tried(() => this.download()));
    byId('log').addEventListener('scroll', event => {
      const log = event.target;
      byId('log-follow').checked = log.scrollHeight - log.scrollTop - log.clientHeight < 24;
    });
  },

  tried(work) {
    page.safely(() => work().catch(problem => setText(byId('log-state'), problem.message)));
  },
};
