"""What requests needs to be told to read an answer as strictly as h11 does."""

from __future__ import annotations

import http.client
import io
import re
import ssl
from typing import Any, BinaryIO

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from runs_transports._request import MAX_HEAD_BYTES, MAX_INTERIM

__all__ = ["StrictAdapter"]

# 101 is not interim: the connection speaks another protocol from there on.
_INTERIM = re.compile(rb"HTTP/1\.[01] 1(?!01)[0-9]{2}[ \r\n]")


class StrictAdapter(HTTPAdapter):
    """Trusts an SSLContext and nothing besides it, and takes no half of a head."""

    def __init__(self, ssl_context: ssl.SSLContext) -> None:
        self._ssl_context = ssl_context
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, ssl_context=self._ssl_context, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {
            "http": _Pool,
            "https": _SecurePool,
        }

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Demand verification, by the context alone.

        The inherited method would add certifi's authorities to the context.
        """
        conn.cert_reqs = "CERT_REQUIRED"


class _Response(http.client.HTTPResponse):
    """An answer whose head is read whole before it is looked at.

    http.client takes a head that is cut off for one that is complete, and an interim
    answer other than 100 for the answer.
    """

    def begin(self) -> None:
        stream = self.fp
        self.fp = io.BufferedReader(io.BytesIO(_read_head(stream)))
        try:
            super().begin()
        finally:
            self.fp = stream


def _read_head(stream: BinaryIO) -> bytes:
    for _ in range(MAX_INTERIM):
        head = bytearray()
        while not head.endswith((b"\r\n\r\n", b"\n\n")):
            line = stream.readline(MAX_HEAD_BYTES + 1 - len(head))
            head += line
            if len(head) > MAX_HEAD_BYTES:
                raise http.client.LineTooLong("head")
            if not line.endswith(b"\n"):
                raise http.client.IncompleteRead(bytes(head))
            if not head.startswith(b"HTTP/"):
                raise http.client.BadStatusLine("")
        if not _INTERIM.match(head):
            return bytes(head)
    raise http.client.HTTPException("1xx without end")


class _Connection(HTTPConnection):
    response_class = _Response


class _SecureConnection(HTTPSConnection):
    response_class = _Response


# pyright: urllib3's own connection classes do not match its protocols either.
class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection  # pyright: ignore[reportAssignmentType]


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection  # pyright: ignore[reportAssignmentType]
