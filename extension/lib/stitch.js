// Where each shot of a scrolled page goes in the tall picture, and how that is cut into files. Numbers only: no browser.

// The tallest file, in device pixels: browsers' canvases end at 16,384 and more memory than this is not to be had at once.
export const TALLEST = 8000;
// A page may go on for ever. What lies beyond is named as missing.
export const MOST_SHOTS = 60;

// How far down to scroll for each shot: `total` and `view` are heights in CSS pixels. The last shot ends with the page.
export function positions(total, view) {
  const found = [];
  for (let y = 0; y + view < total && found.length < MOST_SHOTS - 1; y += view) found.push(y);
  const last = Math.max(0, total - view);
  const whole = found.length < MOST_SHOTS - 1 || (found.at(-1) ?? 0) + view >= last;
  found.push(whole ? last : found.at(-1) + view);
  return { positions: [...new Set(found)], whole: whole && found.at(-1) + view >= total };
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
