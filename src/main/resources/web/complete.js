'use strict';
/* Completion of a spec as one types: what may stand where the cursor is, by the JSON Schema that the engine reads specs by. */

const MOST_OFFERED = 12;

const completion = {
  root: null,
  offered: [],
  at: -1,
  place: null,

  async load() {
    if (!this.root) this.root = (await ask('/openapi.json')).components.schemas.Cluster;
  },

  /** @param wanted whether the user asks for it; else nothing is offered before a word was begun */
  async ask(wanted) {
    await this.load();
    const area = byId('new-text');
    const before = area.value.slice(0, area.selectionStart);
    const place = placeIn(before);
    const open =
      document.activeElement === area &&
      area.selectionStart === area.selectionEnd &&
      /^\s*($|[,}\]#\n])/.test(area.value.slice(area.selectionStart).split('\n')[0]);
    if (!place || !open || (!wanted && !place.word)) return this.close();
    this.place = place;
    this.offered = this.offers(place)
      .filter(each => each.text.startsWith(place.word) && each.text !== place.word)
      .slice(0, MOST_OFFERED);
    if (!this.offered.length) return this.close();
    this.draw();
  },

  offers(place) {
    let at = this.root;
    for (const part of place.path) at = this.below(at, part);
    if (!at) return [];
    if (place.kind === 'value') {
      const values =
        at.const !== undefined
          ? [at.const]
          : at.enum || (at.type === 'boolean' ? [true, false] : (at.examples || []).filter(each => typeof each !== 'object'));
      return [...new Set(values.map(String))].map(text => ({text, insert: text, about: at.description || ''}));
    }
    return Object.entries(at.properties || {})
      .filter(([name]) => !place.known.includes(name))
      .map(([name, schema]) => {
        const own = this.resolved(schema);
        return {
          text: name,
          insert: name + this.after(own, place),
          about: own.description || '',
          required: (at.required || []).includes(name),
        };
      });
  },

  /** What follows a key: a line of its own for what has keys itself, in block style. */
  after(schema, {flow, indent}) {
    if (flow || !['object', 'array'].includes(schema.type)) return ': ';
    return ':\n' + ' '.repeat(indent + 2) + (schema.type === 'array' ? '- ' : '');
  },

  below(schema, part) {
    if (!schema) return null;
    if (part === null) return schema.items && this.resolved(schema.items);
    const next = (schema.properties || {})[part] || (typeof schema.additionalProperties === 'object' ? schema.additionalProperties : null);
    return next && this.resolved(next);
  },

  resolved(schema) {
    if (!schema.$ref) return schema;
    const parts = schema.$ref.replace('#/components/schemas/Cluster/', '').split('/');
    return {...this.resolved(parts.reduce((at, part) => at[part], this.root)), ...schema, $ref: undefined};
  },

  // ---- the list

  get isOpen() {
    return !byId('new-complete').hidden;
  },

  draw() {
    const list = byId('new-complete');
    this.at = 0;
    list.replaceChildren(
      ...this.offered.map((each, index) =>
        el(
          'li',
          {
            role: 'option',
            id: 'new-complete-' + index,
            'aria-selected': String(index === 0),
            onmousedown: event => {
              event.preventDefault();
              this.at = index;
              this.accept();
            },
          },
          el('b', {text: each.text}),
          each.required ? el('span', {class: 'soft', text: ' required'}) : null,
          el('span', {class: 'soft', text: each.about.split(/(?<=\.)\s/)[0]}),
        ),
      ),
    );
    list.hidden = false;
    const area = byId('new-text');
    const lines = area.value.slice(0, area.selectionStart).split('\n');
    const row = byId('new-paint').children[lines.length - 1];
    const left = 46 + (lines[lines.length - 1].length - this.place.word.length) * this.charWidth();
    // In front of the editor, which would cut it off; above the line where there is no room below.
    const [line, editor] = [row.getBoundingClientRect(), byId('new-editor').getBoundingClientRect()];
    list.style.top = (line.bottom + list.offsetHeight < innerHeight ? line.bottom : Math.max(0, line.top - list.offsetHeight)) + 'px';
    list.style.left =
      Math.max(8, Math.min(line.left + left - 46, editor.right - list.offsetWidth - 8, innerWidth - list.offsetWidth - 8)) + 'px';
    area.setAttribute('aria-activedescendant', 'new-complete-0');
    speak(plural(this.offered.length, 'suggestion'));
  },

  charWidth() {
    const probe = el('span', {text: '0'.repeat(100)});
    byId('new-paint').append(probe);
    const width = probe.getBoundingClientRect().width / 100;
    probe.remove();
    return width;
  },

  close() {
    this.offered = [];
    byId('new-complete').hidden = true;
    byId('new-text').removeAttribute('aria-activedescendant');
  },

  move(by) {
    this.at = (this.at + by + this.offered.length) % this.offered.length;
    [...byId('new-complete').children].forEach((item, index) => item.setAttribute('aria-selected', String(index === this.at)));
    byId('new-complete').children[this.at].scrollIntoView({block: 'nearest'});
    byId('new-text').setAttribute('aria-activedescendant', 'new-complete-' + this.at);
  },

  accept() {
    const area = byId('new-text');
    const {word} = this.place;
    const chosen = this.offered[this.at];
    this.close();
    area.setRangeText(chosen.insert, area.selectionStart - word.length, area.selectionStart, 'end');
    this.quiet = true;
    area.dispatchEvent(new Event('input'));
  },

  /** Whether the key was for the list. */
  key(event) {
    if (event.key === ' ' && event.ctrlKey) page.safely(() => this.ask(true));
    else if (!this.isOpen) return false;
    else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') this.move(event.key === 'ArrowDown' ? 1 : -1);
    else if (event.key === 'Enter' || event.key === 'Tab') this.accept();
    else if (event.key === 'Escape') this.close();
    else return false;
    event.preventDefault();
    return true;
  },

  wire() {
    const area = byId('new-text');
    area.addEventListener('input', () => {
      // What was just taken from the list asks for no other list.
      if (this.quiet) this.quiet = false;
      else page.safely(() => this.ask(false));
    });
    for (const place of [byId('new-editor'), document]) place.addEventListener('scroll', () => this.close(), {passive: true});
    for (const type of ['blur', 'click']) area.addEventListener(type, () => this.close());
  },
};

/**
 * Where the end of this text is in a spec: the keys down to it (null for an item of a list), what may stand there, and the word that
 * was begun.
 */
function placeIn(text) {
  const stack = [];
  let flow = null;
  const lines = text.split('\n');
  let place = null;
  lines.forEach((line, number) => {
    const last = number === lines.length - 1;
    if (flow) {
      scanFlow(flow, line);
      if (last) place = ofFlow(flow);
      if (!flow.open.length) flow = null;
      return;
    }
    let indent = line.length - line.trimStart().length;
    let rest = line.slice(indent);
    if (!last && (!rest || rest.startsWith('#'))) return;
    while (rest.startsWith('- ') || (rest === '-' && !last)) {
      leave(stack, indent, true);
      stack.push({indent, key: null, seen: []});
      const gap = rest.length - rest.slice(1).trimStart().length;
      indent += gap;
      rest = rest.slice(gap);
    }
    const pair = /^("?)([\w.\/-]+)\1\s*:(?:\s+(.*)|$)/.exec(rest);
    if (pair) {
      leave(stack, indent, false);
      const above = stack[stack.length - 1];
      (above ? above.seen : (stack.seen = stack.seen || [])).push(pair[2]);
      stack.push({indent, key: pair[2], seen: []});
      const value = pair[3] || '';
      if (/^[{[]/.test(value)) {
        flow = {open: [], base: stack.map(each => each.key), word: ''};
        scanFlow(flow, value);
        if (last) place = ofFlow(flow);
        if (!flow.open.length) flow = null;
      } else if (last && (rest.endsWith(' ') || value) && !/["'#]/.test(value))
        place = {kind: 'value', path: stack.map(each => each.key), word: value, known: [], flow: false, indent};
    } else if (/^[{[]/.test(rest)) {
      flow = {open: [], base: stack.map(each => each.key), word: ''};
      scanFlow(flow, rest);
      if (last) place = ofFlow(flow);
      if (!flow.open.length) flow = null;
    } else if (last && /^[\w.\/-]*$/.test(rest)) {
      leave(stack, indent, false);
      place = {
        kind: 'key',
        path: stack.map(each => each.key),
        word: rest,
        known: (stack.length ? stack[stack.length - 1].seen : stack.seen) || [],
        flow: false,
        indent,
      };
    }
  });
  return place;
}

/** Leaves what a line at this indent is not in. An item of a list may stand below its key without being indented. */
function leave(stack, indent, item) {
  while (stack.length) {
    const top = stack[stack.length - 1];
    if (top.indent < indent || (item && top.indent === indent && top.key !== null)) return;
    stack.pop();
  }
}

/** Goes through {a: b, c: [d]} and keeps what is open at the end of it. */
function scanFlow(flow, text) {
  let quote = '';
  for (const char of text) {
    const top = flow.open[flow.open.length - 1];
    if (quote) {
      if (char === quote) quote = '';
    } else if (char === '#' && /\s$/.test(flow.word || ' ')) return;
    else if (char === '"' || char === "'") quote = char;
    else if (char === '{' || char === '[') {
      flow.open.push({list: char === '[', key: null, seen: []});
      flow.word = '';
    } else if (char === '}' || char === ']') {
      flow.open.pop();
      flow.word = '';
      if (!flow.open.length) return;
    } else if (char === ',') {
      if (top) top.key = null;
      flow.word = '';
    } else if (char === ':' && top && !top.list && top.key === null) {
      top.key = flow.word.trim();
      top.seen.push(top.key);
      flow.word = '';
    } else flow.word += char;
  }
  flow.quoted = quote;
}

function ofFlow(flow) {
  const top = flow.open[flow.open.length - 1];
  if (!top || flow.quoted) return null;
  const path = [
    ...flow.base,
    ...flow.open.flatMap((each, index) => (each.list ? [null] : index < flow.open.length - 1 || each.key !== null ? [each.key] : [])),
  ];
  const key = !top.list && top.key === null;
  return {kind: key ? 'key' : 'value', path, word: flow.word.trimStart(), known: top.seen, flow: true, indent: 0};
}
