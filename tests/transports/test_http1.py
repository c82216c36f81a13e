from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs_core.errors import InvalidHeader, TransportError, TransportProtocolError
from runs_core.wire.http import Head, Request
from runs_transports.http1 import Address, Http1Exchange

LENGTH = b"HTTP/1.1 200 OK\r\nX-Request-Id: r\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = (
    b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 404 Not Found\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x\r\nlo\r\n0\r\nT: x\r\n\r\n"
)
UNFRAMED = b"HTTP/1.1 200 OK\r\n\r\nhello"
SWITCHED = b"HTTP/1.1 101 Switching\r\nUpgrade: websocket\r\n\r\nhello"
BOTH = LENGTH.replace(b"X-Request-Id: r", b"Transfer-Encoding: chunked")
ANSWERS = [
    LENGTH,
    CHUNKED,
    UNFRAMED,
    LENGTH[:-1],
    CHUNKED[:-9],
    LENGTH[:20],
    b"",
    SWITCHED,
    BOTH,
]
Outcome = tuple[Head | None, bytes, str | None]


def exchange() -> Http1Exchange:
    return Http1Exchange(Request(method="GET", url="http://host/"))


def outcome(pieces: list[bytes]) -> Outcome:
    """Feed the pieces and the end, and give head, body and error."""
    running = exchange()
    body: list[bytes] = []
    arriving = iter([*pieces, b""])
    try:
        while running.head is None:
            running.receive(next(arriving))
        while (piece := running.next_piece()) != b"":
            if piece is None:
                running.receive(next(arriving))
            else:
                body.append(piece)
    except TransportError as error:
        return running.head, b"".join(body), str(error)
    return running.head, b"".join(body), None


@pytest.mark.parametrize("answer", ANSWERS)
def test_every_cut_in_two_gives_the_same(answer: bytes) -> None:
    whole = outcome([answer] if answer else [])

    for at in range(1, len(answer)):
        assert outcome([answer[:at], answer[at:]]) == whole


@pytest.mark.parametrize("answer", ANSWERS)
def test_byte_by_byte_gives_the_same(answer: bytes) -> None:
    assert outcome([bytes([byte]) for byte in answer]) == outcome(
        [answer] if answer else []
    )


@pytest.mark.parametrize("answer", [LENGTH, CHUNKED, UNFRAMED])
def test_the_body_is_what_was_sent(answer: bytes) -> None:
    head, body, error = outcome([answer])

    assert head is not None
    assert (body, error) == (b"hello", None)


@given(st.lists(st.binary(min_size=1), max_size=8))
def test_arbitrary_bytes_raise_nothing_of_their_own(pieces: list[bytes]) -> None:
    outcome(pieces)


@given(st.sampled_from(ANSWERS), st.integers(0, 200), st.binary(min_size=1, max_size=4))
def test_damaged_answers_raise_nothing_of_their_own(
    answer: bytes, at: int, damage: bytes
) -> None:
    outcome([answer[:at] + damage, answer[at + len(damage) :] or b"\n"])


def test_pieces_that_came_together_are_given_together() -> None:
    running = exchange()
    running.receive(CHUNKED)

    assert running.next_piece() == b"hello"
    assert running.next_piece() == b""
    assert running.next_piece() == b""


def test_pieces_before_a_fault_are_given_before_it_is_raised() -> None:
    running = exchange()
    running.receive(CHUNKED[: CHUNKED.index(b"2;x")] + b"bad\x00\r\n")

    assert running.next_piece() == b"hel"
    for _ in range(2):
        with pytest.raises(TransportProtocolError, match="illegal chunk header"):
            running.next_piece()


def test_the_errors_quote_nothing_of_the_answer() -> None:
    canary = b"set-cookie: canary"
    for answer in (
        canary + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + canary + b"\x00\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + canary + b"\r\n",
    ):
        error = outcome([answer])[2]
        assert error is not None
        assert "canary" not in error
        assert "host:80 " in error


def test_header_values_beyond_ascii_are_kept() -> None:
    head, _, _ = outcome([b"HTTP/1.1 200 OK\r\nX: caf\xe9\r\n\r\n"])

    assert head is not None
    assert head.headers["x"] == "café"


@pytest.mark.parametrize("headers", [{}, {"Upgrade": "websocket"}])
def test_another_protocol_is_not_switched_to(headers: dict[str, str]) -> None:
    running = Http1Exchange(Request(method="GET", url="http://host/", headers=headers))

    with pytest.raises(TransportProtocolError) as caught:
        running.receive(SWITCHED)

    assert str(caught.value) == "host:80 switched to another protocol"


def test_a_length_beside_chunks_is_refused_in_words() -> None:
    assert outcome([BOTH]) == (
        None,
        b"",
        "host:80 broke HTTP/1.1: both Content-Length and Transfer-Encoding",
    )


@pytest.mark.parametrize(
    ("answer", "reusable"),
    [
        (LENGTH, True),
        (CHUNKED, True),
        (UNFRAMED, False),
        (LENGTH.replace(b"1.1", b"1.0"), False),
        (LENGTH.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"), False),
        (LENGTH + b"planted", False),
        (CHUNKED + b"planted", False),
    ],
)
def test_only_a_kept_connection_without_leftovers_is_reusable(
    answer: bytes, reusable: bool
) -> None:
    for keep_alive in (True, False):
        running = Http1Exchange(
            Request(method="GET", url="http://host/"), keep_alive=keep_alive
        )
        assert (b"connection: close" in running.data_to_send) != keep_alive
        assert not running.reusable
        running.receive(answer)
        if answer == UNFRAMED:
            running.receive(b"")
        assert running.next_piece() == b"hello"
        assert running.next_piece() == b""
        assert running.reusable == (reusable and keep_alive)


def test_two_hosts_are_refused_without_quoting_them() -> None:
    with pytest.raises(InvalidHeader) as caught:
        Http1Exchange(
            Request(
                method="GET",
                url="http://host/",
                headers=[("host", "canary"), ("host", "canary")],
            )
        )

    assert "canary" not in str(caught.value)


def test_the_request_is_complete_before_anything_is_received() -> None:
    sent = Http1Exchange(
        Request(
            method="POST",
            url="https://[2001:db8::1]:8443/v1?a=b",
            headers={"Authorization": "Bearer k"},
            body=b"{}",
        )
    )

    assert sent.data_to_send == (
        b"POST /v1?a=b HTTP/1.1\r\nhost: [2001:db8::1]:8443\r\n"
        b"authorization: Bearer k\r\naccept-encoding: identity\r\n"
        b"content-length: 2\r\nconnection: close\r\n\r\n{}"
    )
    assert sent.head is None


def test_a_caller_may_name_another_host_and_coding() -> None:
    sent = Http1Exchange(
        Request(
            method="GET",
            url="http://127.0.0.1:8080",
            headers={"Host": "api.example", "Accept-Encoding": "identity;q=1"},
        )
    ).data_to_send

    assert sent.count(b"host: ") == 1
    assert b"host: api.example\r\n" in sent
    assert sent.count(b"accept-encoding: ") == 1


@pytest.mark.parametrize(
    ("url", "host", "port", "tls", "header", "target"),
    [
        ("http://h", "h", 80, False, "h", "/"),
        ("https://h", "h", 443, True, "h", "/"),
        ("HTTP://H:80/A", "h", 80, False, "h", "/A"),
        ("https://h:80/", "h", 80, True, "h:80", "/"),
        ("http://h:8080?q=1#f", "h", 8080, False, "h:8080", "/?q=1"),
        ("http://[::1]/v1/", "::1", 80, False, "[::1]", "/v1/"),
        ("https://[::1]:444/?", "::1", 444, True, "[::1]:444", "/?"),
        ("http://h//a/../b%2f?x=%zz", "h", 80, False, "h", "//a/../b%2f?x=%zz"),
    ],
)
def test_addresses_are_read_and_targets_kept(
    url: str, host: str, port: int, tls: bool, header: str, target: str
) -> None:
    address = Address.of(url)

    assert address == Address(host=host, port=port, tls=tls, target=target)
    assert address.host_header == header
    assert str(address).endswith(f":{port}")
