// Countdowns and ages, in the server's time: a phone's own clock may be wrong.

let aheadMs = 0; // the server's clock minus ours

export const serverNow = () => Date.now() + aheadMs;
export const setServerNow = ms => { if (Number.isFinite(ms)) aheadMs = ms - Date.now(); };

// As backend/console/wording.py says durations.
export function span(ms) {
  const s = Math.max(0, Math.floor(ms / 1000));
  const [minutes, hours, days] = [Math.floor(s / 60), Math.floor(s / 3600), Math.floor(s / 86400)];
  if (days) return `${days} d ${hours % 24} h`;
  if (hours) return `${hours} h ${minutes % 60} min`;
  return `${minutes}:${String(s % 60).padStart(2, '0')}`;
}

export function localTime(ms, timeZone) {
  return new Date(ms).toLocaleTimeString('en-GB', { timeZone, hourCycle: 'h23' })
    + (timeZone === 'UTC' ? ' UTC' : '');
}

export function tick() {
  const now = serverNow();
  const write = (element, text) => { if (element.textContent !== text) element.textContent = text; };
  for (const e of document.querySelectorAll('[data-until]')) write(e, span(e.dataset.until - now));
  for (const e of document.querySelectorAll('[data-since]')) write(e, span(now - e.dataset.since));
  for (const e of document.querySelectorAll('[data-to]')) {
    const share = (e.dataset.to - now) / (e.dataset.to - e.dataset.from);
    e.setAttribute('width', String(100 * Math.max(0, Math.min(1, share || 0))));
  }
}
