# ruff: noqa: E501  (pages and scripts are easier to read on one line)
"""What a page keeps apart in shadow trees, closed ones too, is in the text, the DOM and the pictures of its capture."""

import asyncio
import os

import pytest
from tests.evidence.capture_world import Capturing
from tests.evidence.evidence_site import Site

from sitr.evidence import Capture, FileKind
from sitr.evidence.cdp import Cdp, CdpError

APART = """<p>words</p><div id=a></div><section id=o></section><x-own></x-own><div id=deep></div><input value=typed><video controls></video>
<article><template shadowrootmode=closed>declared bare <b>words</b></template></article>
<iframe src=/framed width=300 height=80></iframe><iframe src="http://localhost:PORT/framed" width=300 height=80></iframe>
<img name=body><img name=title><img name=querySelectorAll><img name=styleSheets><form><input name=localName><input name=shadowRoot></form>
<i id=Document></i><i id=sitr></i><script>
const shut = (host, html) => { const root = host.attachShadow({mode: "closed"}); root.innerHTML = html; return root; };
const outer = shut(a, "outer bare words<style>div{color:red} p{background:url(/behind.jpg)}</style><p>outer words</p><div id=n></div><div id=p></div><img src=/closed.jpg width=90>");
shut(outer.getElementById("n"), "<p>nested words</p><img src=/nested.jpg width=90>");
outer.getElementById("p").attachShadow({mode: "open"}).innerHTML = "<p>open in closed</p>";
shut(o.attachShadow({mode: "open"}).appendChild(document.createElement("div")), "closed in open");
customElements.define("x-own", class extends HTMLElement { #root = shut(this, "<p>words of an own element</p>"); });
let at = deep; for (let i = 0; i < 150; i++) at = at.appendChild(document.createElement("span")); for (let i = 0; i < 80; i++) at = shut(at, "<div></div>").lastChild;
shut(at, "words at the bottom");
const told = []; Element.prototype.attachShadow = () => told.push("noticed"); Object.defineProperty(Element.prototype, "shadowRoot", {get() { told.push("noticed"); return null; }});
Node.prototype.getRootNode = () => told.push("noticed"); Element.prototype.getHTML = () => "forged";
setInterval(() => { if (told.length) document.body.append(told.join()); }, 50);
</script>"""
FRAMED = """<div id=q></div><script>q.attachShadow({mode: "closed"}).innerHTML = "<p>framed words at " + location.hostname + "</p>"</script>"""


def text(made: Capture) -> str:
    return made.of_kind(FileKind.TEXT)[0].path.read_text(encoding="utf-8")


@pytest.mark.browser
def test_what_stands_in_closed_shadow_trees_is_kept_as_text_dom_and_pictures(site: Site, capturing: Capturing) -> None:
    """Nested, declared, in frames of the same and of another site, under a page that takes our tools' names and breaks
    its own."""
    site.html("/framed", FRAMED)
    made = capturing(site.html("/p", APART.replace("PORT", str(site.port))))
    assert (made.completeness.missing, made.partial, made.title) == ((), False, "t")
    for words in (
        *("outer words", "outer bare words", "nested words", "open in closed", "closed in open", "declared bare words"),
        *("words of an own element", "framed words at 127.0.0.1", "framed words at localhost", "words at the bottom"),
    ):
        assert words in text(made), words
    assert "noticed" not in text(made)
    html = made.of_kind(FileKind.HTML)[0].path.read_text(encoding="utf-8")
    assert html.count('shadowrootmode="closed"') == 5 + 81
    assert "<p>nested words</p>" in html
    assert {one.url.rpartition("/")[2] for one in made.images()} >= {"closed.jpg", "nested.jpg", "behind.jpg"}


def test_an_answer_that_is_longer_than_asked_for_is_let_go_of_and_the_next_is_read() -> None:
    async def talk() -> tuple[str, dict[str, object]]:
        theirs, ours = os.pipe()
        cdp = await Cdp.open(*os.pipe()[:1], ours)
        try:
            long, short = cdp.send("a", most=1000), cdp.send("b", most=1000)
            for piece in (b'{"id":1,"result":{"x":"', b"x" * 900, b"x" * 900, b'"}}\0{"id":2,', b'"result":{"y":1}}\0'):
                cdp.data_received(piece)
            with pytest.raises(CdpError) as caught:
                await long
            return str(caught.value), await short
        finally:
            cdp.close()
            os.close(theirs)

    assert asyncio.run(talk()) == ("longer than asked for", {"y": 1})
