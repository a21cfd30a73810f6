"""The page and its frames from inside: each script of ours runs in a world of its own in a frame, and what the page
keeps apart in closed shadow trees is handed to it there.

What the scripts look for is in the `.js` files beside; when they run and what is made of it is told by `visit.py`.
"""

import asyncio
import json
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from sitr.evidence.cdp import Cdp, CdpError

_WORLD = "sitr"
_GROUP = "apart"
# What the protocol tells may be so deep and no deeper: 300 levels of its own, up to four for one of the page.
_DEPTH = 60
_MOST_DESCRIBED = 64 * 2**20
_MOST_APART = 4_000


class Frame(NamedTuple):
    """One frame, and the session of the process that it is in."""

    session: str
    id: str


class Frames:
    """All frames of one page. `page` is the main one; `sessions`, with the kind of each, are kept by the visit.
    `handed_in`: how many closed shadow trees our scripts were shown. `lost`: the page gave way to one of the browser's
    own, which is no evidence of anything."""

    def __init__(self, cdp: Cdp, seconds: float) -> None:
        self._cdp = cdp
        self._seconds = seconds
        self.page = Frame("", "")
        self.sessions: dict[str, str] = {}
        self.handed_in = 0
        self.lost = False

    async def run(self, script: str, argument: Any, frame: Frame | None = None) -> Any:
        """Runs one of our scripts in a frame (the main one) and hands back its JSON value. Raises CdpError,
        TimeoutError."""
        return await self._call(f"({_source(script)})({json.dumps(argument)}, {_shared()})", frame or self.page)

    async def all(self) -> list[Frame]:
        """The main frame first, then every frame below, whatever process it is in."""
        found = [self.page]
        for session in self._holders():
            try:
                tree = await self._cdp.call("Page.getFrameTree", session=session, seconds=2)
            except (CdpError, TimeoutError):
                continue
            found += [one for frame in _ids(tree["frameTree"]) if (one := Frame(session, frame)) not in found]
        return found

    async def show(self, frame: Frame) -> None:
        """Scrolls what is around a frame so that it comes into view: what is out of sight is told nothing by the
        browser. Raises CdpError, TimeoutError."""
        session, node = await self._owner(frame)
        await self._cdp.call("DOM.scrollIntoViewIfNeeded", {"backendNodeId": node}, session, seconds=2)

    async def place(self, frame: Frame) -> tuple[float, float]:
        """Where the window of a frame begins on the page, in CSS pixels from the left and from the top of the main
        window. Raises CdpError, TimeoutError."""
        x = y = 0.0
        while frame.id != self.page.id:
            session, node = await self._owner(frame)
            box = await self._cdp.call("DOM.getBoxModel", {"backendNodeId": node}, session, seconds=2)
            x, y = x + box["model"]["content"][0], y + box["model"]["content"][1]
            # Told from the corner of the topmost frame in the same process.
            top = await self._cdp.call("Page.getFrameTree", session=session, seconds=2)
            frame = Frame(session, top["frameTree"]["frame"]["id"])
        return x, y

    async def _owner(self, frame: Frame) -> tuple[str, int]:
        """The element that holds a frame, and the session in which it stands."""
        for session in self._holders():
            try:
                found = await self._cdp.call("DOM.getFrameOwner", {"frameId": frame.id}, session, seconds=2)
            except CdpError:
                continue
            return session, int(found["backendNodeId"])
        raise CdpError("the frame is gone")

    async def hand_in_closed(self, seconds: float, nodes: int) -> bool:
        """Shows our scripts the closed shadow trees of every frame; no script could find them by itself, and no page
        sees that they were looked for. False when not all of them could be handed in, in this time or at all. A page
        with more than so many nodes is not gone through: that cannot be stopped once it has begun."""
        until = asyncio.get_running_loop().time() + seconds
        whole = True
        for session in self._holders():
            look = _ClosedRoots(self._cdp, session, until)
            whole = (await look.find(self, nodes) or session not in self.sessions) and whole
            left = _MOST_APART
            for frame, roots in look.found.items():
                whole = await self._hand_in(Frame(session, frame), list(roots)[:left]) and len(roots) <= left and whole
                left -= min(left, len(roots))
        return whole

    def _holders(self) -> list[str]:
        return [session for session, kind in self.sessions.items() if kind in {"page", "iframe"}]

    async def _hand_in(self, frame: Frame, nodes: Sequence[int]) -> bool:
        """What went away meanwhile can be seen no more, and is no loss."""
        try:
            world = await self.world(frame)
            asked = [self._cdp.send("DOM.resolveNode", _resolving(node, world), frame.session) for node in nodes]
            answers = await asyncio.wait_for(asyncio.gather(*asked, return_exceptions=True), self._seconds)
            there = [{"objectId": one["object"]["objectId"]} for one in answers if not isinstance(one, BaseException)]
            keep = f"(...roots) => {_shared()}.keep(...roots)"
            request = {"functionDeclaration": keep, "arguments": there, "executionContextId": world}
            await self._cdp.call("Runtime.callFunctionOn", request, frame.session, seconds=self._seconds)
            self.handed_in += len(there)
            group = {"objectGroup": _GROUP}
            await self._cdp.call("Runtime.releaseObjectGroup", group, frame.session, seconds=self._seconds)
        except CdpError:
            return True
        except TimeoutError:
            return False
        return True

    async def world(self, frame: Frame) -> int:
        """Ours in this frame: the same one each time, until the frame shows another page."""
        request = {"frameId": frame.id, "worldName": _WORLD}
        answer = await self._cdp.call("Page.createIsolatedWorld", request, frame.session, seconds=self._seconds)
        return int(answer["executionContextId"])

    async def _call(self, expression: str, frame: Frame) -> Any:
        request = {
            "expression": expression,
            "contextId": await self.world(frame),
            "awaitPromise": True,
            "returnByValue": True,
        }
        answer = await self._cdp.call("Runtime.evaluate", request, frame.session, seconds=self._seconds)
        if "exceptionDetails" in answer:
            raise CdpError("the script failed")
        return answer["result"].get("value")


class _ClosedRoots:
    """Where the closed shadow roots of one process are: `found`, by frame, holds the protocol's numbers in the order in
    which they were met."""

    def __init__(self, cdp: Cdp, session: str, until: float) -> None:
        self._cdp = cdp
        self._session = session
        self._until = until
        self.found: dict[str, dict[int, None]] = {}

    async def find(self, frames: Frames, nodes: int) -> bool:
        """False when the page is too large or too slow to be gone through whole."""
        try:
            if (await self._call("Memory.getDOMCounters"))["nodes"] > nodes:
                return False
            tree = await self._call("Page.getFrameTree")
            top = Frame(self._session, tree["frameTree"]["frame"]["id"])
            request = {"expression": "document", "contextId": await frames.world(top), "objectGroup": _GROUP}
            page = await self._call("Runtime.evaluate", request)
            cut = self._read(await self._described({"objectId": page["result"]["objectId"]}), top.id)
            while cut:
                number, frame = cut.pop()
                cut += self._read(await self._described({"backendNodeId": number}), frame)
        except (CdpError, TimeoutError):
            return False
        return True

    async def _described(self, which: dict[str, Any]) -> dict[str, Any]:
        answer = await self._call("DOM.describeNode", {**which, "depth": _DEPTH, "pierce": True}, most=_MOST_DESCRIBED)
        node: dict[str, Any] = answer["node"]
        return node

    async def _call(self, method: str, params: dict[str, Any] | None = None, most: int = 0) -> dict[str, Any]:
        seconds = self._until - asyncio.get_running_loop().time()
        return await self._cdp.call(method, params, self._session, seconds=seconds, most=most)

    def _read(self, node: dict[str, Any], frame: str) -> list[tuple[int, str]]:
        """Takes down what is below a node as the protocol tells it, and hands back where that was cut. What the browser
        itself builds into a field or a video is not the page's."""
        cut, waiting = [], [(node, frame)]
        while waiting:
            node, frame = waiting.pop()
            if node.get("childNodeCount") and "children" not in node:
                cut.append((int(node["backendNodeId"]), frame))
                continue
            roots = [root for root in node.get("shadowRoots", ()) if root["shadowRootType"] != "user-agent"]
            for root in roots:
                if root["shadowRootType"] == "closed":
                    self.found.setdefault(frame, {})[int(root["backendNodeId"])] = None
            if "contentDocument" in node:
                waiting.append((node["contentDocument"], node.get("frameId", "")))
            waiting += [(below, frame) for below in reversed([*roots, *node.get("children", ())])]
        return cut


def _resolving(node: int, world: int) -> dict[str, Any]:
    return {"backendNodeId": node, "executionContextId": world, "objectGroup": _GROUP}


def _ids(tree: Mapping[str, Any]) -> list[str]:
    return [tree["frame"]["id"], *(one for child in tree.get("childFrames", ()) for one in _ids(child))]


@cache
def _source(script: str) -> str:
    return files(__package__).joinpath(script).read_text(encoding="utf-8")


def _shared() -> str:
    """What all scripts share, made once in each world. A symbol, since a page gives names to what it shows, and those
    names stand in every world."""
    return f'(globalThis[Symbol.for("sitr")] ??= ({_source("trees.js")})())'
