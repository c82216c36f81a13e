"""The same request on every transport: where it goes, and with which header fields."""

from __future__ import annotations

from urllib.parse import urlsplit

from attrs import frozen

from runs_core.errors import InvalidEndpoint, TransportProtocolError, UsageError
from runs_core.wire.http import Head, Request, check_header

__all__ = [
    "MAX_HEAD_BYTES",
    "MAX_INTERIM",
    "Address",
    "check_encoding",
    "default_port",
    "fields_to_send",
    "in_url",
]

# The longest head (or chunk header, or trailer) that is accepted. h11's own 16 KiB
# is too little for some gateways' policies and cookies; httpcore allows 100 KiB,
# http.client 64 KiB for each single line.
MAX_HEAD_BYTES = 64 * 1024
# Interim answers (1xx) are only skipped, but none may send them for ever.
MAX_INTERIM = 64

# How a message is framed and how long its connection lives is the transport's to say:
# a second opinion from the caller would let two requests be read out of one.
_FRAMING = frozenset({"connection", "content-length", "transfer-encoding"})


@frozen(kw_only=True)
class Address:
    """Where a URL points, as a connection and a request line need it.

    `host` has no brackets. `target` is path and query exactly as they stood in the URL.
    str() gives host and port: all that an error message may say of a URL.
    """

    tls: bool
    host: str
    port: int
    target: str

    @classmethod
    def of(cls, url: str) -> Address:
        """Read a request's URL, or raise `InvalidEndpoint` without quoting it."""
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
                "the URL holds credentials before its host: give them to the endpoint's"
                " auth instead"
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
    def host_header(self) -> str:
        """The Host field's value: RFC 9110 section 7.2."""
        is_default = self.port == default_port(self.tls)
        return in_url(self.host) if is_default else str(self)

    def __str__(self) -> str:
        return f"{in_url(self.host)}:{self.port}"


def in_url(host: str) -> str:
    """Give the host as it stands in a URL: IPv6 addresses in brackets."""
    return f"[{host}]" if ":" in host else host


def default_port(tls: bool) -> int:
    return 443 if tls else 80


def fields_to_send(request: Request) -> list[tuple[str, str]]:
    """Give the header fields that the request goes out with, all but Host.

    Raises `UsageError` for what would not be one well-formed request.
    """
    if request.method.upper() == "CONNECT":
        raise UsageError("the request's method cannot be sent: use GET, POST or DELETE")
    fields = [
        check_header(name, value)
        for name, value in request.headers
        if name not in _FRAMING
    ]
    if "accept-encoding" not in request.headers:
        # A compressed event stream is held back until a block is full; and what is
        # not inflated cannot be a decompression bomb.
        fields.append(("accept-encoding", "identity"))
    if request.body is not None:
        fields.append(("content-length", str(len(request.body))))
    elif request.method not in ("GET", "HEAD"):
        # RFC 9110 section 8.6; some servers answer 411 without it.
        fields.append(("content-length", "0"))
    return fields


def check_encoding(head: Head, address: Address) -> None:
    """Raise `TransportProtocolError` if the body is in any coding but identity."""
    for name, value in head.headers:
        if name == "content-encoding" and value.strip().lower() not in ("", "identity"):
            raise TransportProtocolError(
                f"{address} answered with a Content-Encoding, though only identity is"
                " accepted: switch compression off for it"
            )
