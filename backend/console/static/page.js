// What every page of the console starts.

import { setServerNow, tick } from './clock.js';
import { follow } from './live.js';
import { flush, start } from './outbox.js';

const page = document.querySelector('main').dataset;
setServerNow(Number(page.now));
tick();
start(page.timeZone);
follow({ url: page.live, staleMs: Number(page.staleMs), timeZone: page.timeZone, onHeard: flush });

// Who acted last on this phone is most likely who acts now; it is still theirs to change.
const PERSON = 'floorwatch.person';
try {
  const select = document.getElementById('acting');
  const last = localStorage.getItem(PERSON);
  if (select && [...select.options].some(option => option.value === last)) select.value = last;
  document.addEventListener('submit', event => {
    const chosen = event.target.querySelector('#acting')?.value;
    if (chosen) localStorage.setItem(PERSON, chosen);
  });
} catch { /* a browser without storage asks each time */ }
