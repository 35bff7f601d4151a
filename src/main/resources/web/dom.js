'use strict';
/* Elements, times and requests. Text goes into the page as text nodes only; the page's policy refuses markup made of text. */

const SVG = 'http://www.w3.org/2000/svg';
const byId = id => document.getElementById(id);

/** An element with properties (class, text, data-*, on* as functions, attributes) and children. */
function el(name, properties = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (key === 'text') made.textContent = value;
    else if (key.startsWith('on')) made.addEventListener(key.slice(2), value);
    else made.setAttribute(key === 'className' ? 'class' : key, value === true ? '' : value);
  }
  made.append(...children.filter(child => child !== undefined && child !== null && child !== false));
  return made;
}

/** A table's row of headings; a column of buttons or bars has none. */
function headings(names, figures = []) {
  return el(
    'thead',
    {},
    el(
      'tr',
      {},
      ...names.map((text, index) => (text ? el('th', {scope: 'col', text, class: figures.includes(index) ? 'figure' : null}) : el('td'))),
    ),
  );
}

/** The icon of a state. The class gives its colour; the word is beside it or in a label. */
function icon(state) {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS(SVG, 'use');
  use.setAttribute('href', '#i-' + state);
  svg.append(use);
  return svg;
}

function setIcon(svg, state) {
  svg.firstChild.setAttribute('href', '#i-' + state);
}

/** Writes only what differs: a write causes layout, a comparison does not. */
function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

function setAttribute(node, name, value) {
  if (value === null || value === undefined || value === false) node.removeAttribute(name);
  else if (node.getAttribute(name) !== String(value)) node.setAttribute(name, String(value));
}

// ---- times, by the engine's clock

const clock = {
  offset: 0,
  set(engineNow) {
    this.offset = Date.parse(engineNow) - Date.now();
  },
  now() {
    return Date.now() + this.offset;
  },
};

function duration(millis) {
  const seconds = Math.max(0, millis) / 1000;
  if (seconds < 9.95) return seconds.toFixed(1) + 's';
  const whole = Math.round(seconds);
  if (whole < 60) return whole + 's';
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return minutes + 'm' + String(whole % 60).padStart(2, '0') + 's';
  return Math.floor(minutes / 60) + 'h' + String(minutes % 60).padStart(2, '0') + 'm';
}

/** A duration that has not ended is shown in whole seconds. */
function since(from, to) {
  return to
    ? duration(Date.parse(to) - Date.parse(from))
    : duration(Math.floor((clock.now() - Date.parse(from)) / 1000) * 1000).replace('.0s', 's');
}

/** How long it is until then, in whole seconds; none if that has passed. */
function until(at) {
  return duration(Math.max(0, Math.ceil((Date.parse(at) - clock.now()) / 1000)) * 1000).replace('.0s', 's');
}

function clockTime(at) {
  return new Date(at).toLocaleTimeString([], {hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false});
}

function when(at) {
  const then = new Date(at);
  const today = new Date(clock.now()).toDateString() === then.toDateString();
  const time = then.toLocaleTimeString([], {hour: '2-digit', minute: '2-digit', hour12: false});
  return today ? time : then.toLocaleDateString([], {day: 'numeric', month: 'short'}) + ' ' + time;
}

const plural = (count, one, many) => count + ' ' + (count === 1 ? one : many || one + 's');

// ---- work on the document, at most once in a frame

const due = new Set();
let drawing = false;

function soon(work) {
  due.add(work);
  if (drawing) return;
  drawing = true;
  const run = () => {
    drawing = false;
    const now = [...due];
    due.clear();
    for (const work of now) {
      try {
        work();
      } catch (problem) {
        // If drawing one part fails, the others are still drawn.
        reportError(problem);
      }
    }
  };
  // A hidden page gets no frames, but must be up to date when it is shown.
  if (document.hidden) setTimeout(run, 250);
  else requestAnimationFrame(run);
}

// ---- requests

/** Absolute, because fetch refuses relative URLs if the page's URL contains a name and a password. */
const api = path => location.origin + '/api/v1' + path;

class Refusal extends Error {
  constructor(status, problem) {
    super(problem.detail || problem.title || 'The engine answered ' + status + '.');
    this.status = status;
    this.problems = problem.problems || [];
  }
}

async function request(path, options) {
  const answer = await fetch(api(path), options);
  if (answer.ok) return answer;
  const problem = await answer.json().catch(() => ({}));
  if (answer.status === 401 && problem.login) page.loggedOut(problem.login);
  throw new Refusal(answer.status, problem);
}

const ask = async (path, options) => (await request(path, options)).json();
const askText = async path => (await request(path)).text();

const post = path => ask(path, {method: 'POST'});

/** Into a file, as if it was downloaded. */
function save(text, name, type) {
  const link = el('a', {href: URL.createObjectURL(new Blob([text], {type})), download: name});
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

/** To the clipboard; browsers offer it to pages over HTTPS and of this machine only. */
async function copyText(text) {
  if (!navigator.clipboard) throw new Error('The browser lets a page copy over HTTPS only.');
  await navigator.clipboard.writeText(text);
}

/** The lines of a unified diff, in colours; their signs say the same. */
function diffLines(text) {
  return text
    .trimEnd()
    .split('\n')
    .map(line =>
      el(
        'span',
        {class: /^(---|\+\+\+|@@)/.test(line) ? 'cut' : line.startsWith('+') ? 'come' : line.startsWith('-') ? 'gone' : null},
        line,
        '\n',
      ),
    );
}

/** Announces something to screen readers. */
function speak(text) {
  byId('spoken').textContent = text;
}

/** Shows at an edge that there is more to scroll. */
function hintEdges(scroll) {
  const look = () => {
    scroll.parentNode.classList.toggle('more-right', scroll.scrollLeft + scroll.clientWidth < scroll.scrollWidth - 2);
  };
  scroll.addEventListener('scroll', () => soon(look), {passive: true});
  const sizes = new ResizeObserver(() => soon(look));
  sizes.observe(scroll);
  sizes.observe(scroll.firstElementChild);
}

/** Something that may be wider than the screen: the keyboard reaches it then. */
function scrolling(label, content) {
  return reachable(el('div', {class: 'scroll', role: 'group', 'aria-label': label}, content));
}

function reachable(scroll) {
  const sizes = new ResizeObserver(() => setAttribute(scroll, 'tabindex', scroll.scrollWidth > scroll.clientWidth && '0'));
  sizes.observe(scroll);
  sizes.observe(scroll.firstElementChild);
  return scroll;
}

/** Makes one tab stop for many elements; arrow keys move between them. */
function moveFocus(container, next) {
  if (!next) return;
  const before = container.querySelector('[tabindex="0"]');
  if (before && before !== next) before.tabIndex = -1;
  next.tabIndex = 0;
  next.focus();
  next.scrollIntoView({block: 'nearest', inline: 'nearest'});
}
