// Acknowledgements that the server has not confirmed. Queued is never shown as acknowledged: until
// the server's receipt the page says NOT sent, and paging goes on. One key a tap, however often it
// is sent, so the server acts once.

import { localTime, serverNow } from './clock.js';
import { apply } from './fragment.js';

const SLOT = 'floorwatch.outbox';
const PATIENCE_MS = 1500; // from here on an unconfirmed tap is called what it is
const TIMEOUT_MS = 8000;
const RETRY_MS = 4000;

let memory = []; // where the browser has no storage
let busy = false;
let retry = 0;
let timeZone = 'UTC';

function read() {
  try { return JSON.parse(localStorage.getItem(SLOT) ?? '[]'); } catch { return memory; }
}

function write(taps) {
  memory = taps;
  try { localStorage.setItem(SLOT, JSON.stringify(taps)); } catch { /* `memory` has them */ }
}

function newKey() { // randomUUID exists only where the page came by TLS or from this machine
  return [...crypto.getRandomValues(new Uint8Array(16))].map(b => b.toString(16).padStart(2, '0')).join('');
}

const own = tap => tap.incident === document.querySelector('main').dataset.incident;

function show() {
  const box = document.getElementById('queue');
  const waiting = read().filter(tap => serverNow() - tap.at >= PATIENCE_MS || tap.failed);
  box.hidden = !waiting.length;
  if (!waiting.length) return box.replaceChildren();
  const what = waiting.map(tap => `${own(tap) ? 'Answer' : `Answer to incident ${tap.incident}`} NOT sent yet (${localTime(tap.at, timeZone)})`);
  say(box, what.join('. '), 'Paging still escalates. It is sent as soon as there is a connection. '
    + 'If that takes long, call somebody who can go.');
}

function say(box, bold, words) {
  const text = bold + words;
  if (box.textContent === text) return; // an alert is read out again each time it changes
  const strong = document.createElement('b');
  strong.textContent = bold;
  box.replaceChildren(strong, words);
}

function refuse(tap, words) {
  if (!own(tap)) return;
  const form = document.querySelector('form[data-outbox]');
  let line = form?.querySelector('.refusal');
  if (form && !line) {
    line = document.createElement('p');
    line.className = 'refusal';
    line.setAttribute('role', 'alert');
    form.prepend(line);
  }
  if (line) line.textContent = `Not taken. ${words}`;
}

async function send(tap) {
  const answer = await fetch(tap.url, {
    method: 'POST',
    headers: { 'Floorwatch-Fragment': 'yes' },
    body: new URLSearchParams(tap.fields),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  const words = await answer.text();
  if (answer.status >= 500 || answer.status === 408 || answer.status === 429) throw new Error(words);
  write(read().filter(one => one.fields.key !== tap.fields.key));
  if (answer.ok) apply(words); else refuse(tap, words);
}

export async function flush() {
  if (busy) return;
  busy = true;
  for (const tap of read()) {
    try {
      await send(tap);
    } catch {
      write(read().map(one => one.fields.key === tap.fields.key ? { ...one, failed: true } : one));
      clearTimeout(retry);
      retry = setTimeout(flush, RETRY_MS);
      break;
    }
  }
  busy = false;
  mark();
  show();
}

function mark() {
  const button = document.getElementById('acknowledge');
  if (!button) return;
  const sending = busy && read().some(own);
  button.setAttribute('aria-disabled', String(sending));
  button.dataset.words ??= button.textContent;
  button.textContent = sending ? 'Sending …' : button.dataset.words;
}

async function tapped(event) {
  const form = event.target.closest('form[data-outbox]');
  if (!form) return;
  event.preventDefault();
  form.querySelector('.refusal')?.remove();
  const fields = Object.fromEntries(new FormData(form, event.submitter));
  fields.key ||= newKey();
  const url = new URL(form.action).pathname;
  const incident = document.querySelector('main').dataset.incident;
  if (!read().some(own)) write([...read(), { url, fields, incident, at: serverNow() }]);
  const sent = flush();
  mark();
  setTimeout(show, PATIENCE_MS);
  await sent;
}

export function start(zone) {
  timeZone = zone;
  document.addEventListener('submit', tapped);
  addEventListener('online', flush);
  document.addEventListener('visibilitychange', () => { if (!document.hidden) flush(); });
  flush();
}
