// The live stream. The browser reconnects by itself after most failures; what it does not notice
// (a link that is half open) or gives up on (an answer that is no stream), is noticed here.

const SILENT_AFTER = 35_000; // milliseconds; the service beats every 15 s, one beat may be lost
const TRY_AGAIN = 5_000;

export function listen(site, { onStatus, onCommand, onBroken, onSignedOut }) {
  let source = null;
  let heard = performance.now();

  function open() {
    source?.close();
    source = new EventSource(`/api/v1/live?site=${encodeURIComponent(site)}`);
    source.addEventListener("status", (event) => { heard = performance.now(); onStatus(JSON.parse(event.data)); });
    source.addEventListener("command", (event) => { heard = performance.now(); onCommand(JSON.parse(event.data)); });
    source.addEventListener("beat", () => { heard = performance.now(); });
    source.addEventListener("error", () => { onBroken(); check(); });
  }

  async function check() {
    if (source.readyState !== EventSource.CLOSED) return;
    const answer = await fetch("/api/v1/session").catch(() => null);
    if (answer?.status === 401) onSignedOut();
  }

  setInterval(() => {
    const silent = performance.now() - heard > SILENT_AFTER;
    if (silent) onBroken();
    if (silent || source.readyState === EventSource.CLOSED) { heard = performance.now(); open(); }
  }, TRY_AGAIN);
  open();
}
