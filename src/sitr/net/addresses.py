"""Which IP addresses a visit may go to, whatever their spelling. Only this rule: no names, no sockets to be kept.

The lists follow the IANA special-purpose registries (RFC 6890, RFC 8190) as `ipaddress` knows them, plus what it does
not know yet and the addresses at which clouds hand out secrets.
"""

import socket
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network


class Refusal(StrEnum):
    """Why an address is not visited."""

    NOT_AN_ADDRESS = "not_an_address"
    UNSPECIFIED = "unspecified"
    LOOPBACK = "loopback"
    LINK_LOCAL = "link_local"
    MULTICAST = "multicast"
    NOT_GLOBAL = "not_global"
    CLOUD = "cloud"
    EMBEDDED = "embedded"
    OWN = "own"
    INFRASTRUCTURE = "infrastructure"


# Python 3.11 calls these global; the registries (or their purpose) say that no public site lives there.
_ALSO_NOT_GLOBAL = tuple(
    ip_network(net)
    for net in (
        "192.88.99.0/24",  # 6to4 relay anycast, RFC 7526
        "192.0.0.0/24",  # protocol assignments, the two anycast exceptions included
        "::/96",  # IPv4-compatible, deprecated by RFC 4291
        "64:ff9b:1::/48",  # local-use translation, RFC 8215: leads into the operator's own network
        "100::/64",  # discard only
        "3fff::/20",  # documentation, RFC 9637
        "5f00::/16",  # segment routing SIDs, RFC 9602
        "fec0::/10",  # site-local, deprecated by RFC 3879 but still routed by some
    )
)
# Azure's host agent answers at a globally routed address; the others of its kind are link-local or private already.
_CLOUD = (ip_address("168.63.129.16"),)
_NAT64 = IPv6Network("64:ff9b::/96")  # RFC 6052
_ISATAP = (0x0000_5EFE, 0x0200_5EFE)  # RFC 5214: the interface identifier holds an IPv4 address behind any prefix


def judge(address: str) -> Refusal | None:
    """Why `address` (as a resolver wrote it) must not be visited, or None when it is a public one."""
    try:
        ip = ip_address(address)
    except ValueError:
        return Refusal.NOT_AN_ADDRESS
    return _judge(ip)


def plain_ip(address: str) -> str:
    """The address to connect to: an IPv4-mapped one becomes the IPv4 address that was judged.

    Raises ValueError for what is no address.
    """
    ip = ip_address(address)
    mapped = ip.ipv4_mapped if isinstance(ip, IPv6Address) else None
    return str(mapped or ip)


def is_loopback(address: str) -> bool:
    """Whether the address is this machine's loopback, IPv4-mapped spelling included."""
    try:
        return ip_address(plain_ip(address)).is_loopback
    except ValueError:
        return False


def is_own(address: str) -> bool:
    """Whether the address belongs to this very machine, asked of the kernel without sending a packet.

    A server with a public address would otherwise reach its own inner services through it. An address that is
    translated outside of the machine (1:1 NAT) cannot be recognised like this.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((address, 9))
            return str(probe.getsockname()[0]) == address
    except OSError:
        return False


def _judge(ip: IPv4Address | IPv6Address) -> Refusal | None:
    if isinstance(ip, IPv6Address):
        if ip.ipv4_mapped is not None:
            return _judge(ip.ipv4_mapped)
        if ip.scope_id is not None:
            return Refusal.LINK_LOCAL
        inner = _embedded(ip)
        if inner is not None:
            return Refusal.EMBEDDED if _judge(inner) else None
    return _judge_plain(ip)


def _judge_plain(ip: IPv4Address | IPv6Address) -> Refusal | None:
    rules = (
        (ip.is_unspecified, Refusal.UNSPECIFIED),
        (ip.is_loopback, Refusal.LOOPBACK),
        (ip.is_link_local, Refusal.LINK_LOCAL),
        (ip.is_multicast, Refusal.MULTICAST),
        (ip in _CLOUD, Refusal.CLOUD),
        (not ip.is_global or ip.is_reserved, Refusal.NOT_GLOBAL),
        (any(ip.version == net.version and ip in net for net in _ALSO_NOT_GLOBAL), Refusal.NOT_GLOBAL),
    )
    return next((why for refused, why in rules if refused), None)


def _embedded(ip: IPv6Address) -> IPv4Address | None:
    """The IPv4 address at which a translator or tunnel would end up for this IPv6 address."""
    if ip in _NAT64:
        return IPv4Address(int(ip) & 0xFFFF_FFFF)
    if ip.sixtofour is not None:
        return ip.sixtofour
    if ip.teredo is not None:
        return ip.teredo[1]
    if (int(ip) >> 32) & 0xFFFF_FFFF in _ISATAP:
        return IPv4Address(int(ip) & 0xFFFF_FFFF)
    return None
