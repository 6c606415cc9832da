"""A small issuer of single sign-on over real HTTP: discovery, keys, codes, tokens that it signs (OpenID Connect Core).

It checks what a real one does: the client's secret, the redirect address, PKCE with S256, each code once.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

CLIENT, SECRET = "desk", "a-secret-of-the-desk"
PERSON = "person-4711"


@cache
def _first_key() -> RSAKey:
    """One for all: making it takes longer than a test with it."""
    return RSAKey.generate_key(2048, {"kid": "r1", "use": "sig"})


@dataclass
class Issuer:
    """Who signs in there is `PERSON`. `claims`, `metadata` and `key` replace what it would say; `now` is its clock."""

    url: str
    now: int
    claims: dict[str, Any] = field(default_factory=dict)
    metadata: dict[str, Any] = field(default_factory=dict)
    keys: list[Any] = field(default_factory=lambda: [_first_key()])
    signs: tuple[str, Any] | None = None
    rewrites: Callable[[str], str] = str
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    down: bool = False

    def signs_in(self, address: str) -> str:
        """Somebody signs in on its page; returns where it sends the browser back to."""
        parts = urlsplit(address)
        assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"{self.url}/authorize"
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        assert query["response_type"] == "code"
        assert query["code_challenge_method"] == "S256"
        assert query["client_id"] == CLIENT
        code = secrets.token_urlsafe(16)
        self.codes[code] = query
        return f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state'], 'iss': self.url})}"

    def token(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        """The token endpoint's answer."""
        begun = self.codes.pop(form.get("code", ""), None)
        expected = "Basic " + base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        if authorization != expected:
            return 401, {"error": "invalid_client"}
        made = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(made).rstrip(b"=").decode()
        if begun is None or begun["code_challenge"] != challenge or form.get("redirect_uri") != begun["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        return 200, {"access_token": "opaque", "token_type": "Bearer", "id_token": self.id_token(begun["nonce"])}

    def id_token(self, nonce: str) -> str:
        """A signed token, with what a test has changed about it."""
        algorithm, key = self.signs or ("RS256", self.keys[0])
        claims = {
            "iss": self.url, "sub": PERSON, "aud": CLIENT, "iat": self.now, "exp": self.now + 300, "nonce": nonce,
            "amr": ["pwd", "mfa"],
        } | self.claims  # fmt: skip
        claims = {name: value for name, value in claims.items() if value is not None}
        header = {"alg": algorithm, "kid": key.kid} if key.kid else {"alg": algorithm}
        return self.rewrites(jwt.encode(header, claims, key, algorithms=[algorithm]))

    def document(self) -> dict[str, Any]:
        """What it publishes of itself."""
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
            "code_challenge_methods_supported": ["S256"],
        } | self.metadata


class _Json(BaseHTTPRequestHandler):
    """Answers in JSON, and logs nothing."""

    def _answer(self, status: int, document: dict[str, Any]) -> None:
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def serving(now: int) -> Iterator[Issuer]:
    """An issuer on a free port of this machine."""

    class Handler(_Json):
        def do_GET(self) -> None:
            issuer.asked.append(self.path)
            if self.path == "/.well-known/openid-configuration":
                self._answer(503 if issuer.down else 200, issuer.document())
            elif self.path == "/keys":
                self._answer(200, {"keys": [key.as_dict(private=False) for key in issuer.keys]})
            elif self.path.startswith("/authorize?"):
                self.send_response(302)
                self.send_header("Location", issuer.signs_in(issuer.url + self.path))
                self.end_headers()
            elif self.path == "/elsewhere":
                self.send_response(302)
                self.send_header("Location", f"{issuer.url}/keys")
                self.end_headers()
            else:
                self._answer(404, {})

        def do_POST(self) -> None:
            issuer.asked.append(self.path)
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            self._answer(*issuer.token(form, self.headers.get("Authorization", "")))

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    issuer = Issuer(f"http://127.0.0.1:{server.server_port}", now)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        server.server_close()


def another_key(kind: str = "RSA") -> Any:
    """A key that the issuer has not published."""
    return RSAKey.generate_key(2048, {"kid": "r2"}) if kind == "RSA" else ECKey.generate_key("P-256", {"kid": "e1"})
