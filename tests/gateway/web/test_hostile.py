"""P4: no input gives a 5xx, and nothing is handed on but what was signed and holds together."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.channels.simulator import sign as sign_for_simulator
from tests import carrier
from tests.gateway.web.edge import NOW, SECRET, Edge
from tests.naughty import NAUGHTY, some

INBOUND_FIELDS = sorted(
    {name for name, _ in carrier.inbound()}
    | {
        "MediaUrl0",
        "MediaContentType0",
        "OptOutType",
        "ButtonText",
        "ButtonPayload",
        "Latitude",
        "Longitude",
        "Address",
    }
    | {"Label", "Brand New Field"}
)
STATUS_FIELDS = sorted({name for name, _ in carrier.status()} | {"ErrorCode"})
CASES = [("inbound", name) for name in INBOUND_FIELDS] + [("status", name) for name in STATUS_FIELDS]

# One edge for all examples of a property: building one takes longer than asking it.
one_edge = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.mark.parametrize(("endpoint", "name"), CASES)
def test_naughty_strings_through_every_signed_field(edge: Edge, endpoint: str, name: str) -> None:
    form = dict(carrier.status() if endpoint == "status" else carrier.inbound(NumMedia="0"))
    if name.startswith("Media"):
        form |= {"NumMedia": "1", "MediaUrl0": "https://api.twilio.com/m", "MediaContentType0": "image/png"}
    for value in some(CASES.index((endpoint, name))):
        before = edge.reached
        # A form cannot carry a lone surrogate; whoever sends one sends a question mark.
        sendable = value.encode(errors="replace").decode()
        answer = edge.carrier_posts(list((form | {name: sendable}).items()), endpoint)
        assert answer.status_code in (200, 400, 403)
        assert edge.reached - before == (answer.status_code == 200)
        if answer.status_code == 200:
            ElementTree.fromstring(answer.data)  # noqa: S314 - our own document
        else:
            assert len(value) < 4 or value not in answer.text


def test_every_naughty_body_is_taken_and_its_reply_arrives_whole(edge: Edge) -> None:
    edge.says = lambda text: text.body
    for value in NAUGHTY:
        sendable = value.encode(errors="replace").decode()
        answer = edge.carrier_posts(carrier.inbound(sendable))
        assert answer.status_code == 200
        heard = ElementTree.fromstring(answer.data).findtext("Message") or ""  # noqa: S314 - our own document
        assert len(heard) == min(len(edge.texts[-1].body), 1600)
    assert len(edge.texts) == len(NAUGHTY)


@pytest.mark.parametrize("name", ["id", "from", "to", "text"])
def test_naughty_strings_through_every_field_of_the_phone(edge: Edge, name: str) -> None:
    message = {"id": "one", "from": "+447700900123", "to": "+447700900001", "text": "hello"}
    for value in NAUGHTY:
        before = edge.reached
        answer = edge.phone_posts({**message, name: value})
        assert answer.status_code in (200, 400)
        assert edge.reached - before == (answer.status_code == 200)
        assert name != "text" or answer.status_code == 200


@one_edge
@given(st.binary(max_size=400), st.sampled_from(["inbound", "fallback", "status"]))
def test_unsigned_bytes_are_never_taken(edge: Edge, body: bytes, endpoint: str) -> None:
    for channel in ("twilio", "simulator"):
        answer = edge.client.post(f"/{channel}/{endpoint}", data=body, headers=carrier.FORM_HEADERS)
        assert answer.status_code == 403
    assert edge.reached == 0


ANY_TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
ANY_FORM = st.lists(
    st.tuples(st.one_of(st.sampled_from(INBOUND_FIELDS + STATUS_FIELDS), ANY_TEXT), ANY_TEXT), max_size=10
)


@one_edge
@given(ANY_FORM, st.sampled_from(["inbound", "fallback", "status"]))
def test_any_signed_form_is_taken_or_refused(edge: Edge, extra: list[tuple[str, str]], endpoint: str) -> None:
    before = edge.reached
    form = dict(carrier.status() if endpoint == "status" else carrier.inbound())
    answer = edge.carrier_posts([*form.items(), *extra], endpoint)
    assert answer.status_code in (200, 400, 403)
    assert edge.reached - before == (answer.status_code == 200)
    answer = edge.carrier_posts(list((form | dict(extra)).items()), endpoint)
    assert answer.status_code in (200, 400, 403)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=[])),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "from", "to", "text", "x"]), inner)
    ),
    max_leaves=8,
)


@one_edge
@given(
    st.one_of(JSON.map(json.dumps).map(str.encode), st.binary(max_size=200)),
    st.sampled_from(["inbound", "status", "texts"]),
)
def test_any_signed_body_of_the_phone_is_taken_or_refused(edge: Edge, body: bytes, endpoint: str) -> None:
    path = f"/simulator/{endpoint}"
    answer = edge.client.post(path, data=body, headers=sign_for_simulator(SECRET, path, body, NOW))
    assert answer.status_code in (200, 400)


HEADER_VALUE = st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters="\x7f"), max_size=40)


@one_edge
@given(
    st.dictionaries(
        st.sampled_from(["HTTP_HOST", "HTTP_X_TWILIO_SIGNATURE", "CONTENT_TYPE", "CONTENT_LENGTH", "HTTP_COOKIE"]),
        HEADER_VALUE,
    ),
    st.text(st.characters(min_codepoint=1, max_codepoint=0xFF), max_size=20),
    st.sampled_from(["GET", "POST"]),
)
def test_no_header_path_or_query_breaks_it(edge: Edge, headers: dict[str, str], path: str, method: str) -> None:
    for place in ("/twilio/inbound", "/", "/healthy", f"/{path}"):
        overrides = {**headers, "PATH_INFO": place, "QUERY_STRING": path, "REQUEST_METHOD": method}
        assert edge.client.open("/", environ_overrides=overrides).status_code < 500
    assert edge.reached == 0
