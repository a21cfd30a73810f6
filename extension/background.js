// Lives while a page is being saved: a popup closes when the person looks elsewhere, the work goes on.
import { api, say } from "./lib/browser.js";
import { capture, NoPage, OtherPage, Refused, TooLarge } from "./lib/capture.js";

// What is being done now, in words, for a popup that is opened again. In memory only.
let now = { busy: false, words: "", good: true };
const watching = new Set();

function tell(words, busy, good = true) {
  now = { busy, words, good };
  for (const port of watching) port.postMessage(now);
}

// A browser ends a worker that seems idle, and a file on its way does not count as work: a question a while keeps it.
const AWAKE = 10_000;

async function save(tabId, child) {
  tell(say("step_ask"), true);
  const awake = setInterval(() => api.runtime.getPlatformInfo(), AWAKE);
  try {
    const got = await capture(tabId, child, (step, ...blanks) => tell(say(step, ...blanks), true));
    tell(got.pictures ? say(got.partial ? "done_partial" : "done", got.files) : say("done_words"), false);
  } catch (error) {
    tell(wrong(error), false, false);
  } finally {
    clearInterval(awake);
  }
}

function wrong(error) {
  if (error instanceof Refused) return error.message;
  if (error instanceof OtherPage) return say("other_page");
  if (error instanceof TooLarge) return say("too_large");
  return say(error instanceof NoPage ? "no_page" : "broken");
}

api.runtime.onConnect.addListener((port) => {
  watching.add(port);
  port.onDisconnect.addListener(() => watching.delete(port));
  port.onMessage.addListener((asked) => {
    if (now.busy) port.postMessage({ ...now, words: say("busy") });
    else save(asked.tab, asked.child);
  });
  port.postMessage(now);
});
