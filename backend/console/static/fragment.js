// Puts the server's fragments on the page. What the reader has chosen, opened or focused stays.

import { setServerNow, tick } from './clock.js';

const BUTTONS = ':scope > .go, :scope > .answers';
const shown = new Map(); // id -> the markup that stands there now

export function apply(html) {
  const parsed = document.createElement('template');
  parsed.innerHTML = html;
  const fresh = parsed.content.querySelector('[data-now]');
  const band = document.getElementById('band');
  if (band && fresh?.id === 'band') {
    if (fresh.dataset.incident !== band.dataset.incident) return;
    if (Number(fresh.dataset.revision) < Number(band.dataset.revision)) return; // overtaken
  }
  const said = document.querySelector('[data-announce]')?.dataset.announce;
  setServerNow(Number(fresh?.dataset.now));
  for (const part of [...parsed.content.children]) replace(part);
  const says = document.querySelector('[data-announce]')?.dataset.announce;
  if (says !== said) document.getElementById('announce').textContent = says ?? '';
  tick();
}

function replace(part) {
  const old = document.getElementById(part.id);
  if (!old || shown.get(part.id) === part.outerHTML) return;
  // A form that a signed link opened knows who acts; the stream's form does not, but what may be
  // answered now.
  if (old.dataset.byLink === 'yes' && part.dataset.byLink === 'no') {
    shown.set(part.id, part.outerHTML);
    for (const stale of old.querySelectorAll(BUTTONS)) stale.remove();
    old.append(...part.querySelectorAll(BUTTONS));
    return;
  }
  shown.set(part.id, part.outerHTML);
  const focused = old.contains(document.activeElement) ? document.activeElement.id : '';
  const chosen = [...old.querySelectorAll('select')].map(select => [select.id, select.value]);
  const opened = [...old.querySelectorAll('details[open]')].map(details => details.id);
  old.replaceWith(part);
  for (const [id, value] of chosen) {
    const select = document.getElementById(id);
    if ([...select?.options ?? []].some(option => option.value === value)) select.value = value;
  }
  for (const id of opened) document.getElementById(id)?.setAttribute('open', '');
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
}
