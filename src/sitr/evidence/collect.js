// Run in a world of its own in each frame: what the final page refers to, its text and its DOM. The page cannot change what this sees
// of the language's own functions. Returns plain JSON.
(limits, trees) => {
  const refs = new Map();
  const roots = [];
  let inline = limits.inline, lost = false;
  // A link of the page's own, since what an address asks for (?q=...) is written in the page's own charset, not always UTF-8.
  const link = document.createElementNS("http://www.w3.org/1999/xhtml", "a");
  const add = (raw, role, width, height) => {
    if (!raw) return;
    let url;
    link.href = raw.trim();
    try { url = new URL(link.href).href; } catch { return; }
    const known = refs.get(url);
    // A page may write itself full of pictures: what is taken over as text is bounded.
    if (!known && url.startsWith("data:") && (inline -= url.length) < 0) { lost = true; return; }
    if (known) { if (!known.roles.includes(role)) known.roles.push(role); return; }
    if (refs.size < limits.refs) refs.set(url, { url, roles: [role], width: width | 0, height: height | 0 });
  };
  const srcset = (text, role) => {
    // The WHATWG rule: an address ends at a space (or at a comma before one); commas inside data: addresses belong to them.
    const pattern = /\s*([^\s,]\S*[^\s,]|[^\s,])(?:\s+[^,]*)?\s*(?:,|$)/gy;
    for (let found; (found = pattern.exec(text)) && found[0];) add(found[1], role);
  };
  const cssUrls = (value, role) => {
    if (!value || !value.includes("url(")) return;
    for (const found of value.matchAll(/url\(\s*(?:"((?:[^"\\]|\\.)*)"|'((?:[^'\\]|\\.)*)'|([^)"']*))\s*\)/g)) {
      const raw = found[1] ?? found[2] ?? found[3];
      if (!raw.startsWith("#")) add(raw.replace(/\\(.)/g, "$1"), role);
    }
  };
  const STYLES = ["backgroundImage", "listStyleImage", "borderImageSource", "maskImage", "content", "cursor"];
  // Pages that load late keep the real address here, for browsers without scripts. Counting dots are left alone.
  const unscripted = (node) => {
    let inner;
    try { inner = new DOMParser().parseFromString(node.textContent, "text/html"); } catch { return; }
    for (const image of inner.querySelectorAll("img, source")) {
      if (/^[0-2]$/.test(image.getAttribute("width") || "") || /^[0-2]$/.test(image.getAttribute("height") || "")) continue;
      add(image.getAttribute("src"), "img");
      if (image.getAttribute("srcset")) srcset(image.getAttribute("srcset"), "srcset");
    }
  };
  const canvases = [];
  // Words that people see and innerText has not: made by the style (not the signs of icon fonts), and standing in fields.
  const beside = new Set();
  const FUNCTION = /[\w-]+\((?:"(?:[^"\\]|\\.)*"|[^)"])*\)/gs;  // url("...") is no word
  const made = (node, content) => {
    if (content && content.includes('"') && trees.read(node, "checkVisibility")()) for (const [, raw] of content.replace(FUNCTION, "").matchAll(/"((?:[^"\\]|\\.)*)"/gs)) {
      const word = raw.replace(/\\(.)/gs, "$1").trim();
      if (/[\p{L}\p{N}]/u.test(word) && beside.size < 2000) beside.add(word);
    }
  };
  const FIELDS = /^(text|search|url|email|tel|number|date|time|datetime-local|month|week|button|submit|reset)$/;
  const look = (node) => {
    const name = trees.read(node, "localName");
    if (name === "img") {
      add(node.getAttribute("src"), "img", node.naturalWidth, node.naturalHeight);
      if (node.currentSrc) add(node.currentSrc, "img", node.naturalWidth, node.naturalHeight);
      if (node.srcset) srcset(node.srcset, "srcset");
    } else if (name === "source") {
      add(node.getAttribute("src"), "media");
      if (node.srcset) srcset(node.srcset, "srcset");
    } else if (name === "track") add(node.getAttribute("src"), "media");
    else if (name === "video" || name === "audio") {
      add(node.getAttribute("src"), "media");
      if (node.currentSrc) add(node.currentSrc, "media");
      if (node.poster) add(node.poster, "poster");
    } else if (name === "input" && node.type === "image") add(node.getAttribute("src"), "img");
    else if (name === "image" || name === "feImage") add(node.href ? node.href.baseVal : "", "img");
    else if (name === "object" && /^image\//.test(node.type || "")) add(node.getAttribute("data"), "img");
    else if (name === "embed" && /^image\//.test(node.type || "")) add(node.getAttribute("src"), "img");
    else if (name === "link" && /(^|\s)(icon|apple-touch-icon)(\s|$)/.test(node.rel || "")) add(node.getAttribute("href"), "icon");
    else if (name === "canvas" && node.width * node.height >= 4096) canvases.push(node);
    else if (name === "noscript") unscripted(node);
    if (name === "textarea" || name === "input" && FIELDS.test(node.type)) {
      const word = String(node.value || node.placeholder || "").trim();
      if (word && beside.size < 2000 && node.checkVisibility()) beside.add(word);
    }
    for (const pseudo of [null, "::before", "::after"]) {
      const style = getComputedStyle(node, pseudo);
      for (const property of STYLES) cssUrls(style[property], "background");
      if (pseudo) made(node, style.content);
      else if (style.display === "list-item") made(node, getComputedStyle(node, "::marker").content);
    }
  };
  let looked = 0;
  for (const node of trees.elements()) {
    if (++looked > limits.nodes) break;
    const root = trees.shadow(node);
    if (root) roots.push(root);
    if (limits.refs) look(node);
  }
  for (const sheet of document.styleSheets) {
    let rules;
    try { rules = sheet.cssRules; } catch { continue; }
    for (const rule of rules) {
      if (rule.type === CSSRule.FONT_FACE_RULE) continue;
      if (rule.style && limits.refs && looked <= limits.nodes) for (const property of ["background-image"]) {
        const value = rule.style.getPropertyValue(property);
        if (value && value.includes("url(") && rule.selectorText && safeMatch(rule.selectorText)) cssUrls(absolute(value, sheet.href), "background");
      }
    }
  }
  function safeMatch(selector) { try { return document.querySelector(selector) !== null; } catch { return false; } }
  function absolute(value, base) {
    return value.replace(/url\(\s*["']?([^"')]*)["']?\s*\)/g, (_, raw) => {
      try { return `url("${new URL(raw, base || document.baseURI).href}")`; } catch { return ""; }
    });
  }
  const drawn = [];
  for (const canvas of canvases.slice(0, limits.canvases)) {
    let data = "";
    try { if (canvas.width * canvas.height <= 5e7) data = canvas.toDataURL("image/png"); } catch { /* drawn from another site's picture */ }
    if (data && (inline -= data.length) >= 0) drawn.push(data);
  }
  // What stands in shadow trees is part of the page, and neither outerHTML nor innerText has it.
  const source = (top) => {
    if (!roots.length || !top.getHTML) return top.outerHTML;
    const [open, close] = top.cloneNode(false).outerHTML.split(/(?=<\/[^<]*$)/);
    return open + top.getHTML({ serializableShadowRoots: true, shadowRoots: roots }) + (close || "");
  };
  const words = (root) => {
    let all = "";
    for (const node of root.childNodes) {
      if (node.nodeType === Node.TEXT_NODE) all += node.data.replace(/\s+/g, " ");
      if (node.nodeType !== Node.ELEMENT_NODE || /^(style|script|template|link)$/.test(trees.read(node, "localName"))) continue;
      const text = trees.read(node, "innerText") ?? node.textContent;
      all += /^(inline|contents)/.test(getComputedStyle(node).display) ? text : `\n${text}\n`;
    }
    return all.trim();
  };
  const type = document.doctype ? `<!DOCTYPE ${document.doctype.name}>\n` : "";
  const html = type + (document.documentElement ? source(document.documentElement) : "");
  const text = [trees.text(), ...roots.map(words), [...beside].join("\n")];
  const whole = text.filter((one) => one && one.trim()).join("\n");
  return {
    url: location.href,
    title: document.title.slice(0, 2000),
    text: whole.slice(0, limits.text),
    textLength: whole.length,
    html: html.length <= limits.html ? html : "",
    htmlLength: html.length,
    refs: [...refs.values()],
    cut: looked > limits.nodes || refs.size >= limits.refs || lost,
    drawn,
    undrawn: canvases.length - drawn.length,
    dressed: document.querySelector("#webkit-xml-viewer-source-xml, xslt-warning-banner, parsererror") !== null,
  };
}
