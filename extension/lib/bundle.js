// What is sent: one manifest over all files, each with its SHA-256, then the files. Sitr's `sitr-bundle-v1`. No browser.

export const MOST_BYTES = 256 * 1024 * 1024;

export async function sha256(blob) {
  const digest = await crypto.subtle.digest("SHA-256", await blob.arrayBuffer());
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

// `page` is what the manifest says beside the files; `files` are {kind, name, media_type, blob}. The bytes are hashed
// here, before anything leaves the browser; Sitr compares.
export async function bundle(page, files) {
  const parts = [];
  for (const { kind, name, media_type, blob } of files) {
    parts.push({ kind, name, media_type, bytes: blob.size, sha256: await sha256(blob) });
  }
  // Half a character, as pages contain them, is no text: it is replaced before it is hashed.
  const whole = (_name, value) => (typeof value === "string" ? (value.toWellFormed?.() ?? value) : value);
  const manifest = new TextEncoder().encode(JSON.stringify({ v: 1, ...page, parts }, whole));
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, manifest.length);
  return new Blob([length, manifest, ...files.map((file) => file.blob)], { type: "application/octet-stream" });
}
