"""A delta made by a template is the delta that a full parse gives."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from runs_core.errors import MalformedEvent
from runs_core.models import FunctionDelta, MessageDeltaEvent
from runs_core.stream import RunEventDecoder, _shape_readers, _shapes
from runs_core.stream import _template as template
from runs_core.stream import decoder as decoder_module
from runs_core.stream._accumulate import _PARTS
from runs_core.stream._read import read_event
from runs_core.stream._template import learn, make_parse_string, parse_string
from runs_core.stream.events import text_of
from runs_core.wire.codec import loads, make_loads, parse_json
from tests.stream.build import mutables, replaced
from tests.stream.samples import (
    STREAMS,
    blocks,
    cut,
    decode,
    decode_plainly,
    frame,
)

MESSAGE, STEP = "thread.message.delta", "thread.run.step.delta"
FAST = make_parse_string()


@pytest.fixture(params=["fast", "standard"])
def parsers(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> dict[str, Any]:
    """The two ways to read JSON: with msgspec and without."""
    if request.param == "fast":
        pytest.importorskip("msgspec")
        return {}
    monkeypatch.setattr(decoder_module, "make_parse_string", lambda: parse_string)
    return {"loads": parse_json}


def text_delta(text: str = "x", *, id: str = "msg_1", index: int = 0) -> dict[str, Any]:
    block = {"index": index, "type": "text", "text": {"value": text}}
    return {
        "id": id,
        "object": "thread.message.delta",
        "delta": {"content": [block]},
    }


def call_delta(call: dict[str, Any]) -> dict[str, Any]:
    details = {"type": "tool_calls", "tool_calls": [{"index": 0, **call}]}
    return {
        "id": "step_1",
        "object": "thread.run.step.delta",
        "delta": {"step_details": details},
    }


def dumped(raw: Any) -> bytes:
    return json.dumps(raw, ensure_ascii=False).encode("utf-8", "surrogatepass")


# --- What is learned ---------------------------------------------------------------

LEARNED: list[tuple[str, dict[str, Any]]] = [
    (MESSAGE, text_delta()),
    (MESSAGE, text_delta("")),
    (MESSAGE, text_delta('a "quoted" \\ \n text')),
    (MESSAGE, {**text_delta(), "request_id": "req_1", "status": 200, "x": None}),
    (
        MESSAGE,
        {
            "id": "m",
            "object": "o",
            "delta": {
                "role": "assistant",
                "content": [
                    {
                        "index": 0,
                        "type": "text",
                        "text": {"annotations": [], "value": "a"},
                    }
                ],
            },
        },
    ),
    (
        MESSAGE,
        {
            "id": "m",
            "object": "o",
            "delta": {"content": [{"index": 3, "type": "refusal", "refusal": "no"}]},
        },
    ),
    (STEP, call_delta({"type": "function", "function": {"arguments": "{"}})),
    (
        STEP,
        call_delta(
            {
                "id": "call_1",
                "type": "function",
                "function": {"name": "f", "arguments": "", "output": None},
            }
        ),
    ),
    (STEP, call_delta({"type": "code_interpreter", "code_interpreter": {"input": ""}})),
    (
        STEP,
        call_delta(
            {
                "type": "code_interpreter",
                "code_interpreter": {
                    "outputs": [{"index": 0, "type": "logs", "logs": "l"}]
                },
            }
        ),
    ),
]


@pytest.mark.parametrize(("name", "raw"), LEARNED)
def test_what_deltas_are_made_of_is_learned(name: str, raw: dict[str, Any]) -> None:
    data = dumped(raw)
    found = learn(name, data, loads)
    assert found is not None
    start, end = len(found.prefix), len(data) - len(found.suffix)

    assert data.startswith(found.prefix)
    assert data.endswith(found.suffix)
    for text in (json.loads(data[start:end]), "", "other", "\ud83d", "{}"):
        made = found.make(text)
        whole = found.prefix + json.dumps(text).encode() + found.suffix
        expected = read_event(name, whole, loads)
        assert expected is not None
        assert made == expected
        assert made.data.to_dict() == expected.data.to_dict()
        assert repr(made) == repr(expected)


# Ids that are plain, or have more than ASCII in them, or are long.
@pytest.mark.parametrize("id", ["msg_2", "a: {b}", "m", "é", "m" * 129])
@pytest.mark.parametrize(("name", "raw"), LEARNED)
def test_what_one_stream_has_taught_is_right_for_another(
    name: str, raw: dict[str, Any], id: str
) -> None:
    learn(name, dumped(raw), loads)
    data = dumped({**raw, "id": id})

    found = learn(name, data, loads)

    assert found is not None
    made = found.make("other")
    expected = read_event(name, found.prefix + b'"other"' + found.suffix, loads)
    assert expected is not None
    assert made.data.id == id
    assert made.data.to_dict() == expected.data.to_dict()
    assert repr(made) == repr(expected)


def test_an_id_inside_of_the_data_is_not_taken_for_its_own() -> None:
    for more in ("msg_1", "msg_2"):
        delta = {"content": [{"id": more, **BLOCK}]}
        data = dumped({"delta": delta, "object": "o", "id": "msg_1"})
        found = learn(MESSAGE, data, loads)

        assert found is not None
        assert found.make("x").data.id == "msg_1"
        assert found.make("x").data.delta.content[0].extra == {"id": more}


@pytest.mark.parametrize(
    "twice",
    [
        (b'"id": "msg_1"', b'"id": "msg_1", "id": "%s"' % template._MARK_ID),
        (b'"value": ', b'"value": "%s", "value": ' % template._MARK.encode()),
        (b'"x"}', b'"x", "valu\\u0065": "%s"}' % template._MARK.encode()),
    ],
)
def test_what_is_put_in_a_place_may_be_there_with_an_escape(
    twice: tuple[bytes, bytes],
) -> None:
    delta = (
        dumped(text_delta()).replace(*twice).replace(b"runs-core", b"\\u0072uns-core")
    )
    stream = b"".join(
        b"event: " + MESSAGE.encode() + b"\ndata: " + delta + b"\n\n" for _ in range(5)
    )

    assert decode(blocks(stream)) == decode_plainly(stream)


def test_what_is_taught_to_other_streams_is_short() -> None:
    template._builds_around.cache_clear()
    long = {**text_delta(), "more": "x" * template._MAX_SHARED}

    assert learn(MESSAGE, dumped(long), loads) is not None
    assert template._builds_around.cache_info().currsize == 0


@pytest.mark.parametrize(("name", "raw"), LEARNED)
def test_events_of_a_template_share_nothing_that_can_be_changed(
    name: str, raw: dict[str, Any]
) -> None:
    found = learn(name, dumped(raw), loads)
    assert found is not None
    one, other = found.make("a"), found.make("a")

    assert one == other
    assert not {id(x) for x in mutables(one)} & {id(x) for x in mutables(other)}


BLOCK = text_delta()["delta"]["content"][0]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        # No text, or none that is only a text.
        (MESSAGE, b'{"id": "m", "object": "o", "delta": {}}'),
        (MESSAGE, dumped({**text_delta(), "delta": {"content": []}})),
        (MESSAGE, b'{"id": "m", "object": "o", "delta": {}, "value": "x"}'),
        (MESSAGE, b'{"id": "m", "object": "o", "delta": {"value": "x"}}'),
        (MESSAGE, dumped(text_delta()).replace(b'"text"', b'"new"', 1)),
        (MESSAGE, dumped({**text_delta(), "x": {"value": "y"}})),
        (MESSAGE, b'"value": "x"'),
        (MESSAGE, b'{"id": 5, "object": "o", "delta": {}, "value": "x"}'),
        (STEP, dumped(text_delta())),
        ("thread.run.queued", b'{"id": "r", "object": "o", "value": "x"}'),
        ("new", dumped(text_delta())),
        # What would have to be copied otherwise than by the means there are.
        (MESSAGE, dumped({**text_delta(), "x": [[1]]})),
        (MESSAGE, dumped({**text_delta(), "delta": {"content": [BLOCK, BLOCK]}})),
        (MESSAGE, dumped({**text_delta(), "delta": {"content": BLOCK}})),
        # A document that is long, or has lines.
        (MESSAGE, dumped(text_delta("x" * 4096))),
        (MESSAGE, json.dumps(text_delta(), indent=1).encode()),
        # A key that is written in another way.
        (MESSAGE, dumped(text_delta()).replace(b'"value"', b'"valu\\u0065"')),
        # What is put in the place of the text, or the id, must not be there.
        (MESSAGE, dumped(text_delta(id=template._MARK))),
        (MESSAGE, dumped(text_delta(id=template._MARK_ID.decode()))),
        # Nor may it be written with an escape.
        (MESSAGE, dumped(text_delta(id='q"'))),
        (MESSAGE, dumped(text_delta(id="\\"))),
    ],
)
def test_what_has_no_template(name: str, data: bytes) -> None:
    assert learn(name, data, loads) is None


def test_of_equal_keys_the_one_that_counts_is_learned() -> None:
    data = b'{"id":"m","object":"o","delta":{"content":[{"index":0,"type":"text",'
    data += b'"text":{"value":"not this"},"text":{"value":"this"}}]}}'
    found = learn(MESSAGE, data, loads)
    assert found is not None
    assert found.prefix.endswith(b'"not this"},"text":{"value":')
    # Where it does not count, there is no template.
    data = data.replace(b'"text":{"value":"this"}', b'"text":{"x":1}')
    assert learn(MESSAGE, data, loads) is None


# --- One JSON string ---------------------------------------------------------------

NOT_ONE_STRING = [
    b"",
    b'"',
    b'""x',
    b'"a" "b"',
    b'"a","b"',
    b'"a":"b"',
    b"1",
    b"null",
    b"{}",
    b"[]",
    b"'a'",
    b'"\n"',
    b'"\r"',
    b'"\x00"',
    b'"\\x"',
    b'"\\u12"',
    b'"a\\"',
    b'"\xff"',
    b'"\xed\xa0\x80"',
    b'x"',
    b'5abc"',
    b'{"',
]


@pytest.mark.parametrize("data", NOT_ONE_STRING)
@pytest.mark.parametrize("parse", [parse_string, FAST])
def test_what_is_not_one_string_is_refused(
    parse: Callable[[bytes], str], data: bytes
) -> None:
    with pytest.raises(Exception):  # noqa: B017, PT011 - each parser has its own
        parse(data)


@given(st.text())
def test_both_parsers_of_strings_agree_with_json(text: str) -> None:
    for ascii in (True, False):
        data = json.dumps(text, ensure_ascii=ascii).encode("utf-8", "surrogatepass")
        expected = json.loads(data)
        for parse in (parse_string, FAST):
            try:
                assert parse(data) == expected
            except Exception:
                # A lone surrogate, which the one or the other leaves to the full parse.
                assert not text.isprintable()


# --- Whole streams -----------------------------------------------------------------


@pytest.mark.parametrize("name", STREAMS)
@pytest.mark.parametrize("pieces", [blocks, lambda s: cut(s, 1460), lambda s: [s]])
def test_streams_decode_as_without_templates(
    name: str, pieces: Callable[[bytes], Any], parsers: dict[str, Any]
) -> None:
    stream = STREAMS[name]
    assert decode_plainly(stream) == decode(pieces(stream), **parsers)


IDS = st.sampled_from(["msg_1", "msg_2", "é", 'q"'])
ORDERS: list[Callable[[dict[str, Any]], dict[str, Any]]] = [
    lambda raw: raw,
    lambda raw: dict(reversed(raw.items())),
    lambda raw: {**raw, "created_at": 1},
    lambda raw: {**raw, "seq": len(raw["id"])},
    lambda raw: {"x": {"id": "msg_1"}, **raw},
]
SPACING = [(",", ":"), (", ", ": "), (" ,\t", " : ")]
TEXTS = st.one_of(
    st.sampled_from(
        ["", " the", '"', "\\", "\n", "\u2028", "🌍", "\ud83d", "\x7f", "}"]
    ),
    st.text(max_size=6),
)
DAMAGE = [
    b'"',
    b"\\",
    b"}",
    b"{",
    b",",
    b" ",
    b"\xff",
    b"\x00",
    b"\t",
    b"1",
    b"",
    b'""',
]
# Made once: hypothesis looks through each new strategy when it is first drawn from.
AN_ORDER, A_SPACING = st.sampled_from(ORDERS), st.sampled_from(SPACING)
A_DAMAGE, A_NAME = (
    st.sampled_from(DAMAGE),
    st.sampled_from([MESSAGE, STEP, "new", "error"]),
)


@st.composite
def deltas(draw: st.DrawFn) -> bytes:
    """One delta event, in one of a few layouts, perhaps damaged."""
    text = draw(TEXTS)
    if draw(st.booleans()):
        name, raw = (
            MESSAGE,
            text_delta(text, id=draw(IDS), index=draw(st.integers(0, 1))),
        )
    else:
        call: dict[str, Any] = {"type": "function", "function": {"arguments": text}}
        name, raw = STEP, call_delta(call)
    raw = draw(AN_ORDER)(raw)
    data = json.dumps(
        raw,
        ensure_ascii=draw(st.booleans()),
        separators=draw(A_SPACING),
    ).encode("utf-8", "surrogatepass")
    match draw(st.integers(0, 19)):
        case 0:
            at = draw(st.integers(0, len(data) - 1))
            data = data[:at] + draw(A_DAMAGE) + data[at + 1 :]
        case 1:
            at = draw(st.integers(0, len(data)))
            data = data[:at] + draw(A_DAMAGE) + data[at:]
        case 2:
            name = draw(A_NAME)
    return b"event: " + name.encode() + b"\ndata: " + data + b"\n\n"


def outcome(pieces: Iterator[bytes] | list[bytes], **options: Any) -> Any:
    decoder = RunEventDecoder(**options)
    events: list[Any] = []
    fed = 0
    try:
        for piece in pieces:
            events += decoder.feed(piece)
            fed += len(piece)
            assert decoder.done or decoder._malformed or decoder.offset == fed
        decoder.close()
    except MalformedEvent as error:
        return [*map(shown, events), (error.offset, error.event, str(error))]
    return [shown(event) for event in events]


def shown(event: Any) -> Any:
    # Not `==` alone: that takes `1` for `True`, and null for absent.
    data = event.data
    return (
        type(event),
        repr(data),
        data if isinstance(data, str) else repr(raw_of(data)),
    )


def raw_of(data: Any) -> Any:
    return data.to_dict() if hasattr(data, "to_dict") else data


def learning_nothing(loads: Any, uses_parsers: bool) -> template.Templates:
    """Templates that are never learned, so that each event is parsed in full."""
    return template.Templates(loads, wait=10**9)


def learning_at_once(loads: Any, uses_parsers: bool) -> template.Templates:
    """Templates that learn from the first delta, too: short streams have more hits."""
    return template.Templates(loads, uses_parsers, wait=0)


@given(st.lists(deltas(), max_size=12), st.sampled_from([0, 1, 40, 300, 10**6]))
@example([frame(MESSAGE, text_delta(t)) for t in ("a", "", "b", "\n", "c")], 0)
@example([frame(MESSAGE, text_delta("a")), frame(STEP, text_delta("a"))], 0)
def test_any_stream_decodes_as_without_templates(
    events: list[bytes], size: int
) -> None:
    stream = b"".join(events)
    for options in ({}, {"loads": parse_json}, {"loads": json.loads}):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(decoder_module, "Templates", learning_nothing)
            expected = outcome([stream], **options)
        for make, templates in (
            (make_parse_string, learning_at_once),
            (lambda: parse_string, template.Templates),
        ):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(decoder_module, "make_parse_string", make)
                patch.setattr(decoder_module, "Templates", templates)
                pieces = cut(stream, size) if size else events
                assert expected == outcome(pieces, **options)


@given(st.lists(deltas(), max_size=4), st.integers(0, 10), st.integers(0, 200))
def test_any_stream_in_large_pieces_decodes_as_without_templates(
    events: list[bytes], regular: int, beginning: int
) -> None:
    before, behind = WARM * regular, WARM * (10 - regular)
    chunk = b"".join([*before, *events, *behind])
    # The last piece but one ends within an event, and this one begins there.
    pieces = [*WARM, ODD[:beginning], ODD[beginning:] + chunk + ODD[:beginning]]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(decoder_module, "Templates", learning_nothing)
        expected = outcome([b"".join(pieces)])

    assert expected == outcome(pieces)
    assert expected == outcome([*WARM, b"".join(pieces[3:])])


@given(st.binary(max_size=40))
@example(b'x"}}]}}')
@example(b'"x","value":"y"')
@example(b'"x"}},{"index":0,"type":"text","text":{"value":"y"')
@example(b' "x"\t')
@example(b'"\\ud83d"')
@example(b'"\xed\xa0\xbd"')
@example(b"")
def test_whatever_stands_in_the_place_of_the_string(middle: bytes) -> None:
    regular = dumped(text_delta("\0")).split(b'"\\u0000"')
    learned = [frame(MESSAGE, b'"x"'.join(regular))] * 4
    odd = frame(MESSAGE, middle.join(regular))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(decoder_module, "Templates", learning_nothing)
        expected = outcome([b"".join([*learned, odd, *learned])])

    assert expected == outcome([*learned, odd, *learned])
    assert expected == outcome([b"".join(learned), odd + b"".join(learned)])


WARM = [frame(MESSAGE, text_delta(t)) for t in ("a", "b", "c")]
ODD = frame(MESSAGE, text_delta("d"))


@pytest.mark.parametrize(
    "odd",
    [
        ODD.replace(b": {", b": {\ndata:"),
        ODD.replace(b": {", b": {\r\ndata:"),
        ODD.replace(b": {", b": {\rdata:"),
        ODD.replace(b"}\n", b"}\nid: 5\n"),
        ODD.replace(b"}\n", b"}\r\rdata: 1\n"),
        ODD.replace(b"}\n", b"}\n\ndata: 1\n"),
        ODD.replace(b'"d"', b'"d\ndata: "'),
        ODD.replace(b'"d"', b'"\n\ndata: "'),
        ODD.replace(b'"d"', b'"\r"'),
        ODD.replace(b'"d"', b"5"),
        ODD.replace(b'"d"', b""),
        ODD.replace(b'"d"', b'"d", "annotations": []'),
        ODD.replace(b'"d"', b' "d" '),
        ODD.replace(b"event:", b": x\nevent:"),
        ODD.replace(b"event:", b"event: x\nevent:"),
        ODD.replace(b"event: ", b"event:"),
        ODD.replace(b"data: ", b"data:"),
        ODD.replace(b"data: ", b"data:  "),
        ODD.replace(b"\n", b"\r"),
        ODD.replace(b"\n", b"\r\n"),
        ODD.replace(b".message.", b".run.step."),
        ODD + b"\n",
        ODD + ODD,
        ODD[:-1],
        ODD[:-2],
        ODD[1:],
        ODD[ODD.index(b'"d"') :],
    ],
)
def test_what_differs_from_the_events_before_is_seen(odd: bytes) -> None:
    # Twice: what is learned from the first time must be right for the second.
    for stream in ([*WARM, odd, *WARM], [*WARM, odd, odd, *WARM]):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(decoder_module, "Templates", learning_nothing)
            expected = outcome([b"".join(stream)])
        assert expected == outcome(stream)
        assert expected == outcome([b"".join(WARM), b"".join(stream[3:])])
        # And among so many that they are taken together.
        for before, behind in (
            (WARM * 6, WARM),
            (WARM, WARM * 6),
            ([], WARM * 6),
            (WARM * 6, []),
        ):
            chunk = b"".join([*before, *stream[3:-3], *behind])
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(decoder_module, "Templates", learning_nothing)
                expected = outcome([b"".join([*WARM, chunk])])
            assert expected == outcome([*WARM, chunk])


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
def test_an_event_may_be_cut_at_every_place_after_regular_ones(end: bytes) -> None:
    warm = [event.replace(b"\n", end) for event in WARM]
    odd = ODD.replace(b"\n", end)
    expected = decode([b"".join([*warm, odd, *warm])])
    assert len(expected) == 7
    for at in range(len(odd) + 1):
        assert expected == decode([*warm, odd[:at], odd[at:], *warm]), at
        assert expected == decode([*warm, odd[:at], odd[at:] + warm[0], *warm[1:]]), at


@pytest.mark.parametrize("piece", [b"x", b": c", b"event", b"data: 2", b"id: 7\n"])
def test_a_piece_in_front_of_what_looks_like_an_event(piece: bytes) -> None:
    for behind in (WARM, [b"".join(WARM * 6)]):
        chunks = [*WARM, piece, *behind]
        assert outcome([b"".join(chunks)]) == outcome(chunks)


def test_the_same_data_under_another_name_is_another_event() -> None:
    data = dumped(text_delta())
    names = [MESSAGE, MESSAGE, STEP, STEP, STEP, MESSAGE, STEP, "new", "new", MESSAGE]
    stream = [frame(name, data) for name in names]
    assert [event.event for event in decode(stream)] == names
    assert [event.event for event in decode([b"".join(stream)])] == names


# --- A shape -----------------------------------------------------------------------


def full_read(name: str, raw: Any) -> Any:
    return read_event(name, dumped(raw), loads)


READ = [
    (name, raw)
    for name, raw in LEARNED
    if '"output"' not in json.dumps(raw) and "request_id" not in raw
]


@pytest.mark.parametrize(("name", "raw"), READ)
def test_json_of_a_shape_is_read_as_in_full(name: str, raw: dict[str, Any]) -> None:
    quick = _shape_readers.quick_reader_of(full_read(name, raw))
    assert quick is not None
    made = quick(raw)
    assert made is not None
    assert shown(made) == shown(full_read(name, raw))
    assert not {id(x) for x in mutables(made)} & {id(x) for x in mutables(raw)}
    for odd in variants(raw):
        made = quick(odd)
        if made is not None:
            assert shown(made) == shown(full_read(name, odd)), odd


@pytest.mark.parametrize(("name", "raw"), READ)
def test_bytes_of_a_shape_are_read_as_in_full(name: str, raw: dict[str, Any]) -> None:
    pytest.importorskip("msgspec")
    parse = _shape_readers.parser_of(full_read(name, raw))
    assert parse is not None

    made = parse(dumped(raw))
    assert shown(made) == shown(full_read(name, raw))
    for data in [*map(dumped, variants(raw)), *written_otherwise(raw)]:
        try:
            made = parse(data)
        except Exception:
            continue
        assert shown(made) == shown(read_event(name, data, loads)), data


def written_otherwise(raw: dict[str, Any]) -> Iterator[bytes]:
    """Yield other texts: some say the same, some something else, some are no JSON."""
    data = dumped(raw)
    yield json.dumps(raw, indent=2).encode()
    yield json.dumps(dict(reversed(raw.items()))).encode()
    yield b" " + data + b"\n"
    yield b"\xef\xbb\xbf" + data
    for old, new in (
        (b'"index": ', b'"index": -'),
        (b'"index": 0', b'"index": 0.0'),
        (b'"index": 0', b'"index": NaN'),
        (b'"index": 0', b'"index": 123456789012345678901234567890'),
        (b'"index": 0', b'"index": "x", "index": 0'),
        (b'"index": 0', b'"index": 0, "index": 7'),
        (b'"type": ', b'"type": null, "type": '),
        (b'"id": "', b'"id": "x", "id": "'),
        (b'"id": "', b'"id": "\xff'),
        (b'"id": "', b'"id": "\\ud83d'),
        (b'"id": "', b'"id": "\x01'),
        (b'"id": "', b'"i\\u0064": "'),
        (b"}", b""),
        (b"}", b"},"),
    ):
        yield data.replace(old, new, 1)
        yield new.join(data.rsplit(old, 1))
    for end in range(0, len(data), 7):
        yield data[:end]


def test_deltas_that_no_template_fits_are_parsed_at_once() -> None:
    """Where each has another order of keys, most are read by a parser of the shape."""
    pytest.importorskip("msgspec")
    streams = []
    for number in range(600):
        raw = text_delta(str(number), id=f"msg_{number}")
        keys = list(raw)
        turn = number % len(keys)
        streams.append(
            frame(MESSAGE, dumped({k: raw[k] for k in keys[turn:] + keys[:turn]}))
        )
    decoder = RunEventDecoder()
    counting = _Counting()
    decoder._loads = decoder._templates._loads = counting

    events = [event for chunk in streams for event in decoder.feed(chunk)]

    assert [text_of(event) for event in events] == [str(n) for n in range(600)]
    assert counting.count < 60


def test_a_parser_that_is_tried_in_vain_is_given_up() -> None:
    pytest.importorskip("msgspec")
    decoder = RunEventDecoder()
    for number in range(4):
        decoder.feed(frame(MESSAGE, dumped(text_delta(id=f"msg_{number}"))))
    assert MESSAGE in decoder._templates.parsers
    decoder._templates.wait = 10**6
    for number in range(20):
        odd = {**text_delta(id=f"msg_{number}"), f"field_{number}": number}
        (event,) = decoder.feed(frame(MESSAGE, dumped(odd)))
        assert event.data.to_dict() == odd
    assert MESSAGE not in decoder._templates.parsers


def test_a_parser_of_the_users_own_is_not_passed_by() -> None:
    decoder = RunEventDecoder(loads=json.loads)
    for number in range(40):
        decoder.feed(frame(MESSAGE, dumped(text_delta(id=f"msg_{number}"))))
    assert decoder._templates.parsers == {}


def variants(raw: Any) -> Iterator[Any]:
    """Yield the JSON with something else in one place, or without it, or with more."""
    for other in (None, 5, True, "x", "", [], {}, ["x"], {"type": "text"}):
        yield other
    if isinstance(raw, dict):
        yield {**raw, "more": 1}
        for key, value in raw.items():
            yield {k: v for k, v in raw.items() if k != key}
            for other in variants(value):
                yield {**raw, key: other}
    elif isinstance(raw, list):
        yield [*raw, *raw]
        for value in raw[:1]:
            for other in variants(value):
                yield [other]


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        (MESSAGE, {**text_delta(), "more": 1}),
        (MESSAGE, {**text_delta(), "more": None}),
        (MESSAGE, {**text_delta(), "delta": {"content": [BLOCK, BLOCK]}}),
        (MESSAGE, {**text_delta(), "delta": {"content": BLOCK}}),
        (MESSAGE, {**text_delta(), "delta": {"content": ["x"]}}),
        (MESSAGE, {**text_delta(), "delta": {"content": [{"type": "new"}]}}),
        (STEP, call_delta({"type": "file_search", "file_search": {}})),
        (STEP, call_delta({"type": "function", "function": {"output": None}})),
    ],
)
def test_what_has_no_shape_that_is_read_quickly(name: str, raw: dict[str, Any]) -> None:
    assert _shape_readers.quick_reader_of(full_read(name, raw)) is None
    assert _shape_readers.parser_of(full_read(name, raw)) is None


def outcome_of(decoder: RunEventDecoder, last: bytes) -> Any:
    """Return what a decoder makes of one more event, or why it is none."""
    try:
        events = decoder.feed(last)
        decoder.close()
    except MalformedEvent as error:
        _, _, why = str(error).partition(" is malformed: ")
        return why
    return [shown(event) for event in events]


def read_alone(name: str, data: bytes) -> Any:
    return outcome_of(RunEventDecoder(), frame(name, data))


EMPTY: list[tuple[str, dict[str, Any]]] = [
    (MESSAGE, {"id": "m", "object": "o", "delta": {}}),
    (MESSAGE, {"id": "m", "object": "o", "delta": {"content": []}}),
    (MESSAGE, {**text_delta(), "delta": {"content": [{**BLOCK, "text": {}}]}}),
    (STEP, {"id": "s", "object": "o", "delta": {}}),
    (STEP, call_delta({"type": "function", "function": {}})),
    (STEP, call_delta({"type": "code_interpreter", "code_interpreter": {}})),
]


# Empty, or of another kind.
SMALL = ([], "", 0, None, {}, True, "x")


@pytest.mark.parametrize(("name", "raw"), [*READ, *EMPTY])
def test_an_event_is_what_it_is_whatever_came_before_it(
    name: str, raw: dict[str, Any], parsers: dict[str, Any]
) -> None:
    """Also where the shape of the last ones was learned, and what differs is small."""
    expected = {
        data: read_alone(name, data) for data in map(dumped, replaced(raw, *SMALL))
    }
    for data, alone in expected.items():
        decoder = RunEventDecoder(**parsers)
        for number in range(3):
            decoder.feed(frame(name, {**raw, "id": f"id_{number}"}))
        assert name in decoder._templates.quick
        assert outcome_of(decoder, frame(name, data)) == alone, data


# --- It pays -----------------------------------------------------------------------


class _Counting:
    """Counts the documents that are parsed in full."""

    def __init__(self) -> None:
        self.count = 0
        self._loads = make_loads()

    def __call__(self, data: bytes | str) -> Any:
        self.count += 1
        return self._loads(data)


def parsed(pieces: Any) -> int:
    """Count what is parsed in full, learning included."""
    counting = _Counting()
    assert decode(pieces, loads=counting)
    return counting.count


@pytest.mark.parametrize("size", [0, 1460, 100])
@pytest.mark.parametrize("end", [b"\n\n", b"\r\n\r\n"])
def test_one_of_a_thousand_regular_deltas_is_parsed(size: int, end: bytes) -> None:
    events = [
        frame(MESSAGE, text_delta(f"{n}"))
        .replace(b"\n\n", end)
        .replace(b"\ndata", end[: len(end) // 2] + b"data")
        for n in range(1000)
    ]
    # The first, and the second, which is learned from.
    assert parsed(cut(b"".join(events), size) if size else events) == 3


def test_a_first_delta_that_is_unlike_the_others_is_not_learned_from() -> None:
    first = {"index": 0, "type": "text", "text": {"value": "", "annotations": []}}
    events = [
        frame(MESSAGE, raw)
        for id in ("msg_1", "msg_2")
        for raw in (
            {**text_delta(id=id), "delta": {"content": [first]}},
            *(text_delta(f"{n}", id=id) for n in range(100)),
        )
    ]
    # Of each message, the first, and the second, which is learned from.
    assert parsed(events) == parsed([b"".join(events)]) == 2 * 3


@pytest.mark.parametrize("count", [2, 4])
def test_messages_that_are_written_at_the_same_time_have_a_template_each(
    count: int,
) -> None:
    events = [
        frame(MESSAGE, text_delta(f"{n}", id=f"msg_{n % count}")) for n in range(800)
    ]
    assert parsed(events) == parsed([b"".join(events)]) == 1 + 2 * count


def test_line_ends_may_change() -> None:
    lf = frame(MESSAGE, text_delta("a"))
    crlf = lf.replace(b"\n", b"\r\n")
    assert parsed([lf, lf, crlf, crlf] * 50) <= 4


def test_a_new_message_is_learned_soon_where_that_has_paid() -> None:
    events = [
        frame(MESSAGE, text_delta(f"{n}", id=f"msg_{n // 50}")) for n in range(2000)
    ]
    # The first of each message, and the second, which is learned from.
    assert parsed(events) == 3 * 40
    assert parsed(cut(b"".join(events), 1460)) == 3 * 40


@pytest.mark.parametrize("size", [0, 1460])
def test_learning_is_given_up_where_no_two_deltas_are_alike(size: int) -> None:
    events = [frame(MESSAGE, text_delta(id=f"msg_{n}")) for n in range(2000)]
    # Each one, and again the first few, and then one of 1, 2, 4, … up to 256.
    assert parsed(cut(b"".join(events), size) if size else events) == 2000 + 18


def test_learning_begins_again_where_deltas_become_alike() -> None:
    irregular = [frame(MESSAGE, text_delta(id=f"msg_{n}")) for n in range(1000)]
    regular = [frame(MESSAGE, text_delta(f"{n}")) for n in range(1000)]
    assert parsed(irregular + regular) <= 1000 + 20 + 256


def test_an_event_of_a_template_can_be_changed_without_harm() -> None:
    decoder = RunEventDecoder()
    for _ in range(4):
        (event,) = decoder.feed(frame(MESSAGE, text_delta("a")))
        assert isinstance(event.data, MessageDeltaEvent)
        assert event.data.to_dict() == text_delta("a")
        event.data.id = "other"
        event.data.delta.content = None


def test_a_mark_in_the_stream_is_a_text_like_any_other() -> None:
    events = [frame(MESSAGE, text_delta(template._MARK))] * 5
    assert [e.data.to_dict() for e in decode(events)] == [
        text_delta(template._MARK)
    ] * 5


def test_texts_that_are_learned_are_fields_of_their_classes() -> None:
    for cls, field in _shapes.TEXTS.items():
        assert field in cls.__slots__  # type: ignore[attr-defined]
        assert _PARTS[cls][field] is str  # type: ignore[index]
    assert _shapes.TEXTS[FunctionDelta] == "arguments"
