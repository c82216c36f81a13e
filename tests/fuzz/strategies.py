"""Bytes that look like a run's stream, nearly: for hypothesis."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

from runs_core.stream import EVENT_CLASSES

__all__ = ["streams"]

NAMES = [*EVENT_CLASSES, "done", "message", "", "thread.run.new", "\u2028"]
ENDS = [b"\n", b"\r\n", b"\r"]
# What means something to one layer or another, put where nobody expects it.
MARKS = [*ENDS, b"\n\n", b" ", b"\t", b'"', b"\\", b"\x00", b"\xff", b"data: "]
IDS = st.sampled_from(["m1"] * 30 + ["m2"] * 15 + ["", None, 1])
INDICES = st.sampled_from([0] * 9 + [1, 1, 2, 3, -1, 10**9, True, 1.0, "0", None])
TEXTS = st.sampled_from(
    ["a", " b", "", "c", "\n", "\u00e9\U0001f30a", "\ud800", "\x00", None, 5]
)
JUNK: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4) | TEXTS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXTS.map(str), inner),
    max_leaves=4,
)


def _rare(usual: Any, seldom: Any = JUNK) -> Any:
    return st.integers(0, 39).flatmap(lambda n: seldom if n == 39 else usual)


def _object(**fields: Any) -> Any:
    given = {name: _rare(value) for name, value in fields.items()}
    some = st.fixed_dictionaries({}, optional=given)
    return st.one_of(st.fixed_dictionaries(given), st.fixed_dictionaries(given), some)


_TEXT = _object(
    index=INDICES,
    type=st.sampled_from(["text", "refusal", "image_file", "new"]),
    text=_object(
        value=TEXTS,
        annotations=st.lists(
            _object(
                index=INDICES,
                type=st.sampled_from(["file_citation", "file_path", "new"]),
                text=TEXTS,
                start_index=INDICES,
            ),
            max_size=2,
        ),
    ),
    refusal=TEXTS,
)
_CALL = _object(
    index=INDICES,
    id=IDS,
    type=st.sampled_from(["function", "code_interpreter", "file_search", "new"]),
    function=_object(name=TEXTS, arguments=TEXTS, output=TEXTS),
    code_interpreter=_object(
        input=TEXTS,
        outputs=st.lists(
            _object(index=INDICES, type=st.sampled_from(["logs", "image"]), logs=TEXTS),
            max_size=2,
        ),
    ),
    file_search=_object(results=JUNK),
)
_DETAILS = _object(
    type=st.sampled_from(["tool_calls", "message_creation"]),
    tool_calls=st.lists(_CALL, max_size=2),
    message_creation=_object(message_id=IDS),
)
DATA = {
    "thread.message.delta": _object(
        id=IDS,
        object=st.just("thread.message.delta"),
        delta=_object(content=st.lists(_TEXT, max_size=2), role=TEXTS),
    ),
    "thread.run.step.delta": _object(
        id=IDS,
        object=st.just("thread.run.step.delta"),
        delta=_object(step_details=_DETAILS),
    ),
}
# As servers send them.
_PART: Any = {"index": 0, "type": "text", "text": {"value": "*", "annotations": []}}
_PIECE: Any = {"index": 0, "type": "function", "function": {"arguments": "*"}}
ALIKE = [
    ("thread.message.delta", {"content": [_PART]}),
    (
        "thread.run.step.delta",
        {"step_details": {"type": "tool_calls", "tool_calls": [_PIECE]}},
    ),
]
_MESSAGE = _object(
    id=IDS,
    object=st.just("thread.message"),
    run_id=IDS,
    status=TEXTS,
    content=st.lists(_TEXT, max_size=2),
)
_STEP = _object(
    id=IDS, object=st.just("thread.run.step"), run_id=IDS, step_details=_DETAILS
)
_RUN = _object(id=IDS, object=st.just("thread.run"), status=TEXTS, tools=JUNK)
_ERROR = _object(message=TEXTS, code=JUNK, error=_object(message=TEXTS))


def _data_of(name: str) -> Any:
    if name in DATA:
        return DATA[name]
    if name.startswith("thread.message"):
        return _MESSAGE
    if name.startswith("thread.run.step"):
        return _STEP
    return _ERROR if name == "error" else _RUN


# Made once: hypothesis looks through each new strategy when it is first drawn from.
_A_NAME = st.sampled_from([*NAMES, *[*DATA] * 20])
_A_VALUE = {name: _rare(_data_of(name)) for name in [*NAMES, *DATA]}
_AN_END, _A_MARK = st.sampled_from(ENDS), st.sampled_from(MARKS)
_AN_EXTRA = st.sampled_from([b""] * 9 + [b": ping", b"id: 1", b"retry: 5", b"x"])
# How a value is written as JSON, or what stands in its place.
_A_TEXT = _rare(st.booleans(), st.sampled_from(["[DONE]", "[DONE] ", "{", "NaN", ""]))


@st.composite
def _events(draw: st.DrawFn) -> bytes:
    name = draw(_A_NAME)
    value = draw(_A_VALUE[name])
    text = draw(_A_TEXT)
    if not isinstance(text, str):
        text = json.dumps(value, ensure_ascii=text)
    end = draw(_AN_END)
    lines = [f"data: {text}".encode("utf-8", "surrogatepass")]
    if name:
        lines.insert(0, f"event: {name}".encode())
    extra = draw(_AN_EXTRA)
    if extra:
        lines.insert(draw(st.integers(0, len(lines))), extra)
    return end.join([*lines, b"", b""])


_SOME_ALIKE = st.sampled_from(ALIKE)
_THEIR_END = _rare(st.just("\n"), st.just("\r\n"))
_THEIR_TEXTS = st.lists(st.text(max_size=3).map(json.dumps), min_size=1, max_size=6)


@st.composite
def _alike(draw: st.DrawFn) -> bytes:
    """Deltas that differ in one text, as servers send them, and one that is damaged."""
    name, delta = draw(_SOME_ALIKE)
    end = draw(_THEIR_END)
    data = json.dumps({"id": "m1", "object": name, "delta": delta})
    whole = f"event: {name}{end}data: {data}{end}{end}"
    before, behind = whole.split('"*"')
    texts = draw(_THEIR_TEXTS)
    stream = [f"{before}{text}{behind}".encode() for text in texts]
    at = draw(st.integers(0, len(stream) - 1))
    odd = stream[at]
    # Most layers meet at the ends of a text.
    ends = [len(before), len(odd) - len(behind.encode())]
    place = draw(st.sampled_from([*ends, draw(st.integers(0, len(odd)))]))
    stream[at] = odd[:place] + draw(_A_MARK) + odd[place:]
    return b"".join(stream)


def streams() -> Any:
    """Return a strategy for what the targets take."""
    pieces = st.lists(_rare(_events(), st.binary(max_size=30)), max_size=12)
    stream = st.one_of(pieces.map(b"".join), _alike())
    return st.tuples(st.binary(min_size=2, max_size=2), stream).map(b"".join)
