"""What requests needs to be told to read an answer as strictly as h11 does."""

from __future__ import annotations

import http.client
import io
import math
import re
import ssl
import time
from typing import Any, BinaryIO

from requests import PreparedRequest
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from runs_transports._errors import CUT_HEAD, ENDLESS_INTERIM, LONG_HEAD
from runs_transports._request import MAX_HEAD_BYTES, MAX_INTERIM, Address
from runs_transports._tls import default_context

__all__ = ["HeadFault", "StrictAdapter"]

# As long as httpx keeps a connection, which is enough between two polls.
MAX_IDLE_SECONDS = 5.0
# RFC 9112 sections 4 and 5, with bare LF and folded lines, as h11 reads them.
_HEAD = re.compile(
    rb"HTTP/1\.[01] [0-9]{3}(?: [^\0\r\n]*)?\r?\n"
    rb"(?:[!#$%&'*+\-.^_`|~0-9A-Za-z]+:[^\0\r\n]*\r?\n(?:[ \t][^\0\r\n]*\r?\n)*)*"
    rb"\r?\n"
)
_INTERIM = re.compile(rb"HTTP/1\.[01] 1")
_LENGTH = re.compile("[0-9]+")


class HeadFault(http.client.HTTPException):
    """The peer's head is not one. str() says why, and quotes nothing of it."""


class StrictAdapter(HTTPAdapter):
    """Trusts an SSLContext and nothing besides it, and takes no half of a head."""

    def __init__(self, ssl_context: ssl.SSLContext | None) -> None:
        self._ssl_context = ssl_context
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {
            "http": _Pool,
            "https": _SecurePool,
        }

    def get_connection_with_tls_context(
        self, request: PreparedRequest, *args: Any, **kwargs: Any
    ) -> Any:
        if Address.of(request.url or "").tls:
            if self._ssl_context is None:
                self._ssl_context = default_context()  # Slow: reads all authorities.
            self.poolmanager.connection_pool_kw["ssl_context"] = self._ssl_context
        return super().get_connection_with_tls_context(request, *args, **kwargs)

    def close(self) -> None:
        """Close the idle connections.

        The inherited method leaves that to the garbage collector: an exception that
        somebody has kept would keep them open.
        """
        keys = self.poolmanager.pools.keys()  # It refuses to be iterated itself.
        for key in keys:
            self.poolmanager.pools[key].close()
        super().close()

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Demand verification, by the context alone.

        The inherited method would add certifi's authorities to the context.
        """
        conn.cert_reqs = "CERT_REQUIRED"


class _Response(http.client.HTTPResponse):
    """An answer whose head is read whole before it is looked at.

    http.client takes a head that is cut off for one that is complete, an interim answer
    other than 100 for the answer, and a framing that it cannot read for none.
    """

    def begin(self) -> None:
        stream = self.fp
        self.fp = io.BufferedReader(io.BytesIO(_read_head(stream)))
        try:
            super().begin()
        finally:
            self.fp = stream
        # Raised from here on, an error closes the connection; from urllib3, not always.
        codings = self.headers.get_all("transfer-encoding", [])
        if [coding.strip().lower() for coding in codings] not in ([], ["chunked"]):
            raise HeadFault("broke HTTP/1.1: unknown Transfer-Encoding")
        lengths = ",".join(self.headers.get_all("content-length", ["0"])).split(",")
        length, *others = {length.strip() for length in lengths}
        if others or not _LENGTH.fullmatch(length):
            raise HeadFault("broke HTTP/1.1: bad Content-Length")


def _read_head(stream: BinaryIO) -> bytes:
    for _ in range(MAX_INTERIM):
        head = bytearray()
        line = b""
        while line not in (b"\r\n", b"\n"):
            line = stream.readline(MAX_HEAD_BYTES + 1 - len(head))
            head += line
            if len(head) > MAX_HEAD_BYTES:
                raise HeadFault(LONG_HEAD)
            if not line.endswith(b"\n"):
                raise HeadFault(CUT_HEAD)
        if not _HEAD.fullmatch(head):
            raise HeadFault("broke HTTP/1.1: illegal head")
        if not _INTERIM.match(head):
            return bytes(head)
    raise HeadFault(ENDLESS_INTERIM)


class _Connection(HTTPConnection):
    response_class = _Response


class _SecureConnection(HTTPSConnection):
    response_class = _Response


class _Pool(HTTPConnectionPool):
    """Gives no connection that has been idle for long.

    A peer or a box in between may have forgotten it; a request that is sent on it then
    fails, and nobody knows whether it was carried out.
    """

    # urllib3's own classes do not match its protocols either.
    ConnectionCls = _Connection  # pyright: ignore[reportAssignmentType]

    def _get_conn(self, timeout: float | None = None) -> Any:
        connection: Any = super()._get_conn(timeout)
        if time.monotonic() > getattr(connection, "good_until", math.inf):
            connection.close()  # Which lets it connect again.
        return connection

    def _put_conn(self, conn: Any) -> None:
        if conn is not None:
            conn.good_until = time.monotonic() + MAX_IDLE_SECONDS
        super()._put_conn(conn)


class _SecurePool(_Pool, HTTPSConnectionPool):
    # Narrower than HTTPSConnectionPool's, but not than _Pool's.
    ConnectionCls = _SecureConnection  # type: ignore[assignment]
