// Goes down the page one screen at a time so that lazy pictures are asked for, then back to the top.
async (limits) => {
  // Two frames: what watches the screen has then been told. A page that draws slowly is not waited for longer than the limit.
  const pause = () => new Promise((done) => {
    requestAnimationFrame(() => requestAnimationFrame(done));
    setTimeout(done, limits.pause);
  });
  const until = performance.now() + limits.seconds * 1000;
  const page = () => document.scrollingElement || document.documentElement;
  let y = 0;
  while (y < page().scrollHeight && performance.now() < until) {
    window.scrollTo({ top: y, behavior: "instant" });
    await pause();
    y += Math.max(200, window.innerHeight * 0.9);
  }
  const reached = y >= page().scrollHeight;
  window.scrollTo({ top: 0, behavior: "instant" });
  await pause();
  return { reached, height: page().scrollHeight };
}
