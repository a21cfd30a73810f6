// Opens what the page folded away: <details>, and its own buttons that say they open something. Never a link, a form's button or
// anything that leads elsewhere: a click on those is stopped before the page hears of it.
async (limits, trees) => {
  const pause = () => new Promise((done) => setTimeout(done, limits.pause));
  const words = /^(show|see|read|view|load) (more|all|\d+ more)|^more( comments| replies)?$|^(عرض|قراءة|رؤية|إظهار|تحميل) (المزيد|الكل)|^المزيد/iu;
  const never = (event) => { event.preventDefault(); event.stopImmediatePropagation(); };
  // Heard at every border: outside of a shadow tree a click in it seems to be one on its host.
  const stop = (event) => { if (event.target instanceof Element && trees.within(event.target, "a[href], [type=submit]")) never(event); };
  const heard = new Set();
  const hear = (border) => {
    if (heard.has(border)) return;
    heard.add(border);
    border.addEventListener("click", stop, true);
    border.addEventListener("submit", never, true);
  };
  const found = (wanted) => {
    const nodes = [];
    let looked = 0;
    for (const node of trees.elements()) {
      if (++looked > 40000) break;
      const root = trees.shadow(node);
      if (root) hear(root);
      if (node instanceof HTMLElement && !(node instanceof HTMLFormElement) && node.matches(wanted)) nodes.push(node);
    }
    return nodes;
  };
  hear(globalThis);
  let opened = 0;
  for (const one of found("details:not([open])")) if (opened < limits.most) { one.open = true; opened += 1; }
  const folds = (node) => node.getAttribute("aria-expanded") === "false" && !node.getAttribute("aria-haspopup");
  const plain = (node) => !trees.within(node, "a[href], form") && !node.disabled && node.getClientRects().length > 0;
  const pressed = new Set();
  for (let round = 0; round < 3; round += 1) {
    const buttons = found("button, [role=button]").filter((node) => !pressed.has(node) && plain(node)
      && (folds(node) || words.test((node.innerText || "").trim().slice(0, 60))));
    if (!buttons.length || opened >= limits.most) break;
    for (const node of buttons) {
      if (opened >= limits.most) break;
      pressed.add(node);
      node.click();
      opened += 1;
    }
    await pause();
  }
  for (const border of heard) {
    border.removeEventListener("click", stop, true);
    border.removeEventListener("submit", never, true);
  }
  return { opened };
}
