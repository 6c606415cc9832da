"""Whose network a request comes from: its peer's, or what a trusted proxy says of it (R16).

Source: RFC 7239 section 5.2 and the X-Forwarded-For that it replaces: read from the right, as each proxy adds to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


def client(peer: str, forwarded: str, proxies: Sequence[Network]) -> str:
    """The address that asks.

    Args:
        peer: who connected.
        forwarded: X-Forwarded-For, all of its headers with commas between.
        proxies: whose word is taken; of nobody else, and nothing that stands left of somebody else.
    """
    at = _address(peer)
    if at is None or not _trusted(at, proxies):
        return peer
    for said in reversed(forwarded.split(",")):
        told = _address(said)
        if told is None:
            break
        at = told
        if not _trusted(at, proxies):
            break
    return str(at)


def network_of(address: str) -> str:
    """The network that attempts are counted for: one IPv4 address, the first 64 bits of IPv6; `unknown` for none."""
    found = _address(address)
    if found is None:
        return "unknown"
    return str(ip_network((found, 64 if found.version == 6 else 32), strict=False))


def _trusted(address: Address, proxies: Sequence[Network]) -> bool:
    return any(address in proxy for proxy in proxies)


def _address(text: str) -> Address | None:
    """An address, with or without a port; IPv4 in IPv6 (RFC 4291 section 2.5.5.2) is IPv4."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return found.ipv4_mapped or found if isinstance(found, IPv6Address) else found
