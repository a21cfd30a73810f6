// The bytes behind blob: addresses, as data: addresses. They exist in this page only, so they must be read here. What cannot be read
// any more (its address was taken back, or the page's own rules forbid it) is drawn anew from the picture that still shows it.
async ({ urls, most, all }, trees) => {
  const read = async (url) => {
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
  const shown = new Map();
  for (const node of trees.elements()) {
    if (node instanceof HTMLImageElement && node.currentSrc.startsWith("blob:") && node.complete && node.naturalWidth) shown.set(node.currentSrc, node);
  }
  const draw = (url) => {
    const image = shown.get(url);
    if (!image || image.naturalWidth * image.naturalHeight > 5e7) return "";
    try {
      const canvas = document.createElement("canvas");
      canvas.width = image.naturalWidth;
      canvas.height = image.naturalHeight;
      canvas.getContext("2d").drawImage(image, 0, 0);
      return canvas.toDataURL("image/png");
    } catch { return ""; }
  };
  const out = {}, drawn = {};
  let left = all;
  for (const url of urls) {
    let data = await read(url);
    const anew = !data && (data = draw(url));
    if (data.length > left) continue;
    left -= data.length;
    if (data) (anew ? drawn : out)[url] = data;
  }
  return { read: out, drawn };
}
