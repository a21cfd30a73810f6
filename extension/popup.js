// The window of the extension: pair once, then one press a page. It shows; the work is done in background.js.
import { api, say } from "./lib/browser.js";
import { DESK } from "./lib/desk.js";
import { forget, pair, pairing, Refused } from "./lib/sitr.js";

const part = (id) => document.getElementById(id);
const root = document.documentElement;
let port = null;

root.lang = say("lang");
root.dir = say("dir");
document.title = say("name");
if (DESK) [part("address").value, part("address").readOnly] = [DESK, true];
for (const one of document.querySelectorAll("[data-say]")) one.textContent = say(one.dataset.say);

function tell(words, good = true) {
  part("said").textContent = words;
  part("said").className = good ? "" : "wrong";
}

async function show() {
  const found = await pairing();
  part("pair").hidden = Boolean(found);
  part("save").hidden = part("paired").hidden = !found;
  part("title").textContent = say(found ? "save_title" : "pair_title");
  if (found) part("base").textContent = found.base;
  if (found && !port) watch();
}

function watch() {
  port = api.runtime.connect();
  port.onMessage.addListener(({ busy, words, good }) => {
    part("save").querySelector("button").disabled = busy;
    if (words) tell(words, good);
  });
}

part("pair").addEventListener("submit", async (event) => {
  event.preventDefault();
  try {
    await pair(part("address").value, part("code").value);
    part("code").value = "";
    await show();
    tell(say("pair_done"));
  } catch (error) {
    tell(error instanceof Refused ? error.message : say("broken"), false);
  }
});

part("save").addEventListener("submit", async (event) => {
  event.preventDefault();
  const [tab] = await api.tabs.query({ active: true, currentWindow: true });
  port.postMessage({ tab: tab.id, child: new FormData(event.target).get("child") });
});

part("forget").addEventListener("click", async () => {
  await forget();
  await show();
  tell("");
});

await show();
