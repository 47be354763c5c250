// The live stream. The browser reconnects by itself after most failures; what it does not notice
// (a link that is half open) or gives up on (an answer that is no stream), is noticed here.

const SILENT_AFTER = 35_000; // milliseconds; the service beats every 15 s, one beat may be lost
const STALE_AFTER = 75_000; // it sends a status at least every 30 s, unless it cannot read its store
const BROKEN_AFTER = 4_000; // a stream that ends to be renewed is back within two seconds
const TRY_AGAIN = 5_000;

export function listen(site, { onStatus, onCommand, onBroken, onSignedOut }) {
  let source = null;
  let heard = performance.now(); // anything
  let told = heard; // a status
  let doubt = null; // runs from an error until something is heard

  function hear() {
    heard = performance.now();
    clearTimeout(doubt);
    doubt = null;
  }

  function open() {
    source?.close();
    source = new EventSource(`/api/v1/live?site=${encodeURIComponent(site)}`);
    source.addEventListener("status", (event) => { hear(); told = heard; onStatus(JSON.parse(event.data)); });
    source.addEventListener("command", (event) => { hear(); onCommand(JSON.parse(event.data)); });
    source.addEventListener("beat", hear);
    source.addEventListener("error", () => { doubt ??= setTimeout(onBroken, BROKEN_AFTER); check(); });
  }

  async function check() {
    if (source.readyState !== EventSource.CLOSED) return;
    const answer = await fetch("/api/v1/session").catch(() => null);
    if (answer?.status === 401) onSignedOut();
  }

  setInterval(() => {
    const silent = performance.now() - heard > SILENT_AFTER;
    if (silent || performance.now() - told > STALE_AFTER) onBroken();
    if (silent || source.readyState === EventSource.CLOSED) { heard = performance.now(); open(); }
  }, TRY_AGAIN);
  open();
}
