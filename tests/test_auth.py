"""The credentials that requests are sent with, and that keys stay hidden."""

from __future__ import annotations

import copy
import functools
import pickle
from typing import Any

import pytest
from attrs import asdict
from rich.pretty import pretty_repr

from runs_core.api import runs
from runs_core.auth import (
    Auth,
    Bearer,
    HeaderKeys,
    NoAuth,
    Secret,
    TokenProvider,
    as_auth,
)
from runs_core.endpoint import Endpoint
from runs_core.errors import InvalidHeader, UsageError
from runs_core.flows.effects import Invoke
from runs_core.wire.http import Headers
from tests.flows.transcript import perform
from tests.leaks import assert_sealed, key, leaks_in


def fields(auth: Auth, *lines: Any, refresh: bool = False) -> dict[str, str]:
    return dict(perform(auth.credentials(refresh=refresh), lines))


def provider() -> str:
    raise AssertionError("a flow's test answers in its place")


def test_each_kind_of_auth_gives_its_fields() -> None:
    assert fields(NoAuth()) == {}
    assert fields(Bearer("k")) == {"authorization": "Bearer k"}
    assert fields(Bearer(Secret("k"))) == {"authorization": "Bearer k"}
    assert fields(HeaderKeys({"API-Key": "k", "x-b": Secret("l")})) == {
        "api-key": "k",
        "x-b": "l",
    }


def test_a_token_provider_is_asked_for_each_attempt() -> None:
    auth = TokenProvider(provider)
    line = (Invoke(provider), "one")

    assert fields(auth, line) == {"authorization": "Bearer one"}
    assert fields(auth, (Invoke(provider), Secret("two")), refresh=True) == {
        "authorization": "Bearer two"
    }


@pytest.mark.parametrize("keys", [None, "k", 5, [("x", "k")]])
def test_header_keys_are_a_mapping(keys: Any) -> None:
    with pytest.raises(UsageError, match="keys must be a mapping of header names to"):
        HeaderKeys(keys)


def test_only_what_can_change_is_asked_again_after_a_401() -> None:
    assert TokenProvider(provider).refreshable
    assert not any(
        auth.refreshable for auth in (NoAuth(), Bearer("k"), HeaderKeys({"x": "k"}))
    )


class Signed:
    """An auth object of a user's own."""

    refreshable = False

    def credentials(self, *, refresh: bool = False) -> Any:
        return Headers({"x-signed": "1"})
        yield


@pytest.mark.parametrize(
    ("given", "auth"),
    [
        (None, NoAuth()),
        ("k", Bearer("k")),
        (Secret("k"), Bearer("k")),
        (HeaderKeys({"a": "k"}), HeaderKeys({"a": "k"})),
        (provider, TokenProvider(provider)),
    ],
)
def test_what_users_write_becomes_an_auth_object(given: Any, auth: Auth) -> None:
    assert as_auth(given) == auth


def test_an_auth_object_of_ones_own_is_taken_as_it_is() -> None:
    mine = Signed()

    assert as_auth(mine) is mine
    assert fields(mine) == {"x-signed": "1"}


def test_what_is_no_auth_is_refused_with_what_is_one() -> None:
    with pytest.raises(
        UsageError, match="a key, an auth object or a function, not int"
    ):
        as_auth(7)  # type: ignore[arg-type]


def test_a_credential_of_azure_is_refused_with_how_to_make_a_function_of_it() -> None:
    class DefaultAzureCredential:
        def get_token(self, *scopes: str) -> None: ...

    with pytest.raises(UsageError, match=r"not DefaultAzureCredential: .*_provider\("):
        as_auth(DefaultAzureCredential())  # type: ignore[arg-type]


@pytest.mark.parametrize("forgotten", [NoAuth, Bearer])
def test_a_class_is_refused_with_how_to_make_an_auth_object(forgotten: Any) -> None:
    with pytest.raises(UsageError, match=rf"not type: .* {forgotten.__name__}\("):
        as_auth(forgotten)


@pytest.mark.parametrize("bad", ["k\n", "k\r\nx: y", " k", "k ", "kü", "k\0"])
def test_a_key_that_no_header_can_hold_is_refused_at_once(bad: str) -> None:
    for make in (Bearer, lambda k: HeaderKeys({"api-key": k}), as_auth):
        with pytest.raises(InvalidHeader, match="look for a line break"):
            make(bad)
    with pytest.raises(InvalidHeader, match="look for a line break"):
        fields(TokenProvider(provider), (Invoke, bad))


@pytest.mark.parametrize("scheme", ["Bearer ", "bearer "])
def test_a_key_with_its_scheme_is_refused(scheme: str) -> None:
    for make in (Bearer, as_auth):
        with pytest.raises(UsageError, match="which is added: leave it out"):
            make(scheme + "k")
    whole = {"authorization": scheme + "k"}
    assert fields(HeaderKeys(whole)) == whole


def test_an_empty_key_is_refused_with_the_way_out() -> None:
    for make in (Bearer, lambda k: HeaderKeys({"api-key": k}), as_auth):
        with pytest.raises(UsageError, match="leave auth out"):
            make("")


@pytest.mark.parametrize("token", [None, "", b"key", "k\n", ["key"]])
def test_what_is_no_token_is_refused_with_the_name_of_what_returned_it(
    token: Any,
) -> None:
    with pytest.raises(UsageError, match=r"^provider returned no token") as caught:
        fields(TokenProvider(provider), (Invoke, token))

    assert "key'" not in str(caught.value)


def test_keys_have_valid_header_names() -> None:
    with pytest.raises(InvalidHeader):
        HeaderKeys({"api key": "k"})


VALUES: list[Any] = [
    lambda: Secret(key()),
    lambda: Bearer(key()),
    lambda: HeaderKeys({"any-name": key()}),
    lambda: TokenProvider(functools.partial(str, key())),
    lambda: TokenProvider(key().upper),
    lambda: Invoke(functools.partial(str, key())),
]


@pytest.mark.parametrize("make", VALUES)
def test_promise_4_no_repr_shows_a_key(make: Any) -> None:
    value = make()

    assert leaks_in(repr(value)) == []
    assert leaks_in(str(value)) == []
    assert leaks_in(f"{value}") == []
    assert leaks_in(pretty_repr(value)) == []


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_promise_4_a_key_is_not_pickled(protocol: int) -> None:
    for value in (Secret("k"), Bearer("k"), HeaderKeys({"a": "k"})):
        with pytest.raises(TypeError, match="cannot be pickled"):
            pickle.dumps(value, protocol)
    with pytest.raises(TypeError, match="cannot be pickled"):
        Secret("k").__getstate__()


def test_promise_4_a_dict_of_an_endpoint_shows_no_key() -> None:
    for auth in (key(), Secret(key()), HeaderKeys({"any-name": key()})):
        assert leaks_in(repr(asdict(Endpoint("http://a.test", auth)))) == []
    endpoint = Endpoint("http://a.test", headers={"authorization": key()})
    call = runs.retrieve("r", "t", extra_headers={"authorization": key()})
    for value in (endpoint, call.request, endpoint.prepare(call.request)):
        assert leaks_in(repr(asdict(value))) == []


def test_an_auth_object_can_be_copied() -> None:
    bearer = Bearer("k")

    assert copy.copy(bearer) == bearer
    assert copy.deepcopy(bearer) == bearer
    assert copy.deepcopy(bearer).key.reveal() == "k"
    assert copy.copy(bearer.key).reveal() == "k"


def test_a_secret_is_compared_by_what_it_holds() -> None:
    assert Secret("k") == Secret("k")
    assert Secret("k") != Secret("l")
    assert Secret("k") != "k"
    assert len({Secret("k"), Secret("k")}) == 1


@pytest.mark.parametrize(
    "call",
    [
        lambda: Secret(key().encode()),  # type: ignore[arg-type]
        lambda: Bearer(key().encode()),  # type: ignore[arg-type]
        lambda: Bearer(key() + "\n"),
        lambda: HeaderKeys({"x": key().encode()}),  # type: ignore[dict-item]
        lambda: HeaderKeys({"x": key() + "\n"}),
        lambda: HeaderKeys({key() + ":": "api-key"}),
        lambda: HeaderKeys({"fine": key(), "not fine": "x"}),
        lambda: HeaderKeys(key()),  # type: ignore[arg-type]
        lambda: as_auth(key().encode()),  # type: ignore[arg-type]
        lambda: as_auth([key()]),  # type: ignore[arg-type]
        lambda: as_auth(key() + "\n"),
        lambda: fields(TokenProvider(provider), (Invoke, Secret(key() + "\n"))),
    ],
)
def test_promise_4_no_traceback_shows_a_key_that_was_refused(call: Any) -> None:
    assert_sealed(call, UsageError)
