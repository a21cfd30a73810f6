// The bytes behind blob: addresses, as data: addresses. They exist in this page only, so they must be read here.
async ({ urls, most }) => {
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
  const out = {};
  for (const url of urls) out[url] = await read(url);
  return out;
}
