// Goes down the page one screen at a time so that lazy pictures are asked for, then back to the top; then down each part of it that
// scrolls by itself, and back to where that stood.
async (limits, trees) => {
  // Two frames: what watches the screen has then been told. A page that draws slowly is not waited for longer than the limit.
  const pause = () => new Promise((done) => {
    requestAnimationFrame(() => requestAnimationFrame(done));
    setTimeout(done, limits.pause);
  });
  // Long lists take away above what they show below: each line that stood there on the way is taken down. A page whose text is so
  // large that reading it takes long is read once.
  const passed = new Set();
  let room = limits.text, slow = false;
  const read = () => {
    if (slow || location.protocol === "chrome-error:") return;
    const began = performance.now();
    for (const line of (document.body?.innerText ?? "").split("\n")) {
      const words = line.trim();
      if (words && !passed.has(words) && (room -= words.length) >= 0) passed.add(words);
    }
    slow = performance.now() - began > 50;
  };
  const until = performance.now() + limits.seconds * 1000;
  const page = () => document.scrollingElement || document.documentElement;
  const down = async (height, tall, put) => {
    let y = 0;
    while (y < tall() && performance.now() < until) {
      put(y);
      await pause();
      read();
      y += Math.max(200, height() * 0.9);
    }
    return y >= tall();
  };
  let reached = await down(() => window.innerHeight, () => page().scrollHeight, (top) => window.scrollTo({ top, behavior: "instant" }));
  window.scrollTo({ top: 0, behavior: "instant" });
  await pause();
  let looked = 0;
  for (const node of trees.elements()) {
    if (++looked > 40000) break;
    if (node === page() || node.scrollHeight <= node.clientHeight + 40 || node.clientHeight < 80 || node.clientWidth < 80) continue;
    if (!/^(auto|scroll|overlay)$/.test(getComputedStyle(node).overflowY)) continue;
    const stood = node.scrollTop;
    const whole = await down(() => node.clientHeight, () => node.scrollHeight, (top) => node.scrollTo({ top, behavior: "instant" }));
    node.scrollTo({ top: stood, behavior: "instant" });
    reached = reached && whole;
  }
  return { reached, passed: [...passed] };
}
