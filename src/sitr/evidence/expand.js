// Opens what the page folded away: <details>, and its own buttons that say they open something. Never a link, a form's button or
// anything that leads elsewhere: a click on those is stopped before the page hears of it.
async (limits) => {
  const pause = () => new Promise((done) => setTimeout(done, limits.pause));
  const words = /^(show|see|read|view|load) (more|all|\d+ more)|^more( comments| replies)?$|^(عرض|قراءة|رؤية|إظهار|تحميل) (المزيد|الكل)|^المزيد/iu;
  const stop = (event) => { if (event.target.closest && event.target.closest("a[href], [type=submit]")) { event.preventDefault(); event.stopImmediatePropagation(); } };
  const never = (event) => { event.preventDefault(); event.stopImmediatePropagation(); };
  addEventListener("click", stop, true);
  addEventListener("submit", never, true);
  let opened = 0;
  for (const one of document.querySelectorAll("details:not([open])")) if (opened < limits.most) { one.open = true; opened += 1; }
  const folds = (node) => node.getAttribute("aria-expanded") === "false" && !node.getAttribute("aria-haspopup");
  const plain = (node) => !node.closest("a[href], form") && !node.disabled && node.getClientRects().length > 0;
  const pressed = new Set();
  for (let round = 0; round < 3; round += 1) {
    const found = [...document.querySelectorAll("button, [role=button], summary")].filter((node) => !pressed.has(node) && node.localName !== "summary"
      && plain(node) && (folds(node) || words.test((node.innerText || "").trim().slice(0, 60))));
    if (!found.length || opened >= limits.most) break;
    for (const node of found) {
      if (opened >= limits.most) break;
      pressed.add(node);
      node.click();
      opened += 1;
    }
    await pause();
  }
  removeEventListener("click", stop, true);
  removeEventListener("submit", never, true);
  return { opened };
}
