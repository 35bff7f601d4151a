'use strict';
/* The files behind a route: its YAML and its scripts, and what a user's own differ in from the built-in ones. */

const source = {
  files: [],

  async show(id, opener) {
    let answer;
    try {
      answer = await ask('/routes/' + encodeURIComponent(id) + '/source');
    } catch (problem) {
      if (!problem.status) throw problem;
      answer = {files: [], why: problem.message};
    }
    this.files = answer.files;
    setText(byId('source-title'), id);
    byId('source-file').replaceChildren(
      ...this.files.map((file, index) => el('option', {value: index, text: file.name + (file.builtIn ? '' : ' (yours)')})),
    );
    byId('source-file').parentNode.hidden = !this.files.length;
    byId('source-diff').checked = this.files.length > 0 && this.files[0].replaces !== undefined;
    if (this.files.length) this.draw();
    else {
      setText(byId('source-from'), answer.why || 'This route came from no file of the routes directory.');
      byId('source-text').hidden = true;
      byId('source-copy').hidden = true;
      byId('source-diff').parentNode.hidden = true;
    }
    byId('source').onclose = () => (opener.isConnected ? opener : byId('main')).focus();
    byId('source').showModal();
    byId('source-title').focus();
  },

  get file() {
    return this.files[Number(byId('source-file').value)];
  },

  draw() {
    const file = this.file;
    const differs = file.replaces !== undefined;
    byId('source-text').hidden = false;
    byId('source-copy').hidden = false;
    byId('source-diff').parentNode.hidden = !differs;
    setText(
      byId('source-from'),
      file.builtIn
        ? 'Built in. To change it, put a file of this name into your routes directory: caravan routes export DIR copies all.'
        : file.from + (differs ? ' replaces the built-in file.' : ' is no built-in file.'),
    );
    byId('source-text').replaceChildren(...(differs && byId('source-diff').checked ? this.difference(file) : this.text(file)));
  },

  text(file) {
    const lines = (file.text || '').split('\n');
    return lines.flatMap(line =>
      file.name.endsWith('.sh')
        ? [/^\s*#/.test(line) ? el('span', {class: 'y-comment', text: line}) : line, '\n']
        : [...coloured(line), '\n'],
    );
  },

  difference(file) {
    const lines = difference(file.replaces.split('\n'), (file.text || '').split('\n'));
    return hunks(lines).map(([sign, text]) =>
      el(
        'span',
        {class: sign === '+' ? 'come' : sign === '-' ? 'gone' : sign === '@' ? 'cut' : ''},
        sign === '@' ? text : sign + ' ' + text,
        '\n',
      ),
    );
  },

  wire() {
    byId('source-file').addEventListener('change', () => {
      byId('source-diff').checked = this.file.replaces !== undefined;
      this.draw();
    });
    byId('source-diff').addEventListener('change', () => this.draw());
    byId('source-close').addEventListener('click', () => byId('source').close());
    byId('source-copy').addEventListener('click', () =>
      page.safely(() =>
        copyText(this.file.text || '').then(
          () => setText(byId('source-from'), 'Copied.'),
          problem => setText(byId('source-from'), problem.message),
        ),
      ),
    );
  },
};
