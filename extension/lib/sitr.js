// Talking to the Sitr that this browser is paired with. The only place from which anything leaves the extension.
import { api, kind, say } from "./browser.js";
import { DESK } from "./desk.js";

// A refusal with a sentence for the person.
export class Refused extends Error {}

// Only this machine, or the one desk that this was built for: the content policy allows nothing else either.
export function address(typed, desk = DESK) {
  if (desk) return typed.trim().replace(/\/$/, "") === desk ? desk : null;
  const found = /^\s*(?:http:\/\/)?(127\.0\.0\.1|localhost)(?::(\d{1,5}))?\/?\s*$/.exec(typed);
  return found && Number(found[2] ?? 80) < 65536 ? `http://${found[1]}${found[2] ? `:${found[2]}` : ""}` : null;
}

export async function pairing() {
  return (await api.storage.local.get("pairing")).pairing ?? null;
}

export async function forget() {
  await api.storage.local.clear();
}

export async function pair(typed, code) {
  const base = address(typed);
  if (!base) throw new Refused(say("pair_wrong_address"));
  const said = await ask(`${base}/x/pair`, { method: "POST", body: JSON.stringify({ v: 1, code, browser: kind() }) });
  await api.storage.local.set({ pairing: { base, key: said.key, until: said.until } });
}

// Whether something may be added now, and whether pictures may.
export async function state() {
  const { base, key } = await paired();
  return ask(`${base}/x/state`, { headers: { Authorization: `Bearer ${key}` } });
}

export async function add(blob) {
  const { base, key } = await paired();
  const headers = { Authorization: `Bearer ${key}`, "Content-Type": "application/octet-stream" };
  return ask(`${base}/x/add`, { method: "POST", body: blob, headers });
}

async function paired() {
  const found = await pairing();
  if (!found) throw new Refused(say("no_answer"));
  return found;
}

async function ask(url, request) {
  let answer, said;
  try {
    const headers = { "Accept-Language": say("lang"), ...request.headers };
    answer = await fetch(url, { ...request, headers, credentials: "omit", cache: "no-store", redirect: "error", referrerPolicy: "no-referrer" });
    said = await answer.json();
  } catch {
    // Not running, another address, or an answer that this extension may not read: they cannot be told apart here.
    throw new Refused(say("no_answer"));
  }
  if (!answer.ok) throw new Refused(String(said.sentence ?? say("broken")));
  return said;
}
