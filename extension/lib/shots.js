// The whole page as pictures: scroll, shoot, stitch, cut into files. The page is left as it was, whatever happens.
import { api } from "./browser.js";
import { cuts, fits, heights, newRows, OVERLAP, pieces, positions, TALLEST } from "./stitch.js";

// Browsers allow two shots a second (Chromium's MAX_CAPTURE_VISIBLE_TAB_CALLS_PER_SECOND).
const PAUSE = 520;
// A shot may show the page as it was before scrolling, on a busy machine: then it is taken again.
const TRIES = 4;
const MOST_CUT_BYTES = 24 * 1024 * 1024;

export class OtherPage extends Error {}

// Call one function of page.js in the tab.
export async function inPage(tab, name, ...given) {
  const [answer] = await api.scripting.executeScript({
    target: { tabId: tab.id }, func: (called, values) => globalThis.sitrPage[called](...values), args: [name, given],
  });
  return answer.result;
}

export class Camera {
  constructor(tab) {
    this.tab = tab;
    this.last = 0;
    this.before = "";
    this.same = false; // whether the last shot was the very one before it
  }

  // One shot of what the window shows. Looked at before and after: the browser shoots whatever tab is in front.
  async shoot() {
    await this.stillHere();
    const rest = this.last + PAUSE - Date.now();
    if (rest > 0) await pause(rest);
    const address = await this.taken();
    await this.stillHere();
    this.same = address === this.before;
    this.before = address;
    return createImageBitmap(new Blob([bytesOf(address)], { type: "image/png" }));
  }

  async taken(tries = 4) {
    try {
      this.last = Date.now();
      return await api.tabs.captureVisibleTab(this.tab.windowId, { format: "png" });
    } catch (error) {
      if (tries === 0 || !/quota|per_second/i.test(String(error))) throw error;
      await pause(2 * PAUSE);
      return this.taken(tries - 1);
    }
  }

  async stillHere() {
    const now = await api.tabs.get(this.tab.id);
    if (!now.active || now.windowId !== this.tab.windowId || now.url !== this.tab.url) throw new OtherPage();
  }
}

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

function bytesOf(address) {
  const text = atob(address.slice(address.indexOf(",") + 1));
  return Uint8Array.from(text, (c) => c.charCodeAt(0));
}

async function png(canvas) {
  return canvas.convertToBlob({ type: "image/png" });
}

// The window as the person saw it, untouched; then the whole page in files of at most TALLEST rows.
// `tell(number, of)` says how far it is. Gives {files, missing, cut}; `cut`: with `withImages`, what was to be seen of the
// images that cannot be read, by their number.
export async function shots(tab, tell, withImages) {
  const camera = new Camera(tab), files = [], missing = [];
  let cut = {};
  const seen = await camera.shoot();
  files.push(file("view.png", await png(canvasOf(seen))));
  try {
    const start = await inPage(tab, "begin");
    if (start.late) missing.push({ what: "images", why: "still loading" });
    if (start.wide) missing.push({ what: "screenshot", why: "wider than the window", from: Math.round(start.frame.width) });
    if (start.others) missing.push({ what: "screenshot", why: "parts that scroll by themselves are shown as they stood", count: start.others });
    const plan = positions(start.total, start.frame.height);
    const picture = new Tall();
    for (const [number, wanted] of plan.positions.entries()) {
      tell(number + 1, plan.positions.length);
      const { place, taken, seam } = await next(tab, camera, picture, wanted, start.window.width);
      if (!taken) {
        missing.push({ what: "screenshot", why: "the page moved by itself", from: Math.round(place.y) });
        break;
      }
      if (!seam) missing.push({ what: "screenshot", why: "something moves here: two shots do not meet exactly", from: Math.round(place.y) });
      if (number === plan.positions.length - 1 && place.total > start.total + 40) missing.push({ what: "screenshot", why: "the page grew while it was read", from: start.total });
    }
    if (!plan.whole) missing.push({ what: "screenshot", why: "the page goes on", from: Math.round(plan.positions.at(-1) + start.frame.height) });
    const places = withImages ? await inPage(tab, "unreadable") : [];
    const made = await picture.files();
    cut = await cutOut(made, places, picture.scale);
    for (const [number, blob] of made.entries()) files.push(file(`page-${String(number + 1).padStart(2, "0")}.png`, blob));
  } finally {
    await inPage(tab, "end").catch(() => {}); // the tab may be gone; then there is nothing to put back
  }
  return { files, missing, cut };
}

// One more shot into the picture; again when its first rows are not the last of the one before.
async function next(tab, camera, picture, wanted, windowWidth) {
  for (let tries = 1; ; tries++) {
    const place = await inPage(tab, "at", wanted);
    if (place.url !== tab.url) throw new OtherPage();
    const shot = await camera.shoot();
    const seam = picture.meets(shot, place, windowWidth);
    // The very same shot again, although the page was scrolled: not painted yet, or all of one colour.
    const stale = camera.same && picture.done > 0 && place.y > 0;
    if ((seam && !stale) || tries === TRIES) return { place, seam, taken: await picture.take(shot, place, windowWidth) };
    shot.close();
  }
}

const file = (name, blob) => ({ kind: "screenshot", name, media_type: "image/png", blob });

function canvasOf(shot) {
  const canvas = new OffscreenCanvas(shot.width, shot.height);
  canvas.getContext("2d").drawImage(shot, 0, 0);
  return canvas;
}

// Some rows of a shot, to be compared.
function strip(shot, crop, from, rows) {
  const made = new OffscreenCanvas(crop.width, rows).getContext("2d", { willReadFrequently: true });
  made.drawImage(shot, crop.x, crop.y + from, crop.width, rows, 0, 0, crop.width, rows);
  return made;
}

// A picture that grows downwards. A file that is full is encoded at once, so that one canvas is held at a time.
class Tall {
  constructor() {
    this.done = 0;
    this.ready = [];
    this.canvas = null;
    this.tail = null; // the last rows, to be met by the next shot
    this.scale = 1; // device pixels in a CSS pixel
  }

  // Whether the first rows of a shot are the last of the picture.
  meets(shot, place, windowWidth) {
    const { crop, scale, fresh } = this.lies(shot, place, windowWidth);
    const rows = Math.min(Math.floor((OVERLAP / 2) * scale), fresh?.from ?? 0);
    if (!this.tail || !fresh || rows === 0) return true;
    const last = this.tail.getImageData(0, this.tail.canvas.height - rows, crop.width, rows).data;
    return fits(last, strip(shot, crop, fresh.from - rows, rows).getImageData(0, 0, crop.width, rows).data);
  }

  lies(shot, place, windowWidth) {
    const scale = shot.width / windowWidth;
    const { x, y, width, height } = place.frame;
    const crop = { x: Math.round(x * scale), y: Math.round(y * scale), width: Math.round(width * scale) };
    crop.height = Math.min(Math.round(height * scale), shot.height - crop.y);
    return { crop, scale, fresh: newRows(place.y, scale, crop.height, this.done) };
  }

  async take(shot, place, windowWidth) {
    const { crop, scale, fresh } = this.lies(shot, place, windowWidth);
    if (!fresh) return false;
    this.scale = scale;
    const rows = Math.min(Math.ceil(OVERLAP * scale), crop.height);
    this.tail = strip(shot, crop, crop.height - rows, rows);
    for (const cut of cuts(this.done, fresh.rows)) {
      this.canvas ??= new OffscreenCanvas(crop.width, TALLEST);
      this.canvas.getContext("2d").drawImage(
        shot, crop.x, crop.y + fresh.from + cut.offset, crop.width, cut.rows, 0, cut.top, crop.width, cut.rows,
      );
      this.done += cut.rows;
      if (this.done % TALLEST === 0) await this.close(TALLEST);
    }
    shot.close();
    return true;
  }

  async close(rows) {
    const cut = new OffscreenCanvas(this.canvas.width, rows);
    cut.getContext("2d").drawImage(this.canvas, 0, 0);
    this.ready.push(await png(cut));
    this.canvas = null;
  }

  async files() {
    const last = heights(this.done).at(-1);
    if (this.canvas) await this.close(last);
    return this.ready;
  }
}

// Pieces of the finished files as data addresses: {number, x, y, width, height} in CSS pixels of the whole picture. The
// bytes are bounded: a page of a thousand pictures would else be held twice.
async function cutOut(files, places, scale) {
  const found = {};
  let left = MOST_CUT_BYTES;
  for (const [number, blob] of files.entries()) {
    const here = pieces(places, scale, number);
    if (!here.length) continue;
    const tall = await createImageBitmap(blob);
    for (const piece of here) {
      const width = Math.min(piece.width, tall.width - piece.x), height = Math.min(piece.height, tall.height - piece.top);
      if (width < 1 || height < 1 || left < 0) continue;
      const canvas = new OffscreenCanvas(width, height);
      canvas.getContext("2d").drawImage(tall, piece.x, piece.top, width, height, 0, 0, width, height);
      const bytes = new Uint8Array(await (await png(canvas)).arrayBuffer());
      left -= bytes.length;
      found[piece.number] = `data:image/png;base64,${base64(bytes)}`;
    }
    tall.close();
  }
  return found;
}

function base64(bytes) {
  let text = "";
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(text);
}
