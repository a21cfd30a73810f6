// Parts of the page that scroll by themselves, up and down or sideways (a page whose body stands still and a panel moves; in a frame,
// what it shows as a whole). With `step` null: how large they are. Else: puts the one numbered `number` at its step, and says where it
// stands on the page, or in its frame's window.
async ({ number, step, framed }, trees) => {
  const page = document.scrollingElement || document.documentElement;
  const body = (node) => node === document.body && page === document.documentElement && getComputedStyle(page).overflowY === "visible";
  const scrolls = (node, sideways) => {
    if (!framed && (node === page || body(node))) return false;
    if (node.clientHeight < 80 || node.clientWidth < 80) return false;
    if (sideways ? node.scrollWidth <= node.clientWidth + 40 : node.scrollHeight <= node.clientHeight + 40) return false;
    const style = getComputedStyle(node)[sideways ? "overflowX" : "overflowY"];
    return (node === page ? style !== "hidden" && style !== "clip" : /^(auto|scroll|overlay)$/.test(style)) && node.checkVisibility();
  };
  const area = ({ node }) => Math.min(node.clientWidth, innerWidth) * Math.min(node.clientHeight, innerHeight);
  const found = [];
  let looked = 0;
  for (const node of trees.elements()) {
    if (++looked > 40000) break;
    if (node.localName === "textarea" || node.localName === "select") continue;
    for (const sideways of [false, true]) if (scrolls(node, sideways)) found.push({ node, sideways });
  }
  found.sort((a, b) => area(b) - area(a));
  if (step === null) return found.map(area);
  if (!found[number]) return null;
  const { node, sideways } = found[number];
  const [back, forth] = [step < 0, Math.max(0, step)];
  if (sideways) node.scrollTo({ left: back ? 0 : forth * node.clientWidth * (getComputedStyle(node).direction === "rtl" ? -1 : 1), behavior: "instant" });
  else node.scrollTo({ top: back ? 0 : forth * node.clientHeight, behavior: "instant" });
  await new Promise((done) => { requestAnimationFrame(() => requestAnimationFrame(done)); setTimeout(done, 120); });
  const box = node === page ? { left: 0, top: 0 } : node.getBoundingClientRect();
  const [away, wide] = framed ? [0, 0] : [scrollY, scrollX];
  return {
    x: box.left + (node === page ? 0 : node.clientLeft) + wide, y: box.top + (node === page ? 0 : node.clientTop) + away,
    width: node.clientWidth, height: node.clientHeight, tall: sideways ? node.scrollWidth : node.scrollHeight,
    span: sideways ? node.clientWidth : node.clientHeight,
    last: sideways ? Math.abs(node.scrollLeft) + node.clientWidth >= node.scrollWidth - 1 : node.scrollTop + node.clientHeight >= node.scrollHeight - 1,
  };
}
