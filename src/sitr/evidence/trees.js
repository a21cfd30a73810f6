// What all our scripts share, kept in their own world of a frame: every element of the page in order, those in shadow trees too.
// Closed trees are hidden from every script; the protocol finds them and hands them in by `keep`.
() => {
  const closed = new Map();
  // The fields of a form stand before its own properties (<input name=shadowRoot>), so those are read from where they are defined.
  const read = (node, name) => {
    const found = Reflect.get(Object.getPrototypeOf(node), name, node);
    return typeof found === "function" ? found.bind(node) : found;
  };
  const keep = (...roots) => { for (const root of roots) closed.set(root.host, root); };
  const shadow = (node) => read(node, "shadowRoot") ?? closed.get(node);
  // One stack and no recursion: a page may put trees into each other as deep as it likes.
  function* elements() {
    const under = [document.querySelectorAll("*").values()];
    while (under.length) {
      const { value: node, done } = under.at(-1).next();
      if (done) { under.pop(); continue; }
      yield node;
      const root = shadow(node);
      if (root) under.push(root.querySelectorAll("*").values());
    }
  }
  // Whether it or anything around it, across the borders of shadow trees, is one of these.
  const within = (node, selector) => {
    for (let at = node; at; at = read(at, "getRootNode")().host) if (read(at, "closest")(selector)) return true;
    return false;
  };
  // What people read, also what stands beside the body; of a body that is not shown, what it would say.
  const text = () => {
    const { documentElement: top, body } = document;
    return (body && !body.checkVisibility() ? body.innerText : top && (top.innerText ?? top.textContent)) ?? "";
  };
  // What is behind an address of the page's own, as a data: address; empty when it cannot be read or has more than `most` bytes.
  const bytes = async (url, most) => {
    try {
      const blob = await (await fetch(url)).blob();
      if (blob.size > most) return "";
      return await new Promise((done) => {
        const reader = new FileReader();
        reader.onload = () => done(String(reader.result));
        reader.onerror = () => done("");
        reader.readAsDataURL(blob);
      });
    } catch { return ""; }
  };
  const redraw = (image) => {
    if (image.naturalWidth * image.naturalHeight > 5e7) return "";
    try {
      const canvas = document.createElementNS("http://www.w3.org/1999/xhtml", "canvas");
      canvas.width = image.naturalWidth;
      canvas.height = image.naturalHeight;
      canvas.getContext("2d").drawImage(image, 0, 0);
      return canvas.toDataURL("image/png");
    } catch { return ""; }
  };
  return { read, keep, shadow, elements, within, text, bytes, redraw };
}
