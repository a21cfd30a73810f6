// One press: ask Sitr, read the page, shoot it, copy it, hash it, hand it over. Nothing is kept here afterwards.
import { api, kind } from "./browser.js";
import { bundle, MOST_BYTES } from "./bundle.js";
import { inPage, OtherPage, shots } from "./shots.js";
import { add, Refused, state } from "./sitr.js";

export class TooLarge extends Error {}
export class NoPage extends Error {}

// `child` is the person's answer; `tell(step, ...)` says in words where it stands. Gives what Sitr answered, and what
// was left out. Without pictures nothing is shot and nothing is copied: address, time and text only.
export async function capture(tabId, child, tell) {
  tell("step_ask");
  const allowed = await state();
  const pictures = child === "no" && allowed.pictures === true;
  tell("step_read");
  const tab = await api.tabs.get(tabId);
  if (!/^https?:/.test(tab.url ?? "")) throw new NoPage();
  try {
    await api.scripting.executeScript({ target: { tabId }, files: ["lib/page.js"] });
  } catch {
    throw new NoPage(); // pages of the browser and of shops for extensions let nobody in
  }
  const captured_at = new Date().toISOString();
  const files = [], missing = [];
  if (pictures) {
    const taken = await shots(tab, (number, of) => tell("step_shot", number, of), !api.pageCapture);
    files.push(...taken.files);
    missing.push(...taken.missing);
    tell("step_copy");
    const copied = await copy(tab, taken.cut);
    files.push(copied.file);
    missing.push(...copied.missing);
  }
  const { text, missing: unread, ...page } = await inPage(tab, "describe", pictures);
  if (page.url !== tab.url) throw new OtherPage();
  missing.push(...unread);
  if (text) files.push({ kind: "text", name: "page.txt", media_type: "text/plain", blob: new Blob([text]) });
  const said = {
    ...page, captured_at, child, pictures, missing, partial: missing.length > 0,
    made_by: { extension: api.runtime.getManifest().version, browser: kind() },
  };
  const sent = await bundle(said, files);
  if (sent.size > MOST_BYTES) throw new TooLarge();
  tell("step_send");
  return { ...(await add(sent)), pictures, partial: said.partial };
}

// The page as one file: MHTML where the browser makes it, else its final state with the images that can be read, and
// what the window showed (`cut`) of the others.
async function copy(tab, cut) {
  if (api.pageCapture) {
    const blob = (await mhtml(tab)) ?? (await mhtml(tab));
    if (blob) return { file: { kind: "mhtml", name: "page.mhtml", media_type: "multipart/related", blob }, missing: [] };
  }
  const { html, missing } = await inPage(tab, "serialise", cut);
  return { file: { kind: "html", name: "page.html", media_type: "text/html", blob: new Blob([html]) }, missing };
}

// Read at once: what the browser hands over lies in a file of its own that it takes away soon. Null where it could not.
async function mhtml(tab) {
  try {
    const blob = await api.pageCapture.saveAsMHTML({ tabId: tab.id });
    return blob?.size ? new Blob([await blob.arrayBuffer()]) : null;
  } catch {
    return null;
  }
}

export { OtherPage, Refused };
