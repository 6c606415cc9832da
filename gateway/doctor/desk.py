"""How people come to the desk: its address, the proxies before it, single sign-on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from gateway.config import Config
from gateway.doctor.advice import Advice, info, must, should
from gateway.setting import is_loopback, is_this_machine

if TYPE_CHECKING:
    from gateway.desk.oidc import Provider


def check(config: Config) -> Iterator[Advice]:
    """What is wrong or missing. Calls the issuer of single sign-on, where there is one."""
    yield from _address(config)
    yield from _proxies(config)
    yield from _single_sign_on(config)


def _address(config: Config) -> Iterator[Advice]:
    from handlers.passkeys import RelyingParty

    if not config.desk_url:
        yield should(
            "QUIETLINE_DESK_URL is not set: there are no passkeys, so the confidential team and administrators cannot "
            "sign in at the desk. Set it to the address that browsers know it by."
        )
        return
    if config.production and is_loopback(config.desk_url):
        yield must("QUIETLINE_DESK_URL names this machine itself: nobody else reaches the desk there.")
    elif not config.desk_url.startswith("https://") and not is_loopback(config.desk_url):
        yield must("QUIETLINE_DESK_URL must begin with https://, or what staff read can be read on its way.")
    elif RelyingParty.of(config.desk_url) is None:
        yield must("QUIETLINE_DESK_URL must hold a name, not an address of digits: passkeys are bound to it.")


def _proxies(config: Config) -> Iterator[Advice]:
    if not config.production:
        return
    if not config.desk_proxies:
        yield should(
            "QUIETLINE_DESK_PROXIES is not set: behind a proxy all desks count as one network, and a hundred wrong "
            "passwords stop them all for 15 minutes. Name the proxy's address."
        )
    elif any(network.prefixlen == 0 for network in config.desk_proxies):
        yield must("QUIETLINE_DESK_PROXIES names every address: anybody could then say who asks.")
    elif not is_this_machine(config.desk_host) and all(network.is_loopback for network in config.desk_proxies):
        yield info("QUIETLINE_DESK_HOST lets others connect than the proxy that QUIETLINE_DESK_PROXIES names.")


def _single_sign_on(config: Config) -> Iterator[Advice]:
    if not config.oidc_issuer:
        return
    if not config.oidc_issuer.startswith("https://") and not is_loopback(config.oidc_issuer):
        yield must("QUIETLINE_OIDC_ISSUER must begin with https://, or anybody on the way can sign in.")
        return
    if not config.oidc_second_factor:
        yield must("QUIETLINE_OIDC_SECOND_FACTOR is empty: nobody can sign in by single sign-on.")
    if config.oidc_claim in ("name", "nickname", "preferred_username"):
        yield should(
            f"QUIETLINE_OIDC_CLAIM is {config.oidc_claim}, which people may be able to choose. Take sub or oid."
        )
    from gateway.desk.oidc import Provider

    provider = Provider.of(config)
    if provider is not None:
        yield from _issuer(provider)


def _issuer(provider: Provider) -> Iterator[Advice]:
    from gateway.desk.oidc import ProviderError

    try:
        provider.keys()
    except ProviderError as error:
        yield must(
            f"Single sign-on: the issuer at QUIETLINE_OIDC_ISSUER was asked, and {error}. Set it to the letter as its "
            "document at /.well-known/openid-configuration says; other hosts go into QUIETLINE_OIDC_HOSTS."
        )
