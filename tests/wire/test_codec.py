"""JSON text to values and back, the same with every parser."""

import json
import math
import subprocess
import sys
import traceback
import tracemalloc
from decimal import Decimal
from enum import StrEnum
from types import SimpleNamespace
from typing import Any

import attrs
import cattrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runs_core.errors import MalformedResponse
from runs_core.models import MessageContent, MessageDeltaEvent, Run, TextContentBlock
from runs_core.wire import codec
from runs_core.wire.codec import (
    MAX_DEPTH,
    dumps,
    loads,
    make_converter,
    make_loads,
    parse_json,
    structure,
    structure_hook,
    unstructure,
)

msgspec = pytest.importorskip("msgspec")

PARSERS = {
    "found": make_loads(),
    "msgspec": make_loads(msgspec.json.Decoder().decode),
    "json": make_loads(parse_json),
}
every_parser = pytest.mark.parametrize("load", PARSERS.values(), ids=PARSERS)


# --- Text to values ----------------------------------------------------------------


@every_parser
@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b"null", None),
        (b' {"a": [1, 2.5, true, "x"]}\r\n', {"a": [1, 2.5, True, "x"]}),
        (b'{"a":1,"b":2,"a":3}', {"a": 3, "b": 2}),
        (b"18446744073709551617", 2**64 + 1),
        (b"-" + b"9" * 100, -(10**100 - 1)),
        (b"9" * 4300, 10**4300 - 1),
        (b"-" + b"9" * 4300, -(10**4300 - 1)),
        (b"1e22", 1e22),
        (b"5e-325", 0.0),
        (b'"\\ud83d\\ude00"', "\U0001f600"),
        (b'"\\ud83d"', "\ud83d"),
        (b'"\\ude00\\ud83d"', "\ude00\ud83d"),
        ('"\u2028\x85 ü"'.encode(), "\u2028\x85 ü"),
        (b'"\x7f\\u0000"', "\x7f\0"),
        (b"\xef\xbb\xbf{}", {}),
        (b'"\xff"', "\ufffd"),
        (b'"\xed\xa0\x80"', "\ufffd\ufffd\ufffd"),
        (b'{"\xc3":1}', {"\ufffd": 1}),
        ('"ü\ud83d"', "ü\ud83d"),
        (b"[" * MAX_DEPTH + b"]" * MAX_DEPTH, None),
    ],
    ids=lambda value: repr(value)[:24],
)
def test_a_text_is_read(load: Any, text: bytes | str, value: object) -> None:
    read = load(text)

    if value is not None:
        assert read == value
        assert type(read) is type(value)


def nested(levels: int) -> bytes:
    return b'{"a":[' * (levels // 2) + b"[" * (levels % 2) + b"1"


MALFORMED = [
    (b"", "byte 0"),
    (b"   ", "byte 3"),
    (b'{"a":1', "byte 6"),
    (b'{"a" 1}', "byte 5"),
    (b"[1 2]", "byte 3"),
    ('{"ü":secret}'.encode(), "byte 6"),
    (b"\xef\xbb\xbf[secret]", "byte 4"),
    (b'{"a":1}}', "byte 7"),
    (b"[1] [2]", "byte 4"),
    (b'"\x01"', "byte 1"),
    (b'"\\x"', "byte 1"),
    (b"01", "byte 1"),
    (b"<html>secret</html>", "byte 0"),
    (b"[DONE]secret", "byte 1"),
    (b'{"a":1}\x00', "byte 7"),
    (b'{"a": "\xff\xff", x}', "byte 12"),
    (b'{"a": "\xe2\x82", "\xf0\x9f\x8c\x8a": x}', "byte 20"),
    (b'\xef\xbb\xbf["\xff", x', "byte 9"),
    (b"NaN", "$"),
    (b'{"a":Infinity}', "$"),
    (b"[-Infinity]", "$"),
    (b"1e400", "$"),
    (b"-1e400", "$"),
    (b"9" * 4301, "$"),
    (b'{"a":-' + b"9" * 5000 + b"}", "$"),
    (b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1), "$"),
    (b'{"a":' * (MAX_DEPTH + 1) + b"1" + b"}" * (MAX_DEPTH + 1), "$"),
    (b"[" * 200 + b'"\\ud83d"' + b"]" * 200, "$"),
    (b"[" * 100_000 + b"]" * 100_000, "$"),
    (b"[" * 100_000, "$"),
]


@every_parser
@pytest.mark.parametrize(
    ("text", "where"), MALFORMED, ids=[repr(text)[:24] for text, _ in MALFORMED]
)
def test_a_malformed_text_is_refused_with_its_place_and_without_its_words(
    load: Any, text: bytes, where: str
) -> None:
    with pytest.raises(MalformedResponse) as caught:
        load(text)

    error = caught.value
    assert error.where == where
    assert str(error).endswith(f" @ {where}")
    assert error.__cause__ is None
    assert error.__context__ is None
    assert "secret" not in "".join(traceback.format_exception(error))


@every_parser
def test_what_breaks_near_the_recursion_limit_is_malformed(load: Any) -> None:
    # At one of these depths a text can just be read, and where it breaks not be found.
    for depth in range(sys.getrecursionlimit() // 2, sys.getrecursionlimit() + 20):
        with pytest.raises(MalformedResponse):
            load(b"[" * depth + b"x")


@every_parser
@pytest.mark.parametrize("opening", [b"[", b'{"a":'], ids=["lists", "objects"])
def test_depth_is_limited_exactly(load: Any, opening: bytes) -> None:
    closing = b"]" if opening == b"[" else b"}"

    load(
        b'{"x":[],"y":'
        + opening * (MAX_DEPTH - 1)
        + b"1"
        + closing * (MAX_DEPTH - 1)
        + b"}"
    )
    with pytest.raises(MalformedResponse, match="more than 128 levels"):
        load(b'{"x":[],"y":' + opening * MAX_DEPTH + b"1" + closing * MAX_DEPTH + b"}")


@every_parser
def test_many_brackets_are_not_depth(load: Any) -> None:
    assert load(b'["' + b"[{" * 500 + b'"]') == ["[{" * 500]
    assert load(b"[" + b"[]," * 500 + b"{}]") == [*([[]] * 500), {}]
    assert load("[" + "[]," * 500 + "{}]") == [*([[]] * 500), {}]


texts = st.text('[]{},:"\\ud83de9-+.0Naäx \n\ufeff\ud83d', max_size=12)
# Without a `max_size` every other draw is thrown away: it has too many leaves.
values: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4)
    ),
    max_leaves=8,
)


# Made once: hypothesis looks through each new strategy when it is first drawn from.
indents = st.sampled_from([None, 1])
damages = st.sampled_from(
    [b"", b"\xff", b"\xed\xa0\x80", b"e9", b"\\ud83d", b'"']
) | st.binary(max_size=2)


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    """Return JSON of which a few bytes are replaced."""
    text = json.dumps(
        draw(values),
        ensure_ascii=draw(st.booleans()),
        indent=draw(indents),
    )
    data = bytearray(text.encode("utf-8", "surrogatepass"))
    for _ in range(draw(st.integers(0, 2))):
        at = draw(st.integers(0, len(data)))
        data[at : at + draw(st.integers(0, 2))] = draw(damages)
    return bytes(data)


@settings(max_examples=350, deadline=None)
@given(damaged() | texts.map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_parsers_read_and_refuse_alike(data: bytes) -> None:
    answers = []
    for load in (PARSERS["msgspec"], PARSERS["json"]):
        try:
            answers.append(repr(load(data)))
        except MalformedResponse as error:
            answers.append(str(error))

    assert answers[0] == answers[1]


def test_without_msgspec_the_standard_library_reads(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "msgspec.json", None)

    assert make_loads()(b'["\\ud83d"]') == ["\ud83d"]
    assert codec._fast_parser() is parse_json


def test_with_msgspec_that_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    decoder = SimpleNamespace(decode=lambda data: ["msgspec", data])
    fake = SimpleNamespace(Decoder=lambda: decoder)
    monkeypatch.setitem(sys.modules, "msgspec.json", fake)

    assert make_loads()(b"{}") == ["msgspec", b"{}"]


def test_a_parser_can_be_given() -> None:
    assert make_loads(lambda data: [data])(b"x") == [b"x"]


# --- Values to text ----------------------------------------------------------------


class Kind(StrEnum):
    A = "a"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"a": [1, 2.5, None, True]}, b'{"a":[1,2.5,null,true]}'),
        ("ü\u2028", '"ü\u2028"'.encode()),
        ("\ud83d ü", b'"\\ud83d \\u00fc"'),
        ((1, (2,)), b"[1,[2]]"),
        (iter([1]), b"[1]"),
        ({"a": 1}.values(), b"[1]"),
        ({"a": Kind.A}, b'{"a":"a"}'),
        (2**70, b"1180591620717411303424"),
        ({}, b"{}"),
    ],
)
def test_a_value_is_written_compactly(value: Any, text: bytes) -> None:
    assert dumps(value) == text


@given(values)
def test_what_is_written_is_read_back(value: Any) -> None:
    assert loads(dumps(value)) == value
    assert make_loads(parse_json)(dumps(value)) == value


cycle: list[Any] = []
cycle.append(cycle)


@pytest.mark.parametrize(
    ("value", "kind", "where"),
    [
        ({"a": [1, math.nan]}, ValueError, "$.a[1]"),
        ({"a": {"b": math.inf}}, ValueError, "$.a.b"),
        ([[0], {"a": [{"b": 0}, 1]}, [2, math.nan]], ValueError, "$[2][1]"),
        (-math.inf, ValueError, "$"),
        ({"tools": [{"x": Decimal(1)}]}, TypeError, "$.tools[0].x"),
        ({"a": {1, 2}}, TypeError, "$.a"),
        ({"a": b"x"}, TypeError, "$.a"),
        ({"a": object()}, TypeError, "$.a"),
        ({"a": {1: "secret"}}, TypeError, "$.a"),
        ({"run": Run("run_1", usage=math.nan)}, ValueError, "$.run.usage"),  # type: ignore[arg-type]
        (cycle, ValueError, "$"),
    ],
    ids=lambda value: repr(value)[:24],
)
def test_what_json_cannot_say_is_refused_with_its_place(
    value: Any, kind: type[Exception], where: str
) -> None:
    with pytest.raises(kind) as caught:
        dumps(value)

    assert str(caught.value).endswith(f" @ {where}")
    assert "secret" not in str(caught.value)


def test_the_place_of_a_value_is_not_written_out_unless_it_is_refused() -> None:
    value = {"k" * 10_000: [1.5] * 1000}
    dumps(value)
    tracemalloc.start()
    try:
        dumps(value)
        assert tracemalloc.get_traced_memory()[1] < 500_000
    finally:
        tracemalloc.stop()


def test_no_number_is_written_that_python_would_not_read() -> None:
    assert loads(dumps({"a": [10**4300 - 1]})) == {"a": [10**4300 - 1]}
    with pytest.raises(ValueError, match=r"too many digits @ \$\.a\[0\]"):
        dumps({"a": [10**4300]})
    with pytest.raises(ValueError, match=r"too many digits @ \$\.a"):
        dumps({"a": -(10**5000)})


def test_depth_is_limited_when_writing() -> None:
    value: Any = 1
    for _ in range(MAX_DEPTH):
        value = [value]

    assert loads(dumps(value)) == value
    with pytest.raises(ValueError, match="more than 128 levels"):
        dumps([value])


# --- Values to objects -------------------------------------------------------------

DELTA = {
    "id": "msg_1",
    "object": "thread.message.delta",
    "delta": {"content": [{"index": 0, "type": "text", "text": {"value": "hi"}}]},
}


def test_the_hook_of_a_class_is_made_once_and_is_what_structure_calls() -> None:
    hook = structure_hook(MessageDeltaEvent)

    assert structure_hook(MessageDeltaEvent) is hook
    assert hook(DELTA) == structure(DELTA, MessageDeltaEvent)


def test_a_user_s_own_class_may_hold_models() -> None:
    @attrs.define
    class Mine:
        run: Run
        blocks: list[MessageContent]

    raw = {
        "run": {"id": "run_1", "object": "thread.run", "x": None},
        "blocks": [{"type": "text", "text": {"value": "hi"}}, {"type": "new"}],
    }
    converter = make_converter()

    made = converter.structure(raw, Mine)

    assert made.run.extra == {"x": None}
    assert isinstance(made.blocks[0], TextContentBlock)
    assert converter.unstructure(made) == raw


def test_structure_takes_what_cattrs_takes() -> None:
    runs = structure([{"id": "run_1", "object": "thread.run"}], list[Run])

    assert runs == [Run("run_1")]
    assert unstructure(runs) == [{"id": "run_1", "object": "thread.run"}]
    with pytest.raises(MalformedResponse):
        structure([{"object": "thread.run"}], list[Run])


def test_reading_models_does_not_import_cattrs() -> None:
    code = (
        "import sys; from runs_core.models import Run;"
        "from runs_core.wire.codec import structure;"
        "structure({'id': 'run_1', 'object': 'thread.run'}, Run);"
        "print('cattrs' in sys.modules)"
    )

    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "False"


def test_the_converter_is_cattrs() -> None:
    assert isinstance(make_converter(), cattrs.Converter)
