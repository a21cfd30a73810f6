"""The written record of a capture: everything a court, a lawyer or another desk asks about how it was made, as JSON.

It holds addresses and texts of the page, so it is sealed like the pictures. Fields follow the union list of the
Berkeley Protocol and ISO/IEC 27037 for collection data. Its format begins with a version.
"""

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

from sitr.evidence.captured import RECORD_VERSION, Capture, Exchange


def record_json(capture: Capture) -> str:
    """The record, with sorted keys; times are UTC, sizes bytes, digests SHA-256 in hex."""
    return json.dumps(_record(capture), ensure_ascii=False, sort_keys=True, indent=1)


def _record(capture: Capture) -> dict[str, Any]:
    tools = capture.tools
    return {
        "v": RECORD_VERSION,
        "source": {
            "url_requested": capture.url,
            "url_final": capture.final_url,
            "title": capture.title,
            "http_status": capture.status,
            "redirects": [vars(hop) for hop in capture.redirects],
            "addresses": dict(capture.addresses),
            "answers": {name: list(found) for name, found in capture.answers.items()},
            "certificates": [
                {
                    "host": c.host,
                    "chain": [
                        {"sha256": hashlib.sha256(der).hexdigest(), "der": base64.b64encode(der).decode()}
                        for der in c.chain
                    ],
                }
                for c in capture.certificates
            ],
        },
        "collection": {
            "started_at": capture.started.isoformat(),
            "ended_at": capture.ended.isoformat(),
            "method": "Chromium, network interception by the DevTools Protocol; as received by the browser",
            "pictures": capture.pictures,
            "login_used": bool(capture.session.cookies),
            "session": {
                "cookies": [{"host": host, "name": name} for host, name in capture.session.cookies],
                "values": "taken out before sealing: [redacted] in headers, * elsewhere",
                "redacted": capture.session.redacted,
            }
            if capture.session.cookies
            else None,
            "network": "by the operator's proxy (SOCKS5); names resolved by the proxy, addresses of servers not known"
            if capture.proxied
            else "direct; names resolved here, connections to the addresses checked",
            "tools": {**vars(tools), "viewport": list(tools.viewport)},
            "confinement": vars(capture.confinement) | {"kind": str(capture.confinement.kind)},
            "seconds": dict(capture.seconds),
        },
        "completeness": {
            "kept": capture.completeness.kept,
            "expected": capture.completeness.expected,
            "missing": [vars(one) for one in capture.completeness.missing],
        },
        "partial": capture.partial,
        "problems": [{"code": problem.code, **problem.data} for problem in capture.problems],
        "files": [
            {"kind": str(f.kind), "name": f.path.name, "mime": f.mime, "bytes": f.bytes, "sha256": f.sha256}
            for f in capture.files
        ],
        "images": [
            {
                "url": i.url,
                "dom_urls": list(i.dom_urls),
                "roles": list(i.roles),
                "mime": i.mime,
                "bytes": i.bytes,
                "sha256": _sha256(i.path),
            }
            for i in capture.page_images
        ],
        "exchanges": [_exchange(one) for one in capture.exchanges],
    }


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _exchange(exchange: Exchange) -> dict[str, Any]:
    return {
        "number": exchange.number,
        "url": exchange.url,
        "method": exchange.method,
        "type": exchange.type,
        "started_at": exchange.started.isoformat(),
        "status": exchange.status,
        "address": exchange.address,
        "request_headers": [list(pair) for pair in exchange.request_headers],
        "response_headers": [list(pair) for pair in exchange.response_headers],
        "body": str(exchange.state),
        "why": exchange.why,
        "bytes": exchange.length,
    }
