"""Pinned: the defects of the `threatexchange` library for which Sitr has a mapping of its own.

Each test shows the library doing wrong, on the same server on which ours does right. When one of them fails, the
library was mended: then ours can become simpler, and docs/exchange.md is to be changed.
"""

import logging

import pytest
import requests
from tests.finding.exchange_servers import (
    FETCH,
    GROUP,
    SUBMIT,
    SUBSCRIPTION,
    TOKEN,
    Catcher,
    StopNCIIServer,
    ThreatExchangeServer,
    served,
)
from threatexchange.exchanges.clients.fb_threatexchange.api import ThreatExchangeAPI
from threatexchange.exchanges.clients.stopncii.api import StopNCIIAPI, StopNCIIEndpoint, StopNCIISignalType
from threatexchange.exchanges.collab_config import CollaborationConfigBase
from threatexchange.exchanges.impl.stop_ncii_api import StopNCIISignalExchangeAPI
from threatexchange.signal_type.pdq.signal import PdqSignal

A, B = PdqSignal.get_examples()[:2]


def _client(base: str) -> StopNCIIAPI:
    return StopNCIIAPI(SUBSCRIPTION, FETCH, {StopNCIIEndpoint.SubmitHashes: SUBMIT}, base)


def test_the_librarys_own_mapping_keeps_a_withdrawn_hash_in_the_set() -> None:
    server = StopNCIIServer()
    server.put(A)
    server.put(B, "Withdrawn")
    with served(server) as base:
        api = StopNCIISignalExchangeAPI(CollaborationConfigBase("x", "stopncii", True), _client(base))
        held = {}
        for delta in api.fetch_iter([], None):
            held.update(delta.updates)
    # Mended, the value of B would be None: "delete it".
    assert held["pdq", A] is not None
    assert held["pdq", B] is not None, "mended upstream: a withdrawn hash now leaves the set"


def test_the_librarys_own_submission_sends_the_name_of_the_enum_and_is_refused() -> None:
    server = StopNCIIServer()
    with served(server) as base, pytest.raises(requests.HTTPError, match="400"):
        _client(base).submit_hash(StopNCIISignalType.ImagePDQ, A)
    assert b'"StopNCIISignalType.ImagePDQ"' in server.asked[0].body, "mended upstream: the value is sent now"
    assert server.submitted == []


def test_the_librarys_own_reading_writes_a_hash_that_it_cannot_read_into_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    server = StopNCIIServer()
    server.put(A, "Suspended")  # a status that this version does not know
    with served(server) as base, caplog.at_level(logging.ERROR):
        _client(base).fetch_hashes()
    assert A in caplog.text, "mended upstream: no hash in the log"


def test_the_librarys_own_client_takes_the_token_to_wherever_it_is_pointed() -> None:
    server, other = ThreatExchangeServer(page=1), Catcher()
    server.put(A)
    server.put(B)
    with served(other) as astray, served(server) as base:
        server.next_base = astray
        api = ThreatExchangeAPI(TOKEN, endpoint_override=base)
        pages = iter(api.get_threat_updates(GROUP, page_size=1))
        next(pages)
        next(pages)
    assert other.asked[0].query["access_token"] == TOKEN, "mended upstream: the token stays at home"


def test_the_librarys_own_client_puts_what_is_submitted_into_the_address() -> None:
    server = ThreatExchangeServer()
    fields = {
        "indicator": A, "type": "HASH_PDQ", "description": "x", "share_level": "RED", "status": "UNKNOWN",
        "privacy_type": "HAS_PRIVACY_GROUP",
    }  # fmt: skip
    with served(server) as base:
        api = ThreatExchangeAPI(TOKEN, endpoint_override=base)
        api.upload_threat_descriptor(fields, False, False)  # type: ignore[no-untyped-call]
    asked = server.asked[0]
    assert asked.query.get("indicator") == A, "mended upstream: no hash in the address"
    assert asked.query.get("access_token") == TOKEN
