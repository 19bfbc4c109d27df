"""The host that a peer's certificate is for (RFC 5922). Pure."""

import ipaddress


def matches(stated: str, host: str) -> bool:
    """Whether a name of a certificate stands for this host. RFC 5922 section 7.2 allows no wildcards, but
    carriers use them; they are taken for one label, as RFC 9525 section 6.3 has it.
    """
    name = stated.lower().removeprefix("sips:").removeprefix("sip:").rstrip(".")
    host = host.lower().strip("[]").rstrip(".")
    if name.startswith("*.") and name.count(".") > 1:
        return host.partition(".")[2] == name[2:]
    return name == host


def is_address(host: str) -> bool:
    """Whether it is an IP address, in brackets or not, rather than a name."""
    try:
        return bool(ipaddress.ip_address(host.strip("[]")))
    except ValueError:
        return False
