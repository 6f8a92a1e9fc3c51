// One stream a tab, closed while hidden. The strip says at all times whether the page is live, and
// how old it is. Only the server's word keeps it live: silence makes it stale.

import { localTime, serverNow, setServerNow, span, tick } from './clock.js';
import { apply } from './fragment.js';

const REOPEN_MS = 3000;

export function follow({ url, staleMs, timeZone, onHeard }) {
  const strip = document.getElementById('strip');
  const state = document.getElementById('net-state');
  const age = document.getElementById('net-age');
  let heardAt = serverNow(); // the page itself was the first word
  let heard = false;
  let broken = false;
  let source = null;
  let reopening = 0;

  const say = (net, words) => {
    strip.dataset.net = net;
    document.documentElement.dataset.net = net;
    if (state.textContent !== words) state.textContent = words; // read out on a change only
  };

  const show = () => {
    const silentMs = serverNow() - heardAt;
    if (heard && !broken && silentMs < staleMs) {
      say('live', 'Live');
      age.textContent = `· checked ${Math.floor(Math.max(0, silentMs) / 1000)} s ago`;
    } else if (broken || silentMs >= staleMs) {
      say('off', 'No connection. Showing');
      age.textContent = `${localTime(heardAt, timeZone)}, ${span(silentMs)} old`;
    } else {
      say('static', 'Connecting. As of');
      age.textContent = localTime(heardAt, timeZone);
    }
  };

  const hear = nowMs => {
    setServerNow(nowMs);
    [heardAt, heard, broken] = [serverNow(), true, false];
    show();
    onHeard();
  };

  const close = () => { source?.close(); source = null; clearTimeout(reopening); };

  const open = () => {
    close();
    source = new EventSource(url);
    source.addEventListener('state', event => {
      apply(event.data);
      hear(serverNow());
    });
    source.addEventListener('beat', event => hear(Number(event.data)));
    source.onerror = () => {
      broken = true;
      show();
      // A refusal closes the source for good; a broken line it opens again by itself.
      if (source?.readyState === EventSource.CLOSED) reopening = setTimeout(open, REOPEN_MS);
    };
  };

  document.addEventListener('visibilitychange', () => { document.hidden ? close() : open(); show(); });
  addEventListener('online', open);
  addEventListener('offline', () => { broken = true; show(); });
  addEventListener('pagehide', close);
  addEventListener('pageshow', event => { if (event.persisted) open(); });
  setInterval(() => { tick(); show(); }, 1000);
  if (!document.hidden) open();
}
