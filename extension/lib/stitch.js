// Where each shot of a scrolled page goes in the tall picture, and how that is cut into files. Numbers only: no browser.

// The tallest file, in device pixels: browsers' canvases end at 16,384 and more memory than this is not to be had at once.
export const TALLEST = 8000;
// A page may go on for ever. What lies beyond is named as missing.
export const MOST_SHOTS = 60;

// Each shot begins with the last rows of the one before, in CSS pixels: by them it is seen that they fit.
export const OVERLAP = 32;

// How far down to scroll for each shot: `total` and `view` are heights in CSS pixels. The last shot ends with the page.
export function positions(total, view) {
  const found = [0];
  const step = Math.max(1, view - OVERLAP);
  while (found.at(-1) + view < total && found.length < MOST_SHOTS) found.push(Math.min(found.at(-1) + step, total - view));
  return { positions: found, whole: found.at(-1) + view >= total };
}

// Whether two strips of pixels (RGBA) show the same: letters may be drawn a little differently, so few may differ.
export function fits(one, other) {
  let apart = 0;
  for (let at = 0; at < one.length; at += 4) {
    const off = Math.abs(one[at] - other[at]) + Math.abs(one[at + 1] - other[at + 1]) + Math.abs(one[at + 2] - other[at + 2]);
    if (off > 48) apart++;
  }
  return one.length === other.length && apart * 4 <= one.length * 0.02;
}

// The new rows of one shot: it was taken at `y` (CSS pixels, as the page said after scrolling) at `scale` device pixels
// each, `height` device pixels high; `done` rows stand already. None where everything is there; null where rows in
// between are missing, because the page moved by itself.
export function newRows(y, scale, height, done) {
  const top = Math.round(y * scale);
  if (top > done) return null;
  const from = done - top;
  return from >= height ? { from: 0, rows: 0 } : { from, rows: height - from };
}

// The same rows, cut where one file ends and the next begins.
export function cuts(done, rows, tallest = TALLEST) {
  const found = [];
  for (let at = done, left = rows; left > 0; ) {
    const taken = Math.min(left, tallest - (at % tallest));
    found.push({ file: Math.floor(at / tallest), top: at % tallest, offset: at - done, rows: taken });
    at += taken;
    left -= taken;
  }
  return found;
}

// The heights of the files of a picture of `rows`.
export function heights(rows, tallest = TALLEST) {
  const found = Array(Math.floor(rows / tallest)).fill(tallest);
  if (rows % tallest) found.push(rows % tallest);
  return found;
}

// What of these places ({number, x, y, width, height} in CSS pixels of the whole picture) lies in one of the files, in
// its device pixels. A place that goes over the edge of a file belongs to the one in which its larger part lies.
export function pieces(places, scale, file, tallest = TALLEST) {
  const found = [];
  for (const { number, x, y, width, height } of places) {
    const top = Math.max(0, Math.round(y * scale)), bottom = Math.round((y + height) * scale);
    const left = Math.max(0, Math.round(x * scale)), right = Math.round((x + width) * scale);
    if (bottom <= top || right <= left || Math.floor((top + bottom - 1) / 2 / tallest) !== file) continue;
    const first = Math.max(top, file * tallest), last = Math.min(bottom, (file + 1) * tallest);
    found.push({ number, x: left, top: first - file * tallest, width: right - left, height: last - first });
  }
  return found;
}
