"""Where a request goes, and its header fields: the same on every transport."""

from __future__ import annotations

from urllib.parse import urlsplit

from attrs import frozen

from runs_core.errors import InvalidEndpoint, TransportProtocolError, UsageError
from runs_core.wire.http import Head, Request, check_header

__all__ = [
    "MAX_HEAD_BYTES",
    "MAX_INTERIM",
    "Address",
    "default_port",
    "fields_to_send",
    "in_url",
    "is_withheld",
]

# The longest head (or chunk header, or trailer) that is accepted. h11's default of
# 16 KiB is too little for some gateways' policies and cookies; httpcore allows 100 KiB,
# http.client 64 KiB for each line.
MAX_HEAD_BYTES = 64 * 1024
# Interim responses (1xx) are skipped, but a peer may not send them forever.
MAX_INTERIM = 64

# The transport decides how a message is framed and how long its connection lives: with
# a second opinion from the caller, one request could be read as two.
_FRAMING = frozenset({"connection", "content-length", "transfer-encoding"})


@frozen(kw_only=True)
class Address:
    """Where a URL points, as a connection and a request line need it.

    `host` has no brackets. `target` is path and query exactly as in the URL. str()
    returns host and port: all that an error message may say about a URL.
    """

    tls: bool
    host: str
    port: int
    target: str

    @classmethod
    def of(cls, url: str) -> Address:
        """Parse a request's URL, or raise `InvalidEndpoint` without quoting it."""
        url, _, _ = url.partition("#")
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError:
            raise InvalidEndpoint("the URL's host or port is not valid") from None
        if parts.scheme not in ("http", "https") or not host:
            raise InvalidEndpoint("the URL must begin with http:// or https://")
        if "@" in parts.netloc:
            raise InvalidEndpoint(
                "the URL contains credentials before its host: pass them as the"
                " endpoint's auth instead"
            )
        if "%" in host:
            # RFC 9110 section 7.2: a Host field cannot have a zone. As for names,
            # clients differ in whether they decode them.
            raise InvalidEndpoint(
                "the URL's host has a % in it: write a name without percent-encoding"
                " (in Punycode if it is not ASCII), and an IPv6 address without a zone"
            )
        tls = parts.scheme == "https"
        target = url[len(f"{parts.scheme}://{parts.netloc}") :]
        return cls(
            tls=tls,
            host=host,
            port=default_port(tls) if port is None else port,
            target=target if target.startswith("/") else f"/{target}",
        )

    @property
    def server_name(self) -> str:
        """The host's name in TLS: without the dot that may end it (RFC 6066)."""
        return self.host.removesuffix(".")

    @property
    def host_header(self) -> str:
        """The value of the Host field (RFC 9110 section 7.2)."""
        is_default = self.port == default_port(self.tls)
        return in_url(self.host) if is_default else str(self)

    def __str__(self) -> str:
        return f"{in_url(self.host)}:{self.port}"


def in_url(host: str) -> str:
    """Return the host as it is written in a URL: IPv6 addresses in brackets."""
    return f"[{host}]" if ":" in host else host


def default_port(tls: bool) -> int:
    return 443 if tls else 80


def fields_to_send(request: Request) -> list[tuple[str, str]]:
    """Return the header fields that the request is sent with, except Host.

    Raises `UsageError` for anything that would not be one well-formed request.
    """
    if request.method.upper() == "CONNECT":
        raise UsageError("the request's method cannot be sent: use GET, POST or DELETE")
    fields = [
        check_header(name, value)
        for name, value in request.headers
        if name not in _FRAMING
    ]
    if "accept-encoding" not in request.headers:
        # A compressed event stream is held back until a block is full; and a body that
        # is not inflated cannot be a decompression bomb.
        fields.append(("accept-encoding", "identity"))
    if request.body is not None:
        fields.append(("content-length", str(len(request.body))))
    elif request.method not in ("GET", "HEAD"):
        # RFC 9110 section 8.6; some servers answer 411 without it.
        fields.append(("content-length", "0"))
    return fields


def is_withheld(head: Head, address: Address) -> bool:
    """Return whether the body must not be read: it has a coding other than identity.

    Raises `TransportProtocolError` for a 2xx, whose body is what was asked for. Any
    other body only explains the status, which says more than the fault does.
    """
    if not any(
        name == "content-encoding" and value.strip().lower() not in ("", "identity")
        for name, value in head.headers
    ):
        return False
    is_empty = head.status == 204 or head.headers.get("content-length") == "0"
    if 200 <= head.status < 300 and not is_empty:
        raise TransportProtocolError(
            f"{address} sent a body with a Content-Encoding, but only identity is"
            " accepted: turn off compression at that server"
        )
    return True
