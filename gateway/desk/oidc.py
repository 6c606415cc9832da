"""An issuer of single sign-on, over HTTP: authorization code with PKCE, checked against the issuer's own keys.

    ProviderError    the issuer is away, wrongly configured, or its answer is not in order; free of secrets

Sources: OpenID Connect Core 1.0 section 3.1 and Discovery 1.0, RFC 7636 (PKCE), RFC 9207 (issuer in the answer),
RFC 9700 (best current practice), RFC 8176 (amr).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, Final, Self
from urllib.parse import urlsplit

from msgspec import Struct, field

from gateway.config import Config
from handlers.single_sign_on import Begun, Identity

BACK: Final = "/single-sign-on/back"
ALGORITHMS: Final = (
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "EdDSA",
    "Ed25519",
)
SECONDS: Final = 5.0
LEEWAY: Final = 60
_KEEP: Final = 3600.0
_AGAIN: Final = 60.0
_ENDPOINTS: Final = ("authorization_endpoint", "token_endpoint", "jwks_uri")


class ProviderError(Exception):
    """Nobody can be signed in by it."""


class _Known(Struct):
    """What the issuer has said of itself, and when (monotonic seconds)."""

    metadata: Mapping[str, str] = field(default_factory=dict)
    metadata_at: float = 0.0
    keys: Any = None
    keys_at: float = 0.0


class Provider:
    """One issuer.

    Args:
        issuer: as its tokens name it.
        client_id, client_secret: the desk there; an empty secret for a public client.
        origin: the desk's own address.
        claim: says who it is.
        second_factor: values of `acr` or `amr` of which one must be there.
        hosts: others than the issuer's own that may be called (R17).
        ticks: monotonic seconds.
    """

    def __init__(
        self, issuer: str, client_id: str, client_secret: str, origin: str, *, claim: str = "sub",
        second_factor: tuple[str, ...] = ("mfa", "phr", "phrh"), hosts: tuple[str, ...] = (),
        ticks: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self.issuer = issuer
        self._client_id = client_id
        self._client_secret = client_secret
        self._back = origin + BACK
        self._claim = claim
        self._second_factor = frozenset(second_factor)
        self._hosts = {urlsplit(issuer).hostname, *hosts}
        self._ticks = ticks
        self._known = _Known()
        self._lock = threading.Lock()

    @classmethod
    def of(cls, config: Config) -> Self | None:
        """As the settings say; None where there is none."""
        if not config.oidc_issuer:
            return None
        return cls(
            config.oidc_issuer, config.oidc_client_id, config.oidc_client_secret, config.desk_url,
            claim=config.oidc_claim, second_factor=config.oidc_second_factor, hosts=config.oidc_hosts,
        )  # fmt: skip

    def address(self, begun: Begun) -> str:
        """Where the browser goes to sign in. Raises ProviderError."""
        wanted = " ".join(sorted(self._second_factor - {"mfa"}))
        url, _ = self._session().create_authorization_url(
            self.metadata()["authorization_endpoint"], state=begun.state, code_verifier=begun.verifier,
            nonce=begun.nonce, redirect_uri=self._back, **({"acr_values": wanted} if wanted else {}),
        )  # fmt: skip
        return str(url)

    def identity(self, answer: Mapping[str, str], begun: Begun, now: float) -> Identity:
        """Who the issuer says it is.

        Args:
            answer: the query that the browser came back with.
            begun: the attempt that it belongs to.
            now: Unix seconds.

        Raises ProviderError.
        """
        metadata = self.metadata()
        named = answer.get("iss")
        must_be_named = bool(metadata.get("authorization_response_iss_parameter_supported"))
        if (named is None and must_be_named) or (named is not None and named != self.issuer):
            raise ProviderError("the answer is another issuer's")
        if "error" in answer or not answer.get("code"):
            raise ProviderError("the issuer did not sign in")
        token = self._token(metadata["token_endpoint"], answer["code"], begun)
        claims = self._checked(str(token.get("id_token", "")), str(token.get("access_token", "")), begun.nonce, now)
        return self._identity(claims)

    def metadata(self) -> Mapping[str, str]:
        """What the issuer publishes of itself, an hour old at most. Raises ProviderError saying what is wrong."""
        with self._lock:
            if not self._known.metadata or self._ticks() - self._known.metadata_at > _KEEP:
                self._known.metadata = self._examined(self._fetch(self.issuer + "/.well-known/openid-configuration"))
                self._known.metadata_at = self._ticks()
            return self._known.metadata

    def keys(self, *, anew: bool = False) -> Any:
        """The issuer's keys; `anew` where a token names one that is not known, once a minute. Raises ProviderError."""
        from joserfc.errors import JoseError
        from joserfc.jwk import KeySet

        address = self.metadata()["jwks_uri"]
        with self._lock:
            age = self._ticks() - self._known.keys_at
            if self._known.keys is None or age > _KEEP or (anew and age > _AGAIN):
                try:
                    self._known.keys = KeySet.import_key_set(self._fetch(address))  # type: ignore[arg-type]
                except (JoseError, ValueError, KeyError, TypeError):
                    raise ProviderError("its keys are not in order") from None
                self._known.keys_at = self._ticks()
            return self._known.keys

    def _examined(self, found: Mapping[str, Any]) -> Mapping[str, str]:
        if found.get("issuer") != self.issuer:
            raise ProviderError("it calls itself another issuer")
        for name in _ENDPOINTS:
            parts = urlsplit(str(found.get(name, "")))
            if parts.scheme != urlsplit(self.issuer).scheme or parts.hostname not in self._hosts:
                raise ProviderError(f"its {name} is at a host that is not listed")
        if "S256" not in found.get("code_challenge_methods_supported", ["S256"]):
            raise ProviderError("it does not take PKCE with S256")
        return found

    def _session(self) -> Any:
        from authlib.integrations.requests_client import OAuth2Session

        return OAuth2Session(
            self._client_id,
            self._client_secret or None,
            scope="openid",
            redirect_uri=self._back,
            code_challenge_method="S256",
            token_endpoint_auth_method="client_secret_basic" if self._client_secret else "none",
        )

    def _fetch(self, address: str) -> Mapping[str, Any]:
        try:
            answer = self._session().get(address, withhold_token=True, timeout=SECONDS, allow_redirects=False)
            found = answer.json() if answer.status_code == 200 else None
        except (OSError, ValueError):
            found = None
        if not isinstance(found, dict):
            raise ProviderError("it does not answer as an issuer does")
        return found

    def _token(self, address: str, code: str, begun: Begun) -> Mapping[str, Any]:
        from authlib.common.errors import AuthlibBaseError

        try:
            token: Mapping[str, Any] = self._session().fetch_token(
                address, grant_type="authorization_code", code=code, code_verifier=begun.verifier,
                redirect_uri=self._back, timeout=SECONDS, allow_redirects=False,
            )  # fmt: skip
        except (AuthlibBaseError, OSError, ValueError):
            raise ProviderError("it gave no token for the code") from None
        return token

    def _checked(self, id_token: str, access_token: str, nonce: str, now: float) -> Mapping[str, Any]:
        from authlib.oidc.core import CodeIDToken
        from joserfc.errors import JoseError

        try:
            token = self._decoded(id_token)
            options: Any = {
                "iss": {"essential": True, "value": self.issuer},
                "aud": {"essential": True, "value": self._client_id},
            }
            params = {"nonce": nonce, "client_id": self._client_id, "access_token": access_token}
            claims = CodeIDToken(token.claims, token.header, options, params)
            claims.validate(now=int(now), leeway=LEEWAY)
        except (JoseError, ValueError, KeyError, TypeError):
            raise ProviderError("its token is not in order") from None
        found: Mapping[str, Any] = dict(claims)
        return found

    def _decoded(self, id_token: str) -> Any:
        from joserfc import jwt
        from joserfc.errors import JoseError

        try:
            return jwt.decode(id_token, self.keys(), algorithms=list(ALGORITHMS))
        except (JoseError, ValueError):
            return jwt.decode(id_token, self.keys(anew=True), algorithms=list(ALGORITHMS))

    def _identity(self, claims: Mapping[str, Any]) -> Identity:
        acr, amr = claims.get("acr"), claims.get("amr")
        used = {acr, *(amr if isinstance(amr, list) else [])} if isinstance(acr, (str, type(None))) else set()
        if not used & self._second_factor:
            raise ProviderError("it does not say that a second factor was used")
        subject = claims.get(self._claim)
        if not isinstance(subject, str) or not 0 < len(subject) <= 255:
            raise ProviderError("its token does not say who it is")
        if self._claim == "email" and claims.get("email_verified") is not True:
            raise ProviderError("it has not checked the address")
        return Identity(self.issuer, subject, acr if isinstance(acr, str) else "")
