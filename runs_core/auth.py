"""The credentials of requests: bearer keys, header keys, token providers.

An auth object provides the header fields of one attempt. A key is held as a `Secret`,
which no repr, str, pickle or traceback shows.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import NoReturn, Protocol, TypeAlias, runtime_checkable

from attrs import field, frozen

from runs_core._sealed import sealed, sealed_init
from runs_core.errors import InvalidHeader, UsageError
from runs_core.flows.effects import Flow, Invoke, function_name
from runs_core.wire.http import Headers, check_header, is_header_value

__all__ = [
    "Auth",
    "AuthLike",
    "Bearer",
    "HeaderKeys",
    "NoAuth",
    "Provider",
    "Secret",
    "TokenProvider",
    "as_auth",
]


class Secret:
    """A credential that only `reveal()` shows."""

    # Not an attrs class: rich shows the fields of those, `attrs.asdict` returns them.
    __slots__ = ("_value",)

    @sealed
    def __init__(self, value: str) -> None:
        if not isinstance(value, str):
            raise UsageError(f"a key must be a str, not {type(value).__name__}")
        self._value = value

    def reveal(self) -> str:
        """Return the credential: keep it out of variables that a traceback can show."""
        return self._value

    def __repr__(self) -> str:
        return "Secret('[redacted]')"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._value == other._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: object) -> Secret:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("a Secret cannot be pickled: it would be stored as plain text")

    def __getstate__(self) -> NoReturn:
        raise TypeError("a Secret cannot be pickled: it would be stored as plain text")


@runtime_checkable
class Auth(Protocol):
    """The source of the header fields that authenticate an attempt.

    `refreshable` says that another attempt after a 401 can have other credentials;
    `credentials(refresh=True)` is then asked for them, once.
    """

    @property
    def refreshable(self) -> bool:
        """Whether another attempt after a 401 can have other credentials."""
        ...

    def credentials(self, *, refresh: bool = False) -> Flow[Headers]:
        """Return the fields; it may `Invoke` a function to get them."""
        ...


@frozen
class NoAuth:
    """No credentials are sent."""

    refreshable = False

    def credentials(self, *, refresh: bool = False) -> Flow[Headers]:
        """Return no fields."""
        return Headers()
        yield


def _checked(key: str | Secret) -> Secret:
    secret = key if isinstance(key, Secret) else Secret(key)
    value = secret.reveal()
    if not value:
        raise UsageError("the key is empty: leave auth out to send none")
    if not is_header_value(value):
        raise InvalidHeader(
            "the key has characters that a header cannot have: look for a line break"
            " or spaces at its ends"
        )
    return secret


def _without_scheme(key: str | Secret) -> Secret:
    secret = _checked(key)
    if secret.reveal()[:7].lower() == "bearer ":
        raise UsageError('the key begins with "Bearer", which is added: leave it out')
    return secret


def _all_checked(keys: Mapping[str, str | Secret]) -> dict[str, Secret]:
    if not isinstance(keys, Mapping):
        raise UsageError(
            "keys must be a mapping of header names to keys, not of type"
            f" {type(keys).__name__}"
        )
    return {check_header(name, "")[0]: _checked(key) for name, key in keys.items()}


@sealed_init
@frozen
class HeaderKeys:
    """Keys in header fields of their own, such as `api-key`."""

    keys: Mapping[str, Secret] = field(converter=_all_checked)
    refreshable = False

    def credentials(self, *, refresh: bool = False) -> Flow[Headers]:
        """Return each key in its field."""
        return Headers({name: key.reveal() for name, key in self.keys.items()})
        yield


@sealed_init
@frozen
class Bearer:
    """A bearer key in `Authorization` (RFC 6750)."""

    key: Secret = field(converter=_without_scheme)
    refreshable = False

    def credentials(self, *, refresh: bool = False) -> Flow[Headers]:
        """Return the key in its field."""
        return Headers({"authorization": f"Bearer {self.key.reveal()}"})
        yield


Provider: TypeAlias = Callable[[], str | Secret | Awaitable[str | Secret]]
"""A function that returns a token, or an awaitable of one."""


@frozen
class TokenProvider:
    """Bearer tokens from a function that is called for each attempt.

    The function takes no argument and returns a token (or, under an async driver, an
    awaitable of one). It may keep a token until that expires. After a 401 it is called
    once more.
    """

    # Only the name: the repr of a partial or of a bound method can show a key.
    function: Provider = field(repr=function_name)
    refreshable = True

    def credentials(self, *, refresh: bool = False) -> Flow[Headers]:
        """Ask the function for a token."""
        # Without a name of its own, for a frame of an error to keep.
        token = [(yield from Invoke(self.function))]
        try:
            bearer = Bearer(token.pop())
        except UsageError as error:
            name = function_name(self.function)
            error.args = (f"{name} returned no token to send: {error}",)
            raise
        return (yield from bearer.credentials())


AuthLike: TypeAlias = Auth | str | Secret | Provider | None
"""What an endpoint takes as `auth`: an auth object, a bearer key, a function that
returns tokens, or None for no credentials."""


@sealed
def as_auth(auth: AuthLike) -> Auth:
    """Return the auth object for a key, an auth object, a token function or None."""
    if auth is None:
        return NoAuth()
    if isinstance(auth, str | Secret):
        return Bearer(auth)
    hint = ""
    if isinstance(auth, Auth):
        if not isinstance(auth, type):
            return auth
        hint = f": pass an object of it, {auth.__name__}(…)"
    elif callable(auth):
        return TokenProvider(auth)
    elif hasattr(auth, "get_token"):
        hint = (
            ": make a function of an azure.identity credential with"
            " get_bearer_token_provider(credential, scope)"
        )
    raise UsageError(
        f"auth must be a key, an auth object or a function, not {type(auth).__name__}"
        + hint
    )
