// Requests to the service. A problem comes back as an error that carries the problem's body.

export class Problem extends Error {
  constructor(body) {
    super(body.detail);
    this.body = body;
    this.code = body.type?.split(":").pop();
  }
}

export async function ask(method, path, body, key) {
  const headers = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (key) headers["Idempotency-Key"] = key;
  const answer = await fetch(path, { method, headers, body: body && JSON.stringify(body), credentials: "same-origin" });
  if (answer.status === 204) return null;
  const says = await answer.json().catch(() => ({ status: answer.status, detail: answer.statusText }));
  if (!answer.ok) throw new Problem(says);
  return says;
}

// crypto.randomUUID is there only on https and localhost, and halls have plain http too.
export function newKey() {
  return Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(16)).join("-");
}
