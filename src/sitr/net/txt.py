"""One question to the system's own name servers: the TXT record of a name (RFC 1035). For keys that judge a mail.

The servers are those of the machine, as for every look-up of a name; the answer is taken as it came. Who runs them
learns the name that was asked: the domain that signed a mail, never the mail.
"""

from sitr.errors import OutsideSilent

_LONGEST = 65_535


def txt_record(name: str, seconds: float = 4.0) -> bytes | None:
    """The first TXT record of `name`, its pieces joined; None where there is none.

    Raises OutsideSilent `net.no_name_server` when no answer comes within `seconds`.
    """
    import dns.exception  # dnspython: 0.1 s that only this needs
    import dns.resolver

    try:
        answer = dns.resolver.resolve(name, "TXT", lifetime=seconds, search=False)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return None
    except (dns.exception.DNSException, OSError, ValueError, UnicodeError):
        raise OutsideSilent("net.no_name_server") from None
    for record in answer:
        return b"".join(record.strings)[:_LONGEST]
    return None
