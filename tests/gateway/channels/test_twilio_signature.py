"""The carrier's signature (R15): the traps E1, E2 and E3, both tokens of a rotation, and agreement with the SDK."""

from __future__ import annotations

import string
from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]
from werkzeug.datastructures import MultiDict

from gateway.channels.twilio import CONNECTION_OVERRIDES, PublicUrls, TwilioChannel
from gateway.channels.twilio_signature import MAX_FIELDS, Signature, form_pairs, sign
from handlers.ports import BadRequest, RawRequest
from tests import carrier
from tests.carrier import ACCOUNT, OTHER_ACCOUNT

URLS = PublicUrls(
    "https://texts.example.org/twilio/inbound",
    "https://standby.example.net/twilio/fallback",
    "https://texts.example.org/twilio/status",
)


def channel(urls: PublicUrls = URLS, tokens: tuple[str, ...] = (ACCOUNT.token,)) -> TwilioChannel:
    return TwilioChannel(ACCOUNT.sid, tokens, urls)


def request(
    pairs: list[tuple[str, str]],
    url: str = URLS.inbound,
    *,
    token: str = ACCOUNT.token,
    path: str = "/twilio/inbound",
    body: bytes | None = None,
    headers: dict[str, str] | None = None,
) -> RawRequest:
    """A form signed for `url`; a `body` other than the form's or other headers are for trickery."""
    signed = {"x-twilio-signature": carrier.sign(token, url, pairs)} | carrier.FORM_HEADERS
    return RawRequest("POST", path, signed | (headers or {}), carrier.encode(pairs) if body is None else body)


def test_a_signed_text_is_verified() -> None:
    assert channel().verify(request(carrier.inbound("hello")))


@pytest.mark.parametrize(
    ("path", "url"),
    [("/twilio/inbound", URLS.inbound), ("/twilio/fallback", URLS.fallback), ("/a/status", URLS.status)],
)
def test_each_address_is_signed_as_itself(path: str, url: str) -> None:
    form = carrier.inbound()
    assert channel().verify(request(form, url, path=path))
    for other in {URLS.inbound, URLS.fallback, URLS.status} - {url}:
        assert not channel().verify(request(form, other, path=path))


def test_an_unknown_address_is_never_verified() -> None:
    assert not channel().verify(request(carrier.inbound(), path="/twilio/elsewhere"))


class TestRotation:
    def test_both_tokens_count_while_they_are_rotated_f14(self) -> None:
        rotating = channel(tokens=(ACCOUNT.token, ACCOUNT.second_token))
        assert rotating.verify(request(carrier.inbound(), token=ACCOUNT.token))
        assert rotating.verify(request(carrier.inbound(), token=ACCOUNT.second_token))
        assert not rotating.verify(request(carrier.inbound(), token=OTHER_ACCOUNT.token))

    def test_a_token_that_is_no_longer_ours_does_not(self) -> None:
        assert not channel().verify(request(carrier.inbound(), token=ACCOUNT.second_token))

    @pytest.mark.parametrize("tokens", [(), ("",), ("a", ""), ("a", "b", "c")])
    def test_no_token_an_empty_one_or_three_are_refused_at_the_start(self, tokens: tuple[str, ...]) -> None:
        with pytest.raises(ValueError, match="token"):
            channel(tokens=tokens)


class TestE1WhatTheSdkTripsOver:
    @pytest.mark.parametrize("given_signature", [None, "", "x", "é", "\ud800", "=" * 10_000])
    def test_a_missing_or_odd_signature_is_not_verified(self, given_signature: str | None) -> None:
        good = request(carrier.inbound())
        headers = {name: value for name, value in good.headers.items() if name != "x-twilio-signature"}
        if given_signature is not None:
            headers["x-twilio-signature"] = given_signature
        assert not channel().verify(RawRequest("POST", good.path, headers, good.body))

    @pytest.mark.parametrize("content_type", ["application/json", "multipart/form-data; boundary=x", "text/plain", ""])
    def test_a_body_that_is_no_form_is_not_verified(self, content_type: str) -> None:
        assert not channel().verify(request(carrier.inbound(), headers={"content-type": content_type}))
        assert not channel().verify(
            request([], body=b'{"MessageSid": "SM1"}', headers={"content-type": content_type}),
        )

    def test_json_under_a_forms_content_type_is_not_verified(self) -> None:
        assert not channel().verify(request(carrier.inbound(), body=b'{"Body": "hello"}'))

    @pytest.mark.parametrize(
        "url",
        [
            "https://texts.example.org:65536/twilio/inbound",
            "https://texts.example.org:port/x",
            "texts.example.org",
            "",
            "ftp://a/b",
        ],
    )
    def test_a_url_that_can_never_be_matched_is_refused_at_the_start(self, url: str) -> None:
        with pytest.raises(ValueError, match="public URL"):
            channel(PublicUrls(url, url, url))

    @given(
        st.lists(st.tuples(st.text(), st.text())),
        st.text(),
    )
    def test_nothing_makes_the_check_raise(self, pairs: list[tuple[str, str]], signature: str) -> None:
        surrogate = [("a", "\ud800"), *pairs]
        assert not Signature([ACCOUNT.token], URLS.inbound).accepts(pairs, signature)
        assert not Signature([ACCOUNT.token], URLS.inbound).accepts(surrogate, signature)

    def test_a_form_with_endless_fields_is_not_verified(self) -> None:
        form = [*carrier.inbound(), *((f"f{n}", "") for n in range(MAX_FIELDS))]
        assert not channel().verify(request(form))
        with pytest.raises(BadRequest, match="too many fields"):
            channel().parse(request(form))


class TestE2WhatMustMatchToTheLetter:
    def test_the_fragment_is_configuration_and_not_signed(self) -> None:
        with_overrides = channel(PublicUrls(URLS.inbound + CONNECTION_OVERRIDES, URLS.fallback, URLS.status))
        assert with_overrides.verify(request(carrier.inbound()))
        kept = RequestValidator(ACCOUNT.token).compute_signature(
            URLS.inbound + CONNECTION_OVERRIDES, MultiDict(carrier.inbound())
        )
        assert not with_overrides.verify(request(carrier.inbound(), headers={"x-twilio-signature": kept}))

    @pytest.mark.parametrize(
        "seen",
        [
            "http://texts.example.org/twilio/inbound",
            "https://TEXTS.example.org/twilio/inbound",
            "https://texts.example.org/twilio/inbound?",
            "https://texts.example.org/twilio/inbound/",
            "https://texts.example.org/twilio/inbound?a=1",
            "https://texts.example.org:8443/twilio/inbound",
        ],
    )
    def test_a_signature_for_a_url_that_only_looks_alike_does_not_hold(self, seen: str) -> None:
        assert not channel().verify(request(carrier.inbound(), seen))

    def test_the_query_that_counts_is_the_configured_one(self) -> None:
        configured = URLS.inbound + "?b=2&a=%20x"
        queried = channel(PublicUrls(configured, URLS.fallback, URLS.status))
        for arrived in ("/twilio/inbound", "/twilio/inbound?a=+x&b=2", "/twilio/inbound?evil=/status"):
            assert queried.verify(request(carrier.inbound(), configured, path=arrived))
        assert not queried.verify(request(carrier.inbound(), URLS.inbound + "?a=%20x&b=2"))
        assert not queried.verify(request(carrier.inbound(), URLS.inbound + "?b=2&a=+x"))

    def test_a_url_with_an_empty_query_is_refused_at_the_start(self) -> None:
        with pytest.raises(ValueError, match="without a query"):
            channel(PublicUrls(URLS.inbound + "?", URLS.fallback, URLS.status))

    @pytest.mark.parametrize(
        ("configured", "signed"),
        [
            ("https://texts.example.org/twilio/inbound", "https://texts.example.org:443/twilio/inbound"),
            ("https://texts.example.org:443/twilio/inbound", "https://texts.example.org/twilio/inbound"),
            ("http://127.0.0.1:8061/twilio/inbound", "http://127.0.0.1:8061/twilio/inbound"),
            ("http://127.0.0.1:8061/twilio/inbound", "http://127.0.0.1/twilio/inbound"),
        ],
    )
    def test_with_and_without_its_port_both_hold_as_the_sdk_has_it(self, configured: str, signed: str) -> None:
        assert channel(PublicUrls(configured, configured, configured)).verify(request(carrier.inbound(), signed))

    def test_an_empty_field_counts(self) -> None:
        form = carrier.inbound(without=["ToCity"])
        assert ("ToState", "") in form
        dropped = [pair for pair in form if pair != ("ToState", "")]
        signature = {"x-twilio-signature": carrier.sign(ACCOUNT.token, URLS.inbound, form)}
        assert channel().verify(request(form))
        assert not channel().verify(request(dropped, headers=signature))

    def test_every_value_of_a_repeated_field_counts(self) -> None:
        form = [*carrier.inbound(), ("New", "two"), ("New", "one"), ("New", "two")]
        only_last = carrier.sign(ACCOUNT.token, URLS.inbound, dict(form).items())
        assert channel().verify(request(form))
        assert not channel().verify(request(form, headers={"x-twilio-signature": only_last}))

    def test_order_and_encoding_of_the_body_do_not(self) -> None:
        form = carrier.inbound("a b+c & d=é")
        body = "&".join(f"{name}={value.encode().hex(' ')}".replace(" ", "%") for name, value in reversed(form))
        hexed = "&".join(
            f"{name}={''.join(f'%{byte:02X}' for byte in value.encode())}" for name, value in reversed(form)
        )
        assert channel().verify(request(form, body=hexed.encode()))
        assert not channel().verify(request(form, body=body.encode()))


class TestE3NoSeparators:
    @pytest.mark.parametrize("joined", [("Body", "hiFrom+447700900123"), ("BodyhiFrom", "+447700900123")])
    def test_a_form_cut_up_differently_signs_alike_and_is_refused_by_its_fields(self, joined: tuple[str, str]) -> None:
        between = ["FromCity", "FromState", "FromZip", "FromCountry", "ExternalUserId"]
        honest = carrier.inbound("hi", without=between)
        cut = [*carrier.inbound(without=[*between, "Body", "From"]), joined]
        assert carrier.sign(ACCOUNT.token, URLS.inbound, honest) == carrier.sign(ACCOUNT.token, URLS.inbound, cut)
        assert channel().verify(request(cut))
        with pytest.raises(BadRequest, match="From is missing"):
            channel().parse(request(cut))

    @pytest.mark.parametrize("cut_at", ["MessageSid", "Body", "To", "From"])
    def test_a_field_that_swallows_its_neighbour_does_not_pass(self, cut_at: str) -> None:
        honest = sorted(carrier.inbound("hi"))
        at = [name for name, _ in honest].index(cut_at)
        (name, value), (swallowed, its_value) = honest[at - 1], honest[at]
        cut = [*honest[: at - 1], (name, value + swallowed + its_value), *honest[at + 1 :]]
        assert channel().verify(
            request(cut, headers={"x-twilio-signature": carrier.sign(ACCOUNT.token, URLS.inbound, honest)})
        )
        with pytest.raises(BadRequest):
            channel().parse(request(cut))


class TestAccount:
    @pytest.mark.parametrize(
        "form",
        [
            carrier.inbound(AccountSid=OTHER_ACCOUNT.sid),
            carrier.inbound(AccountSid=""),
            carrier.inbound(without=["AccountSid"]),
            [*carrier.inbound(), ("AccountSid", OTHER_ACCOUNT.sid)],
        ],
    )
    def test_a_text_for_another_account_is_not_verified(self, form: list[tuple[str, str]]) -> None:
        assert not channel().verify(request(form))


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
NAMES = st.one_of(st.sampled_from(["Body", "From", "To", "Bo", "dy"]), TEXT)
PAIRS = st.lists(st.tuples(NAMES, TEXT), max_size=8)
SIGNED_URLS = st.builds(
    "{}://{}{}{}{}".format,
    st.sampled_from(["https", "http"]),
    st.sampled_from(["texts.example.org", "Texts.Example.org", "127.0.0.1", "[::1]", "user@h.example.org"]),
    st.sampled_from(["", ":443", ":80", ":8061", ":0", ":65535"]),
    st.sampled_from(["", "/", "/twilio/inbound", "/%7Ea b", "/é"]),
    st.sampled_from(["", "?a=1", "?bodySHA256=00", "#rc=5"]),
)


def sdk_accepts(token: str, url: str, pairs: list[tuple[str, str]], signature: str) -> bool:
    """What the carrier's library says, an exception counting as no."""
    try:
        return bool(RequestValidator(token).validate(url, MultiDict(pairs), signature))
    except (TypeError, ValueError):
        return False


@st.composite
def signatures(draw: st.DrawFn, url: str, pairs: list[tuple[str, str]]) -> str:
    """Signatures that hold, that nearly hold, and that do not."""
    token = draw(st.sampled_from([ACCOUNT.token, ACCOUNT.second_token, OTHER_ACCOUNT.token]))
    signed_url = draw(st.one_of(st.just(url), st.just(url.replace(":443", "")), SIGNED_URLS))
    signed_pairs = draw(st.one_of(st.just(pairs), st.just(pairs[1:]), st.just(pairs * 2), PAIRS))
    good = carrier.sign(token, signed_url, signed_pairs)
    return draw(st.one_of(st.just(good), st.just(good[:-1]), st.just(good.lower()), st.just(good + " "), st.text()))


@given(st.data(), SIGNED_URLS, PAIRS)
def test_we_accept_exactly_what_the_sdk_accepts(data: st.DataObject, url: str, pairs: list[tuple[str, str]]) -> None:
    tokens = [ACCOUNT.token, ACCOUNT.second_token]
    ours = Signature(tokens, url)
    signature = data.draw(signatures(url, pairs))
    theirs = any(sdk_accepts(token, url.partition("#")[0], pairs, signature) for token in tokens)
    assert ours.accepts(pairs, signature) == theirs
    if ours.matches(pairs, signature):
        assert theirs


@given(SIGNED_URLS, PAIRS)
def test_what_the_carrier_signs_every_day_takes_the_quick_way(url: str, pairs: list[tuple[str, str]]) -> None:
    signature = Signature([ACCOUNT.token, ACCOUNT.second_token], url)
    for token in (ACCOUNT.token, ACCOUNT.second_token):
        assert signature.matches(pairs, carrier.sign(token, url, pairs))


@given(SIGNED_URLS, PAIRS)
def test_our_own_signing_is_the_carriers(url: str, pairs: list[tuple[str, str]]) -> None:
    assert sign(ACCOUNT.token, url, pairs) == carrier.sign(ACCOUNT.token, url, pairs)


FORM_LIKE = st.text(st.sampled_from(string.ascii_letters[:4] + "&=+%;0123456789abcdefABCDEF é\x00"), max_size=60)


@given(st.one_of(FORM_LIKE.map(str.encode), st.binary(max_size=200)))
def test_a_form_is_read_as_the_standard_library_reads_it(body: bytes) -> None:
    text = body.decode("utf-8", "replace")
    assert form_pairs(body) == parse_qsl(text, keep_blank_values=True, errors="replace")
