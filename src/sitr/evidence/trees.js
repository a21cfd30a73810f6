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
  return { read, keep, shadow, elements, within };
}
