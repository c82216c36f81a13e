"""The values that a transport receives, and what they may contain."""

from __future__ import annotations

import copy
import pickle
import re
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.pretty import pretty_repr

from runs_core.errors import (
    InvalidEndpoint,
    InvalidHeader,
    InvalidPathParameter,
    UsageError,
)
from runs_core.wire.http import (
    ChangedHeaders,
    FieldsByName,
    Head,
    Headers,
    Request,
    Response,
    Timeouts,
    check_header,
    encode_path,
    encode_query,
    is_header_value,
    shorter,
)
from tests.leaks import assert_sealed, key, leaks_in

# --- Headers -----------------------------------------------------------------------


def test_header_names_are_in_lower_case_and_found_in_any() -> None:
    headers = Headers({"Content-Type": "a", "X-B": "b"})

    assert list(headers) == [("content-type", "a"), ("x-b", "b")]
    assert list(headers.items()) == list(headers)
    assert headers["CONTENT-TYPE"] == "a"
    assert headers.get("x-B") == "b"
    assert "X-b" in headers
    assert "other" not in headers
    assert 1 not in headers
    assert headers.get("other") is None
    assert headers.get("other", "default") == "default"
    assert len(headers) == 2
    with pytest.raises(KeyError, match="other"):
        headers["other"]


@pytest.mark.parametrize(
    "fields",
    [{"A": "1", "b": "2"}, [("a", "1"), ("B", "2")], Headers({"a": "1", "b": "2"})],
)
def test_headers_are_made_of_mappings_pairs_and_headers(fields: Any) -> None:
    assert Headers(fields) == Headers([("a", "1"), ("b", "2")])
    assert dict(Headers(fields)) == {"a": "1", "b": "2"}


def test_of_a_repeated_field_the_first_counts_and_all_are_kept() -> None:
    headers = Headers([("a", "1"), ("A", "2")])

    assert headers["a"] == "1"
    assert list(headers) == [("a", "1"), ("a", "2")]


def test_fields_by_name_are_a_mapping_with_names_in_any_case() -> None:
    given = [("Retry-After", "1"), ("A", "2"), ("a", "3")]
    assert FieldsByName(given)["RETRY-after"] == "1"
    fields = FieldsByName(Headers(given))

    assert fields == {"retry-after": "1", "a": "2"}
    assert fields["Retry-After"] == fields.get("RETRY-AFTER") == "1"
    assert "A" in fields
    assert "B" not in fields
    assert fields.get("B") is None
    assert (len(fields), list(fields)) == (2, ["retry-after", "a"])
    assert repr(fields) == repr(dict(fields))
    for same in (copy.copy(fields), pickle.loads(pickle.dumps(fields))):
        assert same == fields
        assert same["A"] == "2"


def test_promise_4_the_headers_of_an_error_show_no_cookie() -> None:
    cookie, limit = ("set-cookie", key()), ("x-ratelimit-remaining-tokens", "7")
    fields = FieldsByName(Headers([cookie, limit]))

    assert repr(fields) == repr({"set-cookie": "[redacted]", limit[0]: "7"})
    assert key().encode() not in pickle.dumps(fields)
    assert copy.deepcopy(fields)["Set-Cookie"] == key()
    assert pickle.loads(pickle.dumps(fields))[limit[0]] == "7"


def test_headers_are_equal_by_their_fields_alone() -> None:
    headers = Headers({"A": "1"})

    assert headers == Headers([("a", "1")]) == copy.copy(headers)
    assert len({headers, Headers({"a": "1"}), ChangedHeaders({"a": "1"})}) == 2
    assert headers != ChangedHeaders({"a": "1"})
    assert headers != [("a", "1")]


def test_merged_headers_are_replaced_added_and_removed() -> None:
    headers = Headers({"a": "1", "b": "2", "c": "3"})

    merged = headers.merged([("A", "9"), ("b", None), ("d", "4"), ("e", None)])

    assert dict(merged) == {"c": "3", "a": "9", "d": "4"}
    assert dict(headers) == {"a": "1", "b": "2", "c": "3"}


@pytest.mark.parametrize(
    "name",
    ["authorization", "api-key", "x-pass", "Cookie", "x-anything", "openai-project"],
)
def test_promise_4_a_repr_shows_no_value_that_can_be_a_key(name: str) -> None:
    headers = Headers({name: key(), "content-type": "text/html"})
    request = Request(
        method="GET",
        url=f"https://api.test/?key={key()}",
        headers=headers,
        body=key().encode(),
    )
    values = [headers, request, Head(200, headers), Response(200, headers)]

    for value in values:
        assert leaks_in(repr(value)) == []
        assert leaks_in(pretty_repr(value)) == []
        assert name.lower() in repr(value)
        assert "text/html" in repr(value)


def test_reprs_say_how_much_was_left_out() -> None:
    request = Request(method="POST", url="https://a.test/x?y=1", body=b"12345")

    assert "'https://a.test/x'" in repr(request)
    assert "<5 bytes>" in repr(request)
    assert "body=None" in repr(Request(method="GET", url="https://a.test"))
    assert "<3 bytes>" in repr(Response(200, {}, b"123"))


BAD_NAMES = ["", " ", "a b", "a:", "a\r\nb", "ü", "a\0", 'a"', None, 3, b"a"]
BAD_VALUES = [
    "a\r\nb: c",
    "a\nb",
    "a\rb",
    "\0",
    " a",
    "a ",
    "\ta",
    "ü",
    "\x7f",
    None,
    1,
]


@pytest.mark.parametrize("name", BAD_NAMES)
def test_bad_header_names_are_refused(name: Any) -> None:
    with pytest.raises(InvalidHeader, match="a header's name"):
        check_header(name, "value")


@pytest.mark.parametrize("value", BAD_VALUES)
def test_bad_header_values_are_refused(value: Any) -> None:
    with pytest.raises(InvalidHeader, match="the value of header 'x-name'"):
        check_header("x-name", value)


@pytest.mark.parametrize("value", ["k\r\nx: y", "k\n", "\0", "kä", " k", "k "])
def test_no_request_is_made_of_a_header_that_breaks_out(value: str) -> None:
    for name, content in (("authorization", value), (value, "x")):
        with pytest.raises(InvalidHeader) as caught:
            Request(method="GET", url="https://a.test", headers=[(name, content)])

        assert value not in str(caught.value)


@pytest.mark.parametrize("value", ["", "a", "a b", "a\tb", "~!@#$%^&*()", "a" * 9999])
def test_good_header_fields_pass_in_lower_case(value: str) -> None:
    assert check_header("X-Name", value) == ("x-name", value)


@given(st.text())
def test_a_header_value_that_passes_is_visible_ascii(text: str) -> None:
    visible = re.fullmatch(r"[\x20-\x7e\t]*", text, re.ASCII)
    trimmed = text.strip(" \t") == text

    assert is_header_value(text) == bool(visible and trimmed)


def test_promise_4_a_refused_header_is_not_shown() -> None:
    assert_sealed(lambda: check_header("x", key() + "\n"), InvalidHeader)
    assert_sealed(lambda: check_header(key() + ":", "x"), InvalidHeader)
    assert_sealed(
        lambda: Request(method="GET", url="u", headers={"x": key() + "\r\n"}),
        InvalidHeader,
    )


@given(st.text(), st.text())
def test_no_request_holds_what_could_be_a_second_one(name: str, value: str) -> None:
    try:
        request = Request(method="GET", url="https://a.test", headers={name: value})
    except InvalidHeader:
        return
    for text in next(iter(request.headers)):
        assert text.isascii()
        assert "\r" not in text
        assert "\n" not in text
        assert "\0" not in text


# --- Timeouts ----------------------------------------------------------------------


def test_the_shorter_timeout_counts_and_none_is_the_longest() -> None:
    assert shorter(1.0, 2.0) == 1.0
    assert shorter(None, 2.0) == 2.0
    assert shorter(1.0, None) == 1.0
    assert shorter(None, None) is None
    assert Timeouts(1.0, None).within(5.0) == Timeouts(1.0, 5.0, 5.0)
    assert Timeouts(10.0, 20.0, 3.0).within(5.0) == Timeouts(5.0, 5.0, 3.0)
    assert Timeouts(10.0, 20.0).within(None) == Timeouts(10.0, 20.0)


def test_one_timeout_is_for_connecting_and_for_reading() -> None:
    assert Timeouts() == Timeouts(connect=5.0, read=600.0)
    assert Timeouts.of(3) == Timeouts(3, 3)
    assert Timeouts.of(None) == Timeouts(None, None)
    assert Timeouts.of(Timeouts(1.0, 2.0)) == Timeouts(1.0, 2.0)


@pytest.mark.parametrize("bad", [-1, float("nan"), float("inf"), "1", True, 0])
def test_what_is_no_timeout_is_refused(bad: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        Timeouts.of(bad)


def test_a_request_is_made_by_position_or_by_name() -> None:
    timeouts = Timeouts(1.0, 2.0)
    request = Request("POST", "https://a.test/x", {"A": "b"}, b"{}", timeouts)

    assert request == Request(
        method="POST",
        url="https://a.test/x",
        headers={"a": "b"},
        body=b"{}",
        timeouts=timeouts,
    )


def test_a_request_within_a_time_is_the_same_otherwise() -> None:
    request = Request(
        method="POST", url="https://a.test", headers={"A": "b"}, body=b"x"
    )
    within = request.within(2.0)

    assert within.timeouts == Timeouts(2.0, 2.0, 2.0)
    assert (within.method, within.url, within.body) == ("POST", request.url, b"x")
    assert within.headers == request.headers
    assert request.within(None) is request


# --- Answers -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "media_type"),
    [
        ("application/json; charset=utf-8", "application/json"),
        ("Text/Event-Stream", "text/event-stream"),
        (" text/html ;x", "text/html"),
        ("", ""),
    ],
)
def test_the_content_type_is_the_media_type(value: str, media_type: str) -> None:
    assert Head(200, {"content-type": value}).content_type == media_type
    assert Head(200).content_type == ""


@pytest.mark.parametrize(
    "name", ["x-request-id", "apim-request-id", "x-ms-request-id", "X-Request-ID"]
)
def test_the_request_id_is_found_under_each_servers_name(name: str) -> None:
    assert Head(200, {name: "r-1"}).request_id == "r-1"
    assert Response(200, {name: "r-1"}).request_id == "r-1"
    assert Head(200).request_id is None


@pytest.mark.parametrize("answer", [Head, Response])
def test_an_answer_of_bytes_is_refused_in_words(answer) -> None:
    with pytest.raises(TypeError, match="must be str, not bytes: decode bytes as la"):
        answer(200, [(b"content-type", b"text/event-stream")])
    with pytest.raises(TypeError, match="must be str, not int"):
        answer(200, {"content-length": 2})
    with pytest.raises(TypeError, match="status must be an int, not of type str"):
        answer("200")
    assert answer(HTTPStatus.OK).status == 200


def test_a_body_that_is_no_bytes_is_refused_in_words() -> None:
    with pytest.raises(TypeError, match="body must be bytes, not of type str"):
        Response(200, body="x")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"body": "x"}, "body must be bytes or None, not of type str"),
        ({"timeouts": 5}, "timeouts must be Timeouts(connect=…, read=…), not of type"),
        ({"timeouts": None}, "timeouts must be Timeouts(connect=…, read=…), not None"),
    ],
)
def test_a_request_of_wrong_types_is_refused_in_words(
    wrong: dict[str, Any], words: str
) -> None:
    with pytest.raises(TypeError, match=re.escape(words)):
        Request("POST", "https://api.test", **wrong)


def test_a_name_that_is_no_str_is_refused_in_words() -> None:
    for make in (Headers, ChangedHeaders):
        error = assert_sealed(lambda make=make: make({1: key()}), TypeError)
        assert "names and values of headers must be str, not int" in str(error)


def test_a_response_has_its_head() -> None:
    response = Response(404, {"a": "b"}, b"x", retries_taken=2)

    assert response.head == Head(404, {"a": "b"}, retries_taken=2)


# --- Queries -----------------------------------------------------------------------


def test_brackets_and_stars_of_a_query_are_encoded() -> None:
    assert encode_query([("include[]", "a[*].b"), ("q", "ü &=+")]) == (
        "include%5B%5D=a%5B%2A%5D.b&q=%C3%BC%20%26%3D%2B"
    )
    assert encode_query([]) == ""


TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@given(st.lists(st.tuples(TEXT, TEXT)))
def test_a_query_is_read_back_as_it_was(pairs: list[tuple[str, str]]) -> None:
    assert (
        parse_qsl(encode_query(pairs), keep_blank_values=True)
        == [pair for pair in pairs if pair != ("", "")]
        or ("", "") in pairs
    )


@pytest.mark.parametrize("value", [1, None, b"x", "\ud800"])
def test_what_is_no_query_parameter_is_refused(value: Any) -> None:
    with pytest.raises(UsageError, match="a query parameter"):
        encode_query([("name", value)])


# --- Paths: protocol facts 1.5, the better of both SDKs ------------------------------


@pytest.mark.parametrize(
    ("id", "segment"),
    [
        ("run_1", "run_1"),
        ("a/b", "a%2Fb"),
        ("a?b", "a%3Fb"),
        ("a#b", "a%23b"),
        ("%2f", "%252f"),
        ("..%2f", "..%252f"),
        ("%252e%252e", "%25252e%25252e"),
        ("a/../b", "a%2F..%2Fb"),
        ("...", "..."),
        (".x", ".x"),
        ("a b", "a%20b"),
        ("ü", "%C3%BC"),
        ("\0", "%00"),
        ("a\r\nb", "a%0D%0Ab"),
        ("a\\b", "a%5Cb"),
        ("-._~!$&'()*+,;=:@", "-._~!$&'()*+,;=:@"),
        ("{run_id}", "%7Brun_id%7D"),
    ],
)
def test_hazard_3_an_id_is_one_segment(id: str, segment: str) -> None:
    path = encode_path("/threads/{thread_id}/runs", thread_id=id)

    assert path == f"/threads/{segment}/runs"


@pytest.mark.parametrize(
    "id",
    ["", ".", "..", "%2e", "%2E%2e", ".%2E", "%2e.", None, 7, True, b"x", [], "\ud800"],
)
def test_hazard_3_what_is_no_id_is_refused(id: Any) -> None:
    with pytest.raises(InvalidPathParameter, match="thread_id") as caught:
        encode_path("/threads/{thread_id}/runs", thread_id=id)

    assert isinstance(caught.value, ValueError)


@given(st.text())
def test_hazard_3_no_id_changes_how_many_segments_a_path_has(id: str) -> None:
    try:
        path = encode_path(
            "/threads/{thread_id}/runs/{run_id}", thread_id=id, run_id=id
        )
    except InvalidPathParameter:
        return
    parts = urlsplit(f"https://a.test{path}")

    assert (parts.query, parts.fragment, parts.netloc) == ("", "", "a.test")
    _, threads, first, runs, second = parts.path.split("/")
    assert (threads, runs) == ("threads", "runs")
    assert unquote(first) == unquote(second) == id
    assert first not in (".", "..")


def test_an_id_is_not_in_the_error_that_refuses_it() -> None:
    with pytest.raises(InvalidPathParameter) as caught:
        encode_path("/{a}", a="%2e%2E")

    assert "%2" not in str(caught.value)


def test_a_template_that_asks_for_another_id_is_refused_by_name() -> None:
    with pytest.raises(UsageError, match=r"a place for 'run'.* has thread_id, run_id"):
        encode_path("/t/{thread_id}/{run}", thread_id="t", run_id="r")
    with pytest.raises(UsageError, match="has no ids"):
        encode_path("/t/{thread_id}")


@pytest.mark.parametrize("method", ["", "G ET", "GET\r\n", "GÉT", None])
def test_a_method_that_would_end_the_request_line_is_refused(method: Any) -> None:
    with pytest.raises(UsageError, match="method cannot be sent"):
        Request(method=method, url="http://a.test")


@pytest.mark.parametrize(
    "url", ["", "http://a.test/ secret", "http://a.test/\r\nsecret: x", "http://ü", 5]
)
def test_a_url_that_would_end_the_request_line_is_refused(url: Any) -> None:
    with pytest.raises(InvalidEndpoint, match="visible ASCII") as caught:
        Request(method="GET", url=url)

    assert "secret" not in str(caught.value)
