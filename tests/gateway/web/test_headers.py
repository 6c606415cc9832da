"""R17: the same protecting headers on every route's answers and on every error page."""

from __future__ import annotations

import pytest
from werkzeug.test import TestResponse

from gateway.web.health import Check
from tests import carrier
from tests.gateway.web.edge import Edge

FIXED = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "Strict-Transport-Security": "max-age=31536000; includeSubDomains",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def protected(answer: TestResponse) -> None:
    for name, value in FIXED.items():
        assert answer.headers.getlist(name) == [value], name
    (permissions,) = answer.headers.getlist("Permissions-Policy")
    assert {"camera=()", "microphone=()", "geolocation=()"} <= set(permissions.split(", "))
    assert all(feature.endswith("=()") for feature in permissions.split(", "))
    assert not {"Set-Cookie", "Location", "Access-Control-Allow-Origin"} & set(answer.headers.keys())


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS"])
def test_every_route_and_every_method(edge: Edge, method: str) -> None:
    rules = [rule.rule for rule in edge.app.url_map.iter_rules()]
    assert len(rules) == 10
    for rule in rules:
        protected(edge.client.open(rule, method=method))


def test_every_error_page(edge: Edge) -> None:
    edge.breaks = RuntimeError("canary")
    answers = {
        400: edge.carrier_posts(carrier.inbound(MessageSid="x")),
        403: edge.client.post("/twilio/inbound"),
        404: edge.client.get("/nowhere"),
        405: edge.client.put("/"),
        413: edge.client.post("/twilio/inbound", data=b"x" * 100_000),
        503: edge.carrier_posts(carrier.inbound()),
    }
    for status, answer in answers.items():
        assert answer.status_code == status
        protected(answer)


def test_a_good_answer(edge: Edge) -> None:
    protected(edge.carrier_posts(carrier.inbound()))


def test_an_unexpected_exception() -> None:
    edge = Edge(checks=[Check("x", lambda: None)])
    edge.app.view_functions["home.root"] = lambda: str(1 // 0)
    answer = edge.client.get("/")
    assert answer.status_code == 500
    protected(answer)
