"""What a requests session does besides sending: proxies and repetitions."""

from __future__ import annotations

import requests
from attrs import evolve, frozen
from requests.utils import select_proxy
from urllib3.exceptions import HTTPError
from urllib3.util import Retry, parse_url

from runs_core.errors import UsageError
from runs_transports._request import Address, default_port

__all__ = ["Way"]


@frozen(kw_only=True)
class _Proxy(Address):
    def __str__(self) -> str:
        return f"the proxy {super().__str__()}"


@frozen(kw_only=True)
class Way:
    """Where an exchange goes, through which proxy, and what may happen on the way.

    `resent` says that urllib3 may have sent the request before the attempt that failed.
    """

    address: Address
    connect_timeout: float | None
    read_timeout: float | None
    proxy: Address | None = None
    resent: bool = False

    def through(
        self,
        session: requests.Session,
        prepared: requests.PreparedRequest,
        proxies: dict[str, str],
    ) -> Way:
        """Return the way that the request will take through the session.

        Raises `UsageError` if the session may create something twice on that way.
        """
        url, method = str(prepared.url), str(prepared.method)
        retries = getattr(session.get_adapter(url), "max_retries", None)
        resent = isinstance(retries, Retry) and _may_resend(
            retries, method, self.address.tls
        )
        if resent and method not in Retry.DEFAULT_ALLOWED_METHODS:
            raise UsageError(
                f"the session's adapter for {self.address} may send a {method} twice,"
                " and so create something twice: set max_retries=0 on it (the client"
                " itself repeats what can be repeated), or use a Retry with other=0"
                f" whose allowed_methods exclude {method}"
            )
        return evolve(self, proxy=_proxy(select_proxy(url, proxies)), resent=resent)


def _may_resend(retries: Retry, method: str, tls: bool) -> bool:
    """Return whether urllib3 may send a request again that it has sent.

    It counts TLS failures, even after the request, as "other" errors: these are
    repeated for any method, also if `max_retries` is a plain number.
    """
    if retries.total in (0, False):
        return False
    allowed = not retries.allowed_methods or method in retries.allowed_methods
    answered = retries.read not in (0, False) or retries.status not in (0, False)
    return (allowed and answered) or (tls and retries.other not in (0, False))


def _proxy(url: str | None) -> Address | None:
    """Return the proxy's host and port, without credentials before them."""
    try:
        parts = parse_url(url or "")
    except HTTPError:
        return None
    if not parts.host:
        return None
    tls = parts.scheme == "https"
    port = parts.port or default_port(tls)
    return _Proxy(tls=tls, host=parts.host.strip("[]"), port=port, target="/")
