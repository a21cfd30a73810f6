// Fingerprints worked out in the browser: hands chosen pictures to the worker (print.js) and shows or sends what it made.
// The worker is fetched when the page opens, so that afterwards all this goes on without a network. On the page of a case
// nothing needs this file: without it the photo goes the way that the page describes.
(() => {
  "use strict";
  const form = document.querySelector("form[data-device]");
  if (!form || !window.Worker) return;
  const tool = "tool" in form.dataset, find = (name) => form.querySelector(`[data-${name}]`);
  const photo = form.elements.photo, bar = find("share"), said = find("said");
  const words = (code) => (form.querySelector(`[data-code="${code}"]`) ?? form.querySelector('[data-code="no_worker"]')).textContent;
  const worker = new Worker(form.dataset.worker, { type: "module" });
  const waiting = new Map();
  let ready = false, last = 0;

  worker.onmessage = ({ data }) => {
    if (data.ready) ready = true;
    else if (data.share !== undefined) bar.value = data.share;
    else waiting.get(data.id)?.(data);
  };
  worker.onerror = () => {
    for (const answer of waiting.values()) answer({ refused: "no_worker" });
    // Where even the module cannot be loaded, only the other way is left.
    if (!ready && !tool) {
      form.elements.way.value = "sitr";
      choose();
    }
  };

  const worked = (file) => new Promise((answer) => {
    last += 1;
    waiting.set(last, (data) => {
      waiting.delete(data.id);
      answer(data);
    });
    worker.postMessage({ id: last, file });
  });

  async function work(file) {
    bar.hidden = false;
    bar.value = 0;
    said.textContent = words("working");
    const made = file?.size ? await worked(file) : { refused: "empty" };
    bar.hidden = true;
    said.textContent = words(made.refused ?? "done");
    return made;
  }

  const base64 = (bytes) => btoa(String.fromCharCode(...bytes));
  const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

  // --- A case: the result goes in the place of the photo. ---

  const here = () => form.elements.way.value === "here";

  function choose() {
    find("here").hidden = !here();
    said.textContent = "";
  }

  async function send(event) {
    if (!here()) return;
    event.preventDefault();
    const button = form.querySelector("button");
    button.disabled = true;
    const made = await work(photo.files[0]);
    button.disabled = false;
    if (made.refused) return;
    if (made.print[8] < 50) {
      said.textContent = words("too_flat");
      return;
    }
    form.elements.print.value = base64(made.print);
    photo.disabled = true; // and so the file stays out of what is sent
    form.submit();
  }

  // --- The tool: lines as `sitr fingerprint` writes them (docs/fingerprint-format.md). ---

  const TURNS = ["upright", "rot90", "rot180", "rot270", "flip", "mirror", "transpose", "transverse"];
  const VIEWS = ["trim05", "trim10", "trim20", "top_left", "top_right", "bottom_left", "bottom_right", "no_top", "no_bottom",
    "square", "portrait", "story", "wide"];

  function packed(part) {
    const file = new Uint8Array(11 + part.length + 4), at = new DataView(file.buffer);
    file.set([83, 73, 84, 82, 70, 80, 1]);
    at.setUint16(7, part.length);
    file.set(part, 11);
    let crc = -1;
    for (const byte of file.subarray(0, -4)) {
      crc ^= byte;
      for (let i = 0; i < 8; i++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
    }
    at.setUint32(file.length - 4, ~crc >>> 0);
    return file;
  }

  function line(name, part) {
    const at = new DataView(part.buffer), hash = (from) => hex(part.subarray(from, from + 32));
    const views = Array.from({ length: part[9] }, (_, n) => 266 + 34 * n);
    return JSON.stringify({
      file: name, width: at.getUint32(0), height: at.getUint32(4), pdq: hash(10), pdq_quality: part[8], fingerprint_version: 1,
      pdq_orientations: Object.fromEntries(TURNS.map((turn, n) => [turn, hash(10 + 32 * n)])),
      pdq_views: Object.fromEntries(views.map((from) => [VIEWS[part[from]], hash(from + 2)])),
      fingerprint: base64(packed(part)),
    });
  }

  function tools() {
    const adults = find("adults"), lines = form.querySelector("textarea");
    const allowed = () => { photo.disabled = !adults.checked; };
    adults.addEventListener("change", allowed);
    allowed();
    photo.addEventListener("change", async () => {
      lines.value = "";
      photo.disabled = true;
      for (const file of [...photo.files]) {
        const made = await work(file);
        const wrong = { file: file.name, error: { code: made.refused, message: words(made.refused) } };
        lines.value += (made.refused ? JSON.stringify(wrong) : line(file.name, made.print)) + "\n";
        form.querySelectorAll("[data-result]").forEach((part) => { part.hidden = false; });
      }
      allowed();
    });
    find("copy").addEventListener("click", () => navigator.clipboard.writeText(lines.value).catch(() => lines.select()));
    find("save").addEventListener("click", () => {
      const link = document.createElement("a");
      link.href = URL.createObjectURL(new Blob([lines.value], { type: "application/x-ndjson" }));
      link.download = "fingerprints.jsonl";
      link.click();
      URL.revokeObjectURL(link.href);
    });
  }

  (tool ? form : find("with-script")).hidden = false;
  if (tool) tools();
  else {
    find("without-script").hidden = true;
    form.addEventListener("change", choose);
    form.addEventListener("submit", send);
    choose();
  }
})();
