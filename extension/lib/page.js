// Runs in the page, in the extension's own world: the page's scripts neither see nor change it. It reads, scrolls, and
// puts everything back. Nothing here sends anything. A classic script, since `executeScript` takes no modules.
(() => {
  const MOST = { text: 1_000_000, accounts: 200, images: 1000, elements: 60_000, address: 4096, screens: 60 };
  const wait = (ms) => new Promise((done) => setTimeout(done, ms));
  let changed = [];
  let before = null;

  // Every element, those in shadow trees included, up to a bound.
  function* elements(root = document, count = { left: MOST.elements }) {
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_ELEMENT);
    for (let node = walker.nextNode(); node && count.left-- > 0; node = walker.nextNode()) {
      yield node;
      const inner = shadow(node);
      if (inner) yield* elements(inner, count);
    }
  }

  function shadow(node) {
    try {
      return globalThis.chrome?.dom?.openOrClosedShadowRoot?.(node) ?? node.openOrClosedShadowRoot ?? node.shadowRoot;
    } catch {
      return node.shadowRoot;
    }
  }

  // What a reader sees as text: innerText passes by what stands in shadow trees.
  function words() {
    const found = [document.body?.innerText ?? ""];
    for (const one of elements()) {
      for (const part of shadow(one)?.children ?? []) if (!/^(style|script|template|link)$/.test(part.localName)) found.push(part.innerText ?? "");
    }
    return found.filter((text) => text.trim()).join("\n");
  }

  const web = (address) => /^https?:/.test(address) && address.length <= MOST.address;

  // What scrolls: the document, or where that stands still the large box inside it that does (feeds do this).
  function scroller() {
    const root = document.scrollingElement ?? document.documentElement;
    if (root.scrollHeight > innerHeight + 1) return root;
    let best = root, area = (innerWidth * innerHeight) / 2;
    for (const one of elements()) {
      if (one.scrollHeight <= one.clientHeight + 40 || one === root) continue;
      const size = one.clientWidth * one.clientHeight;
      if (size > area && /auto|scroll/.test(getComputedStyle(one).overflowY)) [best, area] = [one, size];
    }
    return best;
  }

  // Large parts, beside what scrolls, that scroll by themselves: their pictures show them as they stand.
  function others(box) {
    let found = 0;
    for (const one of elements()) {
      if (one === box || one === document.body || one === document.documentElement || one.scrollHeight <= one.clientHeight + 40) continue;
      if (one.clientWidth * one.clientHeight >= (innerWidth * innerHeight) / 10 && /auto|scroll/.test(getComputedStyle(one).overflowY)) found += 1;
    }
    return found;
  }

  // The part of the window in which the page moves, in CSS pixels.
  function frame(box) {
    const root = document.scrollingElement ?? document.documentElement;
    if (box === root) return { x: 0, y: 0, width: document.documentElement.clientWidth, height: innerHeight };
    const at = box.getBoundingClientRect();
    const top = Math.max(0, at.top + box.clientTop), left = Math.max(0, at.left + box.clientLeft);
    return { x: left, y: top, width: Math.min(box.clientWidth, innerWidth - left), height: Math.min(box.clientHeight, innerHeight - top) };
  }

  function accounts() {
    const found = new Map();
    const keep = (name, address) => {
      if (found.size < MOST.accounts && !found.has(`${name} ${address}`)) found.set(`${name} ${address}`, { name, address });
    };
    for (const link of document.links) {
      if (!web(link.href) || !link.getClientRects().length) continue;
      const words = link.innerText.trim().slice(0, 80);
      const profile = /^\/(?:@|in\/|user\/|u\/|profile\/)?[\w.\-\u0600-\u06ff]{2,40}\/?$/.test(decoded(link.pathname));
      if (words && (/^@/.test(words) || profile) && (link.host === location.host || /^@/.test(words))) keep(words, link.href);
    }
    for (const [, name] of words().slice(0, MOST.text).matchAll(/(?:^|[\s(:،])(@[\w.\u0600-\u06ff]{2,40})/g)) keep(name, "");
    return [...found.values()];
  }

  function decoded(path) {
    try {
      return decodeURIComponent(path);
    } catch {
      return path;
    }
  }

  function images() {
    const found = new Map();
    let unnamed = 0;
    const keep = (address, from, width, height) => {
      if (!web(address)) unnamed += address ? 1 : 0;
      else if (found.size < MOST.images && !found.has(address)) found.set(address, { address, from, width, height });
    };
    for (const one of elements()) {
      if (one instanceof HTMLImageElement) keep(one.currentSrc || one.src, "img", one.naturalWidth, one.naturalHeight);
      else if (one instanceof HTMLVideoElement) keep(one.poster, "poster", 0, 0);
      else {
        for (const [, address] of getComputedStyle(one).backgroundImage.matchAll(/url\("([^"]*)"\)/g)) keep(address, "background", 0, 0);
      }
    }
    return { images: [...found.values()], unnamed };
  }

  // What stands on the page, without a picture of it.
  function describe(pictures) {
    const box = scroller(), text = words(), seen = pictures ? images() : { images: [], unnamed: 0 };
    const missing = [];
    if (text.length > MOST.text) missing.push({ what: "text", why: "longer than kept" });
    const closed = [...document.querySelectorAll("iframe, frame")].filter((one) => !one.contentDocument).length;
    if (closed) missing.push({ what: "frames", why: "of other sites; their text is not in page.txt", count: closed });
    const videos = document.querySelectorAll("video").length;
    if (videos) missing.push({ what: "videos", why: "not saved, only how they look", count: videos });
    if (seen.unnamed) missing.push({ what: "images", why: "without an address of their own", count: seen.unnamed });
    return {
      url: location.href, title: document.title.slice(0, 1000), language: document.documentElement.lang.slice(0, 40),
      direction: getComputedStyle(document.documentElement).direction, user_agent: navigator.userAgent,
      viewport: { width: innerWidth, height: innerHeight, scale: String(devicePixelRatio) },
      page: { width: box.scrollWidth, height: box.scrollHeight, scrolled: Math.round(box.scrollTop) },
      accounts: accounts(), images: seen.images, missing, text: text.slice(0, MOST.text),
    };
  }

  // Remember how everything is; load what waits to be scrolled to.
  async function begin() {
    const box = scroller();
    before = { box, top: box.scrollTop, left: box.scrollLeft };
    set(box, "scroll-behavior", "auto");
    set(document.documentElement, "scroll-behavior", "auto");
    set(box, "scroll-snap-type", "none");
    for (let screens = 0, y = 0; y < box.scrollHeight && screens < MOST.screens; screens++, y += frame(box).height) {
      move(box, y);
      await wait(60);
    }
    const late = () => [...document.images].some((one) => !one.complete);
    for (let tries = 0; late() && tries < 30; tries++) await wait(100);
    move(box, 0);
    await wait(50);
    const wide = box.scrollWidth > frame(box).width + 8 ? box.scrollWidth : 0;
    return { total: box.scrollHeight, frame: frame(box), window: { width: innerWidth, height: innerHeight }, late: late(), wide, others: others(box) };
  }

  // Until what was asked for stands on the screen. A tab that is behind gets no frames: then time has to do.
  const painted = async () => {
    const frames = new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    await Promise.race([frames, wait(1000)]);
    await wait(60);
  };

  const move = (box, y) => box.scrollTo({ top: y, left: before.left, behavior: "instant" });

  // Go to `y`. What would stand over every shot is put aside: what is fixed is hidden, what sticks stays at its own place.
  async function at(y) {
    const { box } = before;
    for (const one of elements()) {
      const style = getComputedStyle(one);
      if (style.position === "sticky") {
        set(one, "position", "relative");
        set(one, "inset", "auto");
      } else if (style.position === "fixed" && style.visibility !== "hidden" && !one.contains(box)) set(one, "visibility", "hidden");
    }
    move(box, y);
    await painted();
    return { y: box.scrollTop, total: box.scrollHeight, frame: frame(box), url: location.href };
  }

  // Where in the stitched picture those images stand that the browser does not let be read, in CSS pixels of what
  // scrolls. Only while the page is being shot: by their number among the page's images.
  function unreadable() {
    const { box } = before, root = document.scrollingElement ?? document.documentElement, part = frame(box), found = [];
    for (const [number, one] of [...document.documentElement.querySelectorAll("img")].entries()) {
      const at = one.getBoundingClientRect();
      if (at.width < 8 || at.height < 8 || getComputedStyle(one).visibility === "hidden" || readable(one)) continue;
      if (box !== root && !box.contains(one)) continue;
      found.push({ number, x: at.left - part.x, y: at.top - part.y + box.scrollTop, width: at.width, height: at.height });
    }
    return found.slice(0, MOST.images);
  }

  function set(one, name, value) {
    if (!one.style) return;
    const whole = one.getAttribute("style");
    if (!changed.some(([each]) => each === one)) changed.push([one, whole]);
    one.style.setProperty(name, value, "important");
  }

  // Everything as it was.
  function end() {
    for (const [one, whole] of changed.reverse()) {
      // Chromium writes the attribute late: taken away before it was read once, an empty one would stay behind.
      if (whole === null) one.getAttribute("style"), one.removeAttribute("style");
      else one.setAttribute("style", whole);
    }
    if (before) before.box.scrollTo({ top: before.top, left: before.left, behavior: "instant" });
    changed = [];
    before = null;
  }

  // The page as it stands, as one file that fetches nothing and runs nothing: images as the page showed them, where the
  // browser lets them be read (no new request is made). In place of the others stands what the window showed of them,
  // `cut` (number of the image: data address), and they are named.
  function serialise(cut) {
    const copy = document.documentElement.cloneNode(true), missing = [];
    const shown = [...document.documentElement.querySelectorAll("img")];
    copy.querySelectorAll("img").forEach((one, number) => {
      const address = shown[number].currentSrc || shown[number].src;
      const data = drawn(shown[number]), seen = data ? null : cut[number];
      one.removeAttribute("srcset");
      if (web(address)) one.setAttribute("data-address", address);
      if (data ?? seen) one.setAttribute("src", data ?? seen);
      if (seen) one.setAttribute("data-from", "screenshot");
      if (data || !address || address.startsWith("data:")) return;
      missing.push({ what: web(address) ? address : "image", why: seen ? "not readable from the page; as the window showed it" : "not readable from the page" });
    });
    let apart = 0;
    for (const one of elements()) apart += shadow(one) ? 1 : 0;
    if (apart) missing.push({ what: "parts", why: "that the page keeps apart (shadow trees) are not in this copy; their text is in page.txt", count: apart });
    copy.querySelectorAll("picture > source").forEach((one) => one.remove());
    copy.querySelectorAll("script, base, meta[http-equiv]").forEach((one) => one.remove());
    const policy = document.createElement("meta");
    policy.setAttribute("http-equiv", "Content-Security-Policy");
    policy.setAttribute("content", "default-src 'none'; img-src data:; style-src 'unsafe-inline'");
    const charset = document.createElement("meta");
    charset.setAttribute("charset", "utf-8");
    (copy.querySelector("head") ?? copy).prepend(charset, policy);
    return { html: `<!doctype html>\n${copy.outerHTML}`, missing: missing.slice(0, MOST.images) };
  }

  const whole = (image) => image.complete && image.naturalWidth > 0 && image.naturalWidth * image.naturalHeight <= 25_000_000;

  function onCanvas(image, width, height) {
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [width, height];
    canvas.getContext("2d").drawImage(image, 0, 0);
    return canvas;
  }

  function readable(image) {
    try {
      return whole(image) && Boolean(onCanvas(image, 1, 1).getContext("2d").getImageData(0, 0, 1, 1));
    } catch {
      return false; // of another site: the browser does not let it be read
    }
  }

  function drawn(image) {
    return readable(image) ? onCanvas(image, image.naturalWidth, image.naturalHeight).toDataURL("image/png") : null;
  }

  globalThis.sitrPage = { describe, begin, at, unreadable, end, serialise };
})();
