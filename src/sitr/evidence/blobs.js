// The bytes behind blob: addresses, as data: addresses. They exist in this page only, so they must be read here. What cannot be read
// any more (its address was taken back, or the page's own rules forbid it) is drawn anew from the picture that still shows it.
async ({ urls, most, all }, trees) => {
  const shown = new Map();
  for (const node of trees.elements()) {
    if (node instanceof HTMLImageElement && node.currentSrc.startsWith("blob:") && node.complete && node.naturalWidth) shown.set(node.currentSrc, node);
  }
  const out = {}, drawn = {};
  let left = all;
  for (const url of urls) {
    let data = await trees.bytes(url, most);
    const anew = !data && shown.has(url) && (data = trees.redraw(shown.get(url)));
    if (data.length > left) continue;
    left -= data.length;
    if (data) (anew ? drawn : out)[url] = data;
  }
  return { read: out, drawn };
}
