"""E-mail addresses: what is one, and when two are the same."""

import re
import unicodedata

_LOCAL = re.compile(r"[^\s@\"(),:;<>\[\\\]\x00-\x1f\x7f]{1,64}")
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")


def normalised_email(text: str) -> str:
    """One spelling for one mailbox: lower case, composed letters, the domain as DNS knows it."""
    text = unicodedata.normalize("NFKC", text).strip()
    local, at, domain = text.rpartition("@")
    ascii_domain = _as_dns_knows_it(domain.lower())
    labels = ascii_domain.split(".")
    looks_right = (
        bool(at)
        and local.isprintable()
        and _LOCAL.fullmatch(local)
        and len(labels) > 1
        and all(map(_LABEL.fullmatch, labels))
    )
    if not looks_right or len(local) + 1 + len(ascii_domain) > 254 or ".." in f".{local}.":
        raise ValueError("that does not look like an e-mail address; write one like name@example.org")
    return f"{local.lower()}@{ascii_domain}"


def _as_dns_knows_it(domain: str) -> str:
    """As browsers write it (UTS 46): straße.de is another domain than strasse.de. Empty for what cannot be one."""
    if domain.isascii() and "xn--" not in domain:
        return domain
    import idna  # its tables are large, and few addresses need them

    try:
        return idna.encode(domain, uts46=True).decode("ascii")
    except UnicodeError:
        return ""
