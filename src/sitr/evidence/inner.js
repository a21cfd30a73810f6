// Parts of the page that scroll by themselves (a page whose body stands still and a panel moves). With `step` null: how many there
// are. Else: puts the one numbered `number` at its step, and says where it stands on the page.
async ({ number, step, most }, trees) => {
  const page = document.scrollingElement || document.documentElement;
  const scrolls = (node) => {
    if (node === page || node === document.body && page === document.documentElement && getComputedStyle(page).overflowY === "visible") return false;
    if (node.scrollHeight <= node.clientHeight + 40 || node.clientHeight < 80 || node.clientWidth < 80) return false;
    return /^(auto|scroll|overlay)$/.test(getComputedStyle(node).overflowY) && node.checkVisibility();
  };
  const area = (node) => Math.min(node.clientWidth, innerWidth) * Math.min(node.clientHeight, innerHeight);
  const found = [];
  let looked = 0;
  for (const node of trees.elements()) {
    if (++looked > 40000) break;
    if (node.localName !== "textarea" && node.localName !== "select" && scrolls(node)) found.push(node);
  }
  found.sort((a, b) => area(b) - area(a));
  const large = found.filter((node) => area(node) >= 0.1 * innerWidth * innerHeight).slice(0, most);
  if (step === null) return { large: large.length, small: found.length - large.length };
  const node = large[number];
  if (!node) return null;
  node.scrollTo({ top: step < 0 ? 0 : step * node.clientHeight, behavior: "instant" });
  await new Promise((done) => { requestAnimationFrame(() => requestAnimationFrame(done)); setTimeout(done, 120); });
  const box = node.getBoundingClientRect();
  return {
    x: box.left + node.clientLeft + scrollX, y: box.top + node.clientTop + scrollY, width: node.clientWidth, height: node.clientHeight,
    tall: node.scrollHeight, last: node.scrollTop + node.clientHeight >= node.scrollHeight - 1,
  };
}
