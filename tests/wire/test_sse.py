"""The event-stream decoder: what it takes and returns, and what it says at the end."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs_core.errors import UsageError
from runs_core.wire.sse import EventStreamDecoder, ServerSentEvent
from tests.wire.decoding import (
    KIB,
    MIB,
    MakeDecoder,
    decode,
    expected,
    pieces,
    plain,
    single_bytes,
)
from tests.wire.event_stream_cases import CASES, Case, Event

# --- The table ---------------------------------------------------------------------

every_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


@every_case
def test_whole_and_in_pieces_of_every_short_length(case: Case) -> None:
    assert expected(case.stream) == (case.events, None), "the reference is wrong"
    assert decode([case.stream]) == (case.events, None)
    for size in range(1, 9):
        assert decode(pieces(case.stream, size)) == (case.events, None), size


@every_case
def test_cut_at_every_place(case: Case) -> None:
    for cut in range(len(case.stream) + 1):
        chunks = case.stream[:cut], case.stream[cut:]

        assert decode(chunks) == (case.events, None), cut


@every_case
def test_with_more_behind_it(case: Case) -> None:
    for trailing in (b"data", b"\ndata: z\n\n", b"\n\nevent: z\ndata: z\n\ndata: y"):
        stream = case.stream + trailing

        outcome = decode([stream])

        assert outcome == expected(stream)
        assert outcome == decode([case.stream, trailing])
        assert outcome == decode(single_bytes(stream))
    # What was learned from one event must not be taken for granted of the next.
    stream = (case.stream + b"\n\n") * 3
    assert decode([stream]) == expected(stream)
    assert decode([case.stream, b"\n\n"] * 3) == expected(stream)
    assert decode(single_bytes(stream)) == expected(stream)


@every_case
def test_flushed(case: Case) -> None:
    flushed = expected(case.stream, flush=True)

    assert decode([case.stream], flush=True) == flushed
    assert decode(single_bytes(case.stream), flush=True) == flushed


LONG = b"id: 1\nretry: 5\nevent: a\ndata: " + b"y" * 3000 + b"\nid: 2\ndata: z\n\n"


@pytest.mark.parametrize(
    "behind",
    [
        b"",
        b": ping\n\n",
        b"event: b\ndata: 1\n\nevent: b\ndata: 2\n\n",
        b"event: b\ndata: 1\n\nid: 3\nretry: 6\ndata: 2\n\n",
        b"id: 3\ndata: 1\n\ndata: 2\n\n",
        b"id: 3\n\n",
        LONG,
    ],
)
@pytest.mark.parametrize("size", [1, 100, 1500, 2990])
def test_what_is_behind_a_long_event_in_its_chunk(behind: bytes, size: int) -> None:
    stream = LONG + behind

    assert decode(pieces(stream, size)) == expected(stream)
    assert decode([stream[:size], stream[size : 2 * size], stream[2 * size :]]) == (
        expected(stream)
    )


def test_a_10_mib_event() -> None:
    data = b"y" * (10 * MIB)

    outcome = decode(pieces(b"data: " + data + b"\n\n", 64 * KIB))

    assert outcome == ([Event("message", data)], None)


# --- Events do not wait ------------------------------------------------------------


@pytest.mark.parametrize(
    "chunks",
    [
        # The id's line ends otherwise than the rest.
        [
            b"id: 7\nevent: a\ndata: 1\n\n",
            b"id: 8\r\nevent: a\ndata: 2\n\n",
            b"id: 9\revent: a\ndata: 3\n\n",
        ],
        [
            b"id: 7\r\nevent: a\r\ndata: 1\r\n\r\n",
            b"id: 8\nevent: a\r\ndata: 2\r\n\r\n",
            b"id: 9\revent: a\r\ndata: 3\r\n\r\n",
        ],
        [
            b"event: a\ndata: 1\n\n",
            b"id: 8\r\nevent: a\ndata: 2\n\n",
            b"event: a\ndata: 3\n\n",
        ],
        # Behind the end of one is another one whole, with other line ends.
        [
            b"event: a\ndata: 1\n\n",
            b"event: a\nda",
            b"ta: 2\n\nevent: a\rdata: 3\r\r",
        ],
        [
            b"event: a\r\ndata: 1\r\n\r\n",
            b"event: a\r\nda",
            b"ta: 2\r\n\r\nevent: a\ndata: 3\n\n",
        ],
        [
            b"event: a\ndata: 1\n\n",
            b"event: b\nda",
            b"ta: 2\n\nevent: a\rdata: 3\r\r",
        ],
    ],
)
def test_line_ends_that_change_within_a_short_chunk(chunks: list[bytes]) -> None:
    outcome = decode(chunks)

    assert outcome == expected(b"".join(chunks))
    assert len(outcome.events) == 3


@pytest.mark.parametrize("size", [0, 7])
def test_a_space_that_is_there_only_sometimes(size: int) -> None:
    chunks = [
        b"event:a\ndata:1\n\n",
        b"event:a\ndata:2\n\n",
        b"event:a\ndata:3\n\n",
        b"event:a\ndata: 4\n\n",
        b"event:a\ndata:5\n\n",
        b"event:a\ndata:  6\n\n",
    ]
    if size:
        chunks = list(pieces(b"".join(chunks), size))

    events = decode(chunks).events

    assert [event.data for event in events] == [b"1", b"2", b"3", b"4", b"5", b" 6"]


@pytest.mark.parametrize("eol", [b"\n", b"\r\n"])
@pytest.mark.parametrize("mixed", [b"5, 6,7", b" 5,6,7", b"5,6, 7", b"5,  6,7"])
def test_a_space_that_is_there_only_sometimes_in_chunks_of_several(
    mixed: bytes, eol: bytes
) -> None:
    def chunk(datas: bytes) -> bytes:
        blocks = [b"event:a\ndata:%b\n\n" % data for data in datas.split(b",")]
        return b"".join(blocks).replace(b"\n", eol)

    chunks = [chunk(datas) for datas in (b"1,2,3,4,5", b"1,2,3,4", mixed, b"8,9")]

    assert decode(chunks) == expected(b"".join(chunks))


@pytest.mark.parametrize("end", [b"\n\n", b"\r\r", b"\r\n\r", b"\n\r", b"\r\n\n"])
@pytest.mark.parametrize("size", [1, 3, 100, 5000])
def test_an_event_is_given_with_the_byte_that_ends_it(
    end: bytes, size: int, make_decoder: MakeDecoder
) -> None:
    decoder = make_decoder()
    event = ServerSentEvent("message", b"y" * size)

    assert decoder.feed(b"data: " + event.data + end[:-1]) == []
    assert decoder.feed(end[-1:]) == [event]
    assert decoder.feed(b"\n") == []
    assert decoder.feed(b"data: " + event.data + end) == [event]


def test_each_feed_gives_a_list_of_its_own(make_decoder: MakeDecoder) -> None:
    decoder = make_decoder()

    decoder.feed(b"d").append(ServerSentEvent("x", b""))
    decoder.feed(b"").append(ServerSentEvent("x", b""))

    assert decoder.feed(b"ata: 1\n\n") == [ServerSentEvent("message", b"1")]


def test_a_subclass_gets_each_chunk_once() -> None:
    class Counting(EventStreamDecoder):
        fed = 0

        def feed(self, data: bytes | bytearray | memoryview) -> list[ServerSentEvent]:
            self.fed += len(data)
            return super().feed(data)

    decoder = Counting()

    assert len(decoder.feed(b"data: 1\n\n") + decoder.feed(b"data: 2\n\n")) == 2
    assert decoder.fed == 18


# --- What can be fed ---------------------------------------------------------------


class Bytes(bytes):
    pass


@pytest.mark.parametrize("kind", [bytearray, memoryview, Bytes])
@pytest.mark.parametrize("size", [1, 2, 5, 20, 200])
def test_any_kind_of_bytes(kind: Any, size: int) -> None:
    stream = b"data: 1\n\n" + b"event: a\ndata: 2\n\nevent: a\ndata: 3\n\n" * 4

    chunks = [kind(chunk) for chunk in pieces(stream, size)]

    assert decode(chunks) == expected(stream)


def test_a_buffer_can_be_used_again(make_decoder: MakeDecoder) -> None:
    decoder = make_decoder()
    buffer = bytearray(1)
    events = []

    for byte in b"event: a\ndata: one\n\nevent: a\ndata: two\n\n":
        buffer[0] = byte
        events += decoder.feed(buffer)

    assert [event.data for event in events] == [b"one", b"two"]


@pytest.mark.parametrize("wrong", ["data: x\n\n", "d", "", 5, None, [b"data"], 1.5])
@pytest.mark.parametrize("before", [b"", b"data: x\n\n", b"data: x", b"da"])
def test_only_bytes_can_be_fed(
    wrong: Any, before: bytes, make_decoder: MakeDecoder
) -> None:
    decoder = make_decoder()
    decoder.feed(before)

    with pytest.raises(TypeError, match=f"not {type(wrong).__name__}"):
        decoder.feed(wrong)


def test_nothing_fed_changes_nothing(make_decoder: MakeDecoder) -> None:
    decoder = make_decoder()
    events = []

    for byte in single_bytes(b"\xef\xbb\xbfdata: 1\r\n\r\ndata: 2\r\n\r\n"):
        events += decoder.feed(b"") + decoder.feed(byte) + decoder.feed(b"")

    assert [event.data for event in events] == [b"1", b"2"]


# --- The end -----------------------------------------------------------------------

OPEN = b"id: 4\nevent: a\ndata: 1\nretry: 3\ndata: 2"


@pytest.mark.parametrize("end", [b"", b"\n", b"\r", b"\r\n"])
@pytest.mark.parametrize("size", [1, 10, 1000])
def test_an_event_that_was_not_ended_is_dropped(end: bytes, size: int) -> None:
    assert decode(pieces(OPEN + end, size)) == ([], None)


@pytest.mark.parametrize("end", [b"", b"\n", b"\r", b"\r\n"])
@pytest.mark.parametrize("size", [1, 10, 1000])
def test_an_event_that_was_not_ended_is_flushed_if_asked(end: bytes, size: int) -> None:
    events = decode(pieces(OPEN + end, size), flush=True).events

    assert events == [Event("a", b"1\n2", "4", 3)]


def test_a_long_event_that_was_not_ended_is_flushed_if_asked() -> None:
    stream = b"id: 4\nevent: a\ndata: " + b"y" * 9000 + b"\ndata"

    events = decode(pieces(stream, 100), flush=True).events

    assert events == [Event("a", b"y" * 9000 + b"\n", "4")]


@pytest.mark.parametrize(
    "stream", [b"", b"\xef", b"\xef\xbb\xbf", b"event: a\n", b": "]
)
def test_what_is_no_event_is_not_flushed(stream: bytes) -> None:
    assert decode([stream], flush=True) == ([], None)


def test_close_can_be_called_again(make_decoder: MakeDecoder) -> None:
    decoder = make_decoder(on_eof="flush")
    decoder.feed(b"data: x")

    assert decoder.close() == [ServerSentEvent("message", b"x")]
    assert decoder.close() == []


@pytest.mark.parametrize("before", [b"", b"data: x\n\n", b"data: x", b"d" * 9000])
@pytest.mark.parametrize("data", [b"data: x\n\n", b"\n", b""])
def test_nothing_can_be_fed_after_close(
    before: bytes, data: bytes, make_decoder: MakeDecoder
) -> None:
    decoder = make_decoder()
    decoder.feed(before)
    decoder.close()

    with pytest.raises(UsageError, match="closed"):
        decoder.feed(data)
    assert decoder.close() == []


# --- The events --------------------------------------------------------------------


def test_text_is_the_data_as_utf_8() -> None:
    assert ServerSentEvent("message", "ü".encode()).text == "ü"
    assert ServerSentEvent("message", b"a\x80b\xe2\x82").text == "a\ufffdb\ufffd"


def test_a_cut_inside_a_character_does_not_spoil_it(make_decoder: MakeDecoder) -> None:
    stream = "data: 🙂 日本\n\n".encode()

    for cut in range(len(stream)):
        decoder = make_decoder()
        (event,) = decoder.feed(stream[:cut]) + decoder.feed(stream[cut:])
        assert event.text == "🙂 日本"


def test_events_are_compared_by_what_they_say() -> None:
    event = ServerSentEvent("a", b"x", "1", 2)

    assert event == ServerSentEvent(event="a", data=b"x", id="1", retry=2)
    assert ServerSentEvent("a", b"x") == ServerSentEvent("a", b"x", "", None)
    for other in (
        ServerSentEvent("b", b"x", "1", 2),
        ServerSentEvent("a", b"y", "1", 2),
        ServerSentEvent("a", b"x", "2", 2),
        ServerSentEvent("a", b"x", "1", 3),
        ("a", b"x", "1", 2),
    ):
        assert event != other


def test_decoded_events_are_like_made_ones(make_decoder: MakeDecoder) -> None:
    (event,) = make_decoder().feed(b"event: a\nid: 1\nretry: 2\ndata: x\n\n")
    made = ServerSentEvent("a", b"x", "1", 2)

    assert event == made
    assert type(event) is type(made) is ServerSentEvent
    assert attrs.evolve(event, data=b"y") == ServerSentEvent("a", b"y", "1", 2)
    assert copy.copy(event) == pickle.loads(pickle.dumps(event)) == made


def test_an_event_needs_a_name_and_data() -> None:
    with pytest.raises(TypeError, match="data"):
        ServerSentEvent("a")  # type: ignore[call-arg]


def test_events_have_no_other_attributes() -> None:
    event = ServerSentEvent("a", b"x")

    with pytest.raises(AttributeError):
        event.other = 1  # type: ignore[attr-defined]


def test_repr_shows_sizes_and_no_data() -> None:
    event = ServerSentEvent("a", b"secret", "secret")

    assert repr(event) == "<ServerSentEvent 'a', 6 bytes of data>"
    assert len(repr(ServerSentEvent("x" * 9999, b""))) < 150


# --- Events as bytes -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("event", "written"),
    [
        (ServerSentEvent("message", b"x"), b"data: x\n\n"),
        (ServerSentEvent("message", b""), b"data: \n\n"),
        (ServerSentEvent("a", b"{}"), b"event: a\ndata: {}\n\n"),
        (ServerSentEvent("a", b"1\n\n2"), b"event: a\ndata: 1\ndata: \ndata: 2\n\n"),
        (
            ServerSentEvent("a", b" x", "7", 20),
            b"event: a\nid: 7\nretry: 20\ndata:  x\n\n",
        ),
        (ServerSentEvent("\xfc", b"\xff"), b"event: \xc3\xbc\ndata: \xff\n\n"),
    ],
)
def test_an_event_is_written_as_a_server_does(
    event: ServerSentEvent, written: bytes
) -> None:
    assert event.encode() == written


@pytest.mark.parametrize("end", [b"\r", b"\n", b"\r\n"])
def test_no_data_is_written_as_a_field_of_its_own(end: bytes) -> None:
    planted = end.join([b"x", b"event: planted", b"", b"data: planted"])

    (event,), _ = decode([ServerSentEvent("a", planted).encode()])
    assert event == Event("a", planted.replace(end, b"\n"))


@pytest.mark.parametrize("character", "\r\n\0")
def test_what_no_line_can_hold_is_refused(character: str) -> None:
    events = [ServerSentEvent("a", b"", f"1{character}data: planted")]
    if character != "\0":
        events.append(ServerSentEvent(f"a{character}data: planted", b""))
    for event in events:
        with pytest.raises(UsageError, match="must not have") as caught:
            event.encode()
        assert "planted" not in str(caught.value)


def test_a_name_may_have_nul_as_it_may_in_a_stream() -> None:
    stream = b"event: a\0b\ndata: 1\n\n"

    (event,) = EventStreamDecoder().feed(stream)
    assert event.encode() == stream


def test_an_id_is_written_where_it_changes() -> None:
    events = [ServerSentEvent("message", b"x", id) for id in ("", "1", "1", "", "2")]

    sent, last = [], ""
    for event in events:
        sent.append(event.encode(last))
        last = event.id
    assert [b"id: " in part for part in sent] == [False, True, False, True, True]
    assert decode(sent).events == plain(events)


in_lines = st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"))
made_events = st.lists(
    st.builds(
        ServerSentEvent,
        event=in_lines.filter(bool),
        data=st.binary().map(lambda data: data.replace(b"\r", b"")),
        id=in_lines,
        retry=st.none() | st.integers(0, 10**9),
    )
)


@given(made_events)
def test_what_is_written_is_what_is_read(events: list[ServerSentEvent]) -> None:
    ids = ["", *(event.id for event in events)]
    stream = b"".join(event.encode(id) for event, id in zip(events, ids, strict=False))

    assert decode([stream]) == (plain(events), None)


@given(made_events)
def test_without_the_ids_before_all_but_an_id_taken_back_is_read(
    events: list[ServerSentEvent],
) -> None:
    numbered = [attrs.evolve(event, id=event.id or "0") for event in events]

    assert decode(event.encode() for event in numbered).events == plain(numbered)
