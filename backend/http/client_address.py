"""Where a request comes from: the address that the nearest trusted proxy saw, never one that a client claims."""

from __future__ import annotations

import ipaddress
from functools import cache

from django.conf import settings
from django.http import HttpRequest

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
# A household or a server gets a /64 of IPv6 at least, and would be as many callers as it likes.
IPV6_PREFIX = 64


def client_address(request: HttpRequest) -> str:
    """The address by which callers are told apart: that of the client, of IPv6 its first 64 bits."""
    address = exact_client_address(request)
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, IPV6_PREFIX), strict=False).network_address)
    return str(address)


def exact_client_address(request: HttpRequest) -> Address | str:
    """The address of the client, without its port; as text when it is none, as for a socket of this machine.

    Behind a proxy (LISTENING_TRUST_PROXY) that is the rightmost entry of X-Forwarded-For which is no proxy of ours:
    each proxy appends the address that it saw, and what stands further left is anybody's word. When that entry is no
    address, all that come by that proxy are one caller.
    """
    seen = str(request.META.get("REMOTE_ADDR", ""))
    if settings.TRUST_PROXY:
        ours = networks(tuple(settings.TRUSTED_PROXIES))
        for entry in reversed(str(request.META.get("HTTP_X_FORWARDED_FOR", "")).split(",")):
            address = _parsed(entry)
            if address is None:
                break
            seen = str(address)
            if not any(address in network for network in ours):
                break
    return _parsed(seen) or seen


@cache
def networks(texts: tuple[str, ...]) -> tuple[Network, ...]:
    """Addresses and networks in CIDR notation. Raises ValueError for a text that is neither."""
    return tuple(ipaddress.ip_network(text) for text in texts)


def _parsed(text: str) -> Address | None:
    try:
        address = ipaddress.ip_address(text.strip())
    except ValueError:
        return None
    # A server that listens on both sees IPv4 as ::ffff:192.0.2.1: one /64 for the whole of it.
    return getattr(address, "ipv4_mapped", None) or address
