// Goes down the page one screen at a time so that lazy pictures are asked for, column by column where it is wider than the window; then
// along each part of it that scrolls by itself, and back to where that stood; then back to the top.
async (limits, trees) => {
  const nothing = { reached: true, passed: [], pictures: [], lost: 0 };
  if (limits.framed && (innerWidth < 80 || innerHeight < 80)) return nothing;
  // Two frames: what watches the screen has then been told; and a little more, since rows are often made a moment after that. A page
  // that draws slowly is not waited for longer than the limit. Where scripts are forbidden no clock goes, and frames alone are counted.
  const after = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));
  const frames = (n) => new Promise((done) => { const next = () => (n-- > 0 ? requestAnimationFrame(next) : done()); next(); });
  const pause = () => Promise.race([Promise.all([frames(2), after(60)]), after(limits.pause), frames(16)]);
  // Long lists take away above what they show below: each line that stood there on the way is taken down, and each picture that only
  // the page itself has. A page so large that reading it takes long is read once.
  const passed = new Set(), met = new Set(), own = new Map();
  let room = limits.text, left = limits.inline, lost = 0, slow = false;
  const keep = async (image, url) => {
    const written = url.startsWith("data:");  // then the address is the picture
    if (!written) own.set(url, { url, data: "", anew: false });
    const raw = written ? "" : await trees.bytes(url, left);
    await image.decode().catch(() => null);
    if (image.naturalWidth * image.naturalHeight < 1024) { own.delete(url); return; }
    const data = written ? "" : raw || trees.redraw(image);
    if ((left -= written ? url.length : data.length) < 0) lost += 1;
    else own.set(url, { url, data, anew: !written && !raw });
  };
  const keeping = [];
  const take = (image) => {
    const url = image.currentSrc;
    if (!/^(blob|data):/.test(url) || met.has(url)) return;
    met.add(url);
    if (met.size <= 300) keeping.push(keep(image, url));
    else lost += 1;
  };
  const read = () => {
    if (slow || location.protocol === "chrome-error:") return;
    const began = performance.now();
    for (const line of trees.text().split("\n")) {
      const words = line.trim();
      if (words && !passed.has(words) && (room -= words.length) >= 0) passed.add(words);
    }
    for (const node of trees.elements()) if (trees.read(node, "localName") === "img") take(node);
    slow = performance.now() - began > 50;
  };
  const until = performance.now() + limits.seconds * 1000;
  const page = () => document.scrollingElement || document.documentElement;
  const along = async (size, whole, put) => {
    let at = 0;
    while (at < whole() && performance.now() < until) {
      put(at);
      await pause();
      read();
      at += Math.max(200, size() * 0.9);
    }
    return at >= whole();
  };
  // Towards the end of a line: to the left where the writing goes there.
  const turn = (node) => (getComputedStyle(node).direction === "rtl" ? -1 : 1);
  const rolls = (node, axis) => /^(auto|scroll|overlay)$/.test(getComputedStyle(node)[axis]);
  const wide = () => page().scrollWidth > innerWidth + 80 && ![page(), document.body].some((one) => one && getComputedStyle(one).overflowX === "hidden");
  let reached = true, column = 0;
  do {
    const x = column * turn(page());
    const whole = await along(() => innerHeight, () => page().scrollHeight, (top) => window.scrollTo({ top, left: x, behavior: "instant" }));
    reached = reached && whole;
    column += Math.max(200, innerWidth * 0.9);
  } while (wide() && column < page().scrollWidth && performance.now() < until);
  reached = reached && !(wide() && column < page().scrollWidth);
  let looked = 0;
  for (const node of trees.elements()) {
    if (++looked > 40000) break;
    if (node === page() || node.clientHeight < 80 || node.clientWidth < 80) continue;
    const tall = node.scrollHeight > node.clientHeight + 40 && rolls(node, "overflowY");
    const long = node.scrollWidth > node.clientWidth + 40 && rolls(node, "overflowX");
    if (!tall && !long) continue;
    const [top, start] = [node.scrollTop, node.scrollLeft];
    node.scrollIntoView({ block: "nearest", inline: "nearest", behavior: "instant" });
    if (tall) reached = await along(() => node.clientHeight, () => node.scrollHeight, (y) => node.scrollTo({ top: y, behavior: "instant" })) && reached;
    if (long) reached = await along(() => node.clientWidth, () => node.scrollWidth, (x) => node.scrollTo({ left: x * turn(node), behavior: "instant" })) && reached;
    node.scrollTo({ top, left: start, behavior: "instant" });
  }
  window.scrollTo({ top: 0, left: 0, behavior: "instant" });
  await pause();
  await Promise.race([Promise.all(keeping), after(600), frames(36)]);
  // What is still shown is taken by the look at the page as it stands in the end.
  for (const node of trees.elements()) if (trees.read(node, "localName") === "img") own.delete(node.currentSrc);
  return { reached, passed: [...passed], pictures: [...own.values()], lost };
}
