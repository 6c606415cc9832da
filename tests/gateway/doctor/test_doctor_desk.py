"""What the doctor says of how people come to the desk."""

from __future__ import annotations

import pytest

from gateway.config import Config
from gateway.doctor import desk
from tests.gateway.desk.issuer import serving

PRODUCTION = {"QUIETLINE_ENV": "production", "QUIETLINE_DESK_PROXIES": "127.0.0.1"}
GOOD = PRODUCTION | {"QUIETLINE_DESK_URL": "https://desk.example.org"}


def advice(environ: dict[str, str]) -> str:
    return "\n".join(one.text for one in desk.check(Config.read(environ)))


def test_all_is_well_and_in_development_nothing_is_asked_for() -> None:
    assert advice(GOOD) == ""
    assert advice({}) == ""


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"QUIETLINE_DESK_URL": ""}, "QUIETLINE_DESK_URL is not set: there are no passkeys"),
        ({"QUIETLINE_DESK_URL": "http://desk.example.org"}, "must begin with https://"),
        ({"QUIETLINE_DESK_URL": "https://192.0.2.1"}, "must hold a name"),
        ({"QUIETLINE_DESK_URL": "https://localhost"}, "names this machine itself"),
        ({"QUIETLINE_DESK_PROXIES": ""}, "all desks count as one network"),
        ({"QUIETLINE_DESK_PROXIES": "0.0.0.0/0"}, "names every address"),
        ({"QUIETLINE_DESK_HOST": "0.0.0.0"}, "lets others connect"),  # noqa: S104
    ],
)
def test_r16_what_is_wrong_is_told_with_what_to_do(changed: dict[str, str], told: str) -> None:
    assert told in advice(GOOD | changed)


def test_single_sign_on_is_tried() -> None:
    with serving(0) as issuer:
        environ = GOOD | {"QUIETLINE_OIDC_ISSUER": issuer.url, "QUIETLINE_OIDC_CLIENT_ID": "desk"}
        assert advice(environ) == ""
        assert "which people may be able to choose" in advice(environ | {"QUIETLINE_OIDC_CLAIM": "preferred_username"})
        issuer.metadata = {"issuer": issuer.url + "/"}
        assert "it calls itself another issuer" in advice(environ)
        issuer.metadata, issuer.down = {}, True
        assert "it does not answer as an issuer does" in advice(environ)
    assert "it does not answer as an issuer does" in advice(environ)
    plain = advice(environ | {"QUIETLINE_OIDC_ISSUER": "http://login.example.org"})
    assert "must begin with https://" in plain
