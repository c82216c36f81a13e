"""`runs-core replay`: what it shows of a recording, and how it says that one is bad."""

from __future__ import annotations

import gzip
import json
import os
from pathlib import Path

import pytest

from runs_core.testing import CodeInterpreter, Cut, Fail, Raw, Say, Script, SendError
from tests.cli.command import chunked, process, recorded, recorded_call
from tests.models.samples import CAPTURES, needs_recordings

EVENT_STREAM = "Content-Type: text/event-stream; charset=utf-8"
JSON = "Content-Type: application/json"
HELLO = Script([Say("Hello, world!")])


@pytest.fixture
def file(tmp_path):
    """Writes a recording and gives its path."""

    def write(data: bytes) -> Path:
        path = tmp_path / "recording"
        path.write_bytes(data)
        return path

    return write


# --- Event streams -----------------------------------------------------------------


def test_a_stream_is_shown_event_by_event_with_its_text(cli, file):
    ended = cli("replay", file(recorded(HELLO)))

    assert ended.status == 0
    assert ended.err == ""
    first = [line.split() for line in ended.lines[:4]]
    assert [words[0] for words in first] == [
        "thread.run.created",
        "thread.run.queued",
        "thread.run.in_progress",
        "thread.run.step.created",
    ]
    assert [words[-1] for words in first[:3]] == ["queued", "queued", "in_progress"]
    assert "  assistant  Hello, world!" in ended.lines
    at = ended.lines.index("  assistant  Hello, world!")
    assert ended.lines[at - 1].startswith("thread.message.in_progress")
    assert ended.lines[at + 1].startswith("thread.message.completed")


def test_a_stream_ends_in_a_summary_of_its_snapshot(cli, file):
    ended = cli("replay", file(recorded(HELLO)))

    at = ended.lines.index("")
    summary = dict(line.split(maxsplit=1) for line in ended.lines[at + 1 :])
    assert summary["run"].endswith("completed")
    assert summary["messages"] == "1"
    assert summary["steps"] == "1  message_creation"
    assert summary["outcome"] == "completed"
    assert "prompt" in summary["tokens"]


def test_a_stream_that_asks_for_action_has_ended_well_and_says_what_for(cli, file):
    ended = cli("replay", file(recorded_call()))

    assert ended.status == 0
    (calls,) = [line for line in ended.lines if line.startswith("  calls")]
    assert calls.split(maxsplit=1)[1].startswith("get_weather({")
    assert calls.endswith("})")
    assert "  outcome    requires_action" in ended.lines
    assert any(line.startswith("  waits for  get_weather(") for line in ended.lines)


def test_code_and_what_it_prints_are_shown(cli, file):
    script = Script([[CodeInterpreter("a = 6\r\nprint(a * 7)", logs="42"), Say("42.")]])

    ended = cli("replay", file(recorded(script)))

    at = ended.lines.index("  runs       a = 6")
    assert ended.lines[at + 1] == "             print(a * 7)"
    assert "  prints     42" in ended.lines


def test_each_event_can_be_one_line_of_json(cli, file):
    ended = cli("replay", "--events", file(recorded(HELLO)))

    assert ended.status == 0
    events = [json.loads(line) for line in ended.lines]
    assert [event["event"] for event in events][:2] == [
        "thread.run.created",
        "thread.run.queued",
    ]
    assert events[-1]["event"] == "thread.run.completed"
    assert events[-1]["data"]["status"] == "completed"


def test_the_snapshot_can_be_json(cli, file):
    ended = cli("replay", "--snapshot", file(recorded(HELLO)))

    snapshot = json.loads(ended.out)
    assert snapshot["run"]["status"] == "completed"
    assert snapshot["text"] == "Hello, world!"
    assert [m["role"] for m in snapshot["messages"]] == ["assistant"]
    assert [s["type"] for s in snapshot["steps"]] == ["message_creation"]
    assert snapshot["outcome"] == "completed"


def test_an_unknown_event_is_shown_by_its_name(cli, file):
    script = Script([[Raw(b'event: thread.dream.delta\ndata: {"id": "dream_1"}\n\n')]])

    ended = cli("replay", file(recorded(script)))

    assert ended.status == 0
    assert ["thread.dream.delta", "dream_1"] in [line.split() for line in ended.lines]


def test_a_run_that_failed_is_a_stream_that_ended_well(cli, file):
    script = Script([[Fail("server_error", "Sorry, no.")]])

    ended = cli("replay", file(recorded(script)))

    assert ended.status == 0
    assert "  outcome    failed" in ended.lines
    assert "server_error: Sorry, no." in ended.out


# --- How streams end badly ---------------------------------------------------------


@pytest.mark.parametrize("form", [[], ["--events"], ["--snapshot"]])
def test_a_truncated_stream_is_shown_and_said_to_be_truncated(cli, file, form):
    script = Script([[Say(pieces=["Hello, ", Cut(), "world!"])]])

    ended = cli("replay", *form, file(recorded(script)))

    assert ended.status == 1
    assert "the stream ended before its run did" in ended.error
    assert "(last event: thread.message.delta)" in ended.error
    assert "Hello, " in ended.out


def test_a_truncated_stream_has_an_honest_outcome(cli, file):
    data = recorded(HELLO)
    path = file(data[: data.index(b"event: thread.run.completed")])

    assert "  outcome    truncated" in cli("replay", path).lines
    assert json.loads(cli("replay", "--snapshot", path).out)["outcome"] == "truncated"


@pytest.mark.parametrize(
    "data",
    [
        b'event: error\ndata: {"message": "Too busy."}\n\n',
        b"event: thread.run.created\ndata: {\n\n",
        b": nothing came\n\n",
    ],
)
def test_nothing_is_said_to_be_sent_again_for_a_recording(cli, file, data):
    ended = cli("replay", file(data))

    assert ended.status == 1
    assert "sent again" not in ended.error
    assert "runs.list" not in ended.error


def test_an_error_event_is_said_in_the_servers_words(cli, file):
    script = Script([[Say("Hel"), SendError(message="Out of memory.")]])

    ended = cli("replay", file(recorded(script)))

    assert ended.status == 1
    assert ended.error.endswith("the server sent an error event: Out of memory.")
    assert "  assistant  Hel" in ended.lines
    assert "  outcome    error event" in ended.lines


def test_a_malformed_event_is_said_with_its_offset_after_all_before_it(cli, file):
    data = recorded(HELLO)
    offset = data.index(b"event: thread.message.completed")
    broken = data[:offset] + data[offset:].replace(b"data: {", b"data: {{", 1)

    ended = cli("replay", file(broken))

    assert ended.status == 1
    assert f"at byte {offset} of the stream is malformed" in ended.error
    assert "  assistant  Hello, world!" in ended.lines
    assert f"  outcome    malformed at byte {offset}" in ended.lines


def test_what_a_stream_says_cannot_command_the_terminal(cli, file):
    # A title, a colour, a C1 control, and a carriage return that would overwrite.
    text = "a\x1b]0;owned\x07 \x1b[31mred\x9b31m \r\nb"
    script = Script([[Say(text, pieces=[text])]])

    ended = cli("replay", file(recorded(script)))

    assert "  assistant  a\ufffd]0;owned\ufffd \ufffd[31mred\ufffd31m " in ended.lines
    assert "             b" in ended.lines


def test_json_of_a_stream_cannot_command_the_terminal(cli, file):
    script = Script([[Say("\x9b31m", pieces=["\x9b31m"])]])

    ended = cli("replay", "--snapshot", file(recorded(script)))

    assert "\x9b" not in ended.out
    assert json.loads(ended.out)["text"] == "\x9b31m"


def test_events_that_were_written_as_json_can_be_replayed(cli, file):
    once = cli("replay", "--events", file(recorded(HELLO)))

    again = cli("replay", "--events", file(once.out.encode()))

    assert (again.status, again.err) == (0, "")
    assert again.out == once.out


def test_a_second_stream_in_a_file_is_said_not_to_be_read(cli, file):
    stream = recorded(HELLO)

    ended = cli("replay", "--snapshot", path := file(stream + stream))

    assert ended.status == 0
    assert json.loads(ended.out)["text"] == "Hello, world!"
    assert ended.error == (
        f"{path}: {len(stream)} bytes after the stream's [DONE] were not read"
    )


def test_how_long_an_event_may_be_can_be_chosen(cli, file):
    path = file(recorded(HELLO))

    refused = cli("replay", "--max-event-bytes", "99", path)

    assert refused.status == 1
    assert "pass a larger max_event_bytes, or null for no limit" in refused.error
    assert cli("replay", "--max-event-bytes", "null", path).status == 0


# --- HTTP responses ----------------------------------------------------------------


@pytest.mark.parametrize("every", [1, 97, 10_000])
def test_a_chunked_response_is_decoded(cli, file, every):
    data = recorded(HELLO)

    ended = cli("replay", file(chunked(data, EVENT_STREAM, every=every)))

    assert ended == cli("replay", file(data))


def test_a_response_that_ends_with_its_connection_is_decoded(cli, file):
    data = recorded(HELLO)
    head = f"HTTP/1.1 200 OK\r\n{EVENT_STREAM}\r\n\r\n".encode()

    assert cli("replay", file(head + data)) == cli("replay", file(data))


@pytest.mark.parametrize(
    "head",
    [
        ("HTTP/1.1 200 OK", "Transfer-Encoding: chunked"),
        ("HTTP/1.1 200 OK", "Transfer-Encoding: chunked", "Content-Encoding: gzip"),
        ("HTTP/2 200 ",),
    ],
)
def test_what_curl_writes_with_its_head_is_decoded(cli, file, head):
    data = recorded(HELLO)
    fields = "\r\n".join([*head, EVENT_STREAM, "", ""]).encode()

    assert cli("replay", file(fields + data)) == cli("replay", file(data))


def test_interim_answers_are_skipped(cli, file):
    response = b"HTTP/1.1 103 Early Hints\r\n\r\n" + chunked(b'{"a": 1}', JSON)

    assert cli("replay", "--events", file(response)).out == '{"a": 1}\n'


def test_a_response_without_a_content_type_is_told_from_its_body(cli, file):
    data = recorded(HELLO)

    assert cli("replay", file(chunked(data))) == cli("replay", file(data))
    assert cli("replay", "--events", file(chunked(b'{"a": 1}'))).out == '{"a": 1}\n'


def test_a_gzipped_response_is_decoded(cli, file):
    data = recorded(HELLO)
    response = chunked(gzip.compress(data), EVENT_STREAM, "Content-Encoding: gzip")

    assert cli("replay", file(response)) == cli("replay", file(data))


def test_gzipped_json_is_decoded(cli, file):
    response = chunked(gzip.compress(b'{"a": 1}'), JSON, "Content-Encoding: gzip")

    assert cli("replay", "--events", file(response)).out == '{"a": 1}\n'


def test_gzipped_json_that_is_cut_off_is_one_line(cli, file):
    packed = gzip.compress(b'{"a": 1}')[:-4]

    ended = cli("replay", file(chunked(packed, JSON, "Content-Encoding: gzip")))

    assert ended.status == 1
    assert ended.error.endswith("gzip is cut off")


def test_a_gzipped_response_that_is_cut_off_shows_what_came(cli, file):
    packed = gzip.compress(recorded(HELLO), 0)
    response = chunked(packed[:-200], EVENT_STREAM, "Content-Encoding: gzip")

    ended = cli("replay", file(response))

    assert ended.status == 1
    assert "the connection broke before the stream's run ended" in ended.error
    assert ended.lines[0].startswith("thread.run.created")


def test_a_gzip_bomb_is_refused(cli, file, monkeypatch):
    monkeypatch.setattr("runs_transports.cli.recording._MAX_INFLATED", 100_000)
    bomb = gzip.compress(b'{"a": "' + b"0" * 10_000_000)
    response = chunked(bomb, JSON, "Content-Encoding: gzip", every=10_000)

    ended = cli("replay", file(response))

    assert ended.status == 1
    assert ended.error.endswith("unpacks to more than 100000 bytes")


@pytest.mark.parametrize(
    ("response", "said"),
    [
        (chunked(b"x", EVENT_STREAM, "Content-Encoding: br"), "encoding 'br'"),
        (
            chunked(b"no gzip" * 9, JSON, "Content-Encoding: gzip"),
            "is not gzip, although its header says so",
        ),
        (chunked(b"<html>", "Content-Type: text/html"), "is text/html: neither"),
        (b"HTTP/1.1 200 OK\r\n", "not complete, valid HTTP/1.1"),
        (
            b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{}",
            "not complete, valid HTTP/1.1",
        ),
        (b"HTTP/2 200\r\nContent-Length: 9\r\n\r\n{}", "not complete, valid HTTP/1.1"),
        (b"HTTP/4 200\r\n\r\n", "not complete, valid HTTP/1.1"),
        (b"HTTP/1.1 101 Upgrade\r\n\r\n", "HTTP/1.1"),
    ],
)
def test_a_response_that_cannot_be_read_is_one_line(cli, file, response, said):
    ended = cli("replay", file(response))

    assert ended.status == 1
    assert said in ended.error


def test_a_chunked_stream_that_is_cut_off_is_truncated(cli, file):
    response = chunked(recorded(HELLO), EVENT_STREAM)[:-300]

    ended = cli("replay", file(response))

    assert ended.status == 1
    assert "the connection broke before the stream's run ended" in ended.error
    assert "  outcome    truncated" in ended.lines


def test_an_error_response_is_shown_and_said(cli, file):
    body = b'{"error": {"message": "No run found.", "code": "no_run"}}'

    ended = cli("replay", file(chunked(body, JSON, status="404 Not Found")))

    assert ended.status == 1
    assert ended.error.endswith("recording: the server answered 404: No run found.")
    assert ended.lines == ["  error      no_run: No run found."]


def test_an_error_response_is_no_stream_whatever_its_type_is(cli, file):
    response = chunked(recorded(HELLO), EVENT_STREAM, status="500 Oh")

    ended = cli("replay", file(response))

    assert (ended.status, ended.out) == (1, "")
    assert "the server answered 500" in ended.error


def test_an_error_page_is_said(cli, file):
    page = chunked(b"<h1>Bad", "Content-Type: text/html", status="502 Bad Gateway")

    ended = cli("replay", file(page))

    assert ended.status == 1
    assert "the server answered 502" in ended.error


@pytest.mark.parametrize("status", ["302 Found", "429 Too Many", "502 Bad Gateway"])
def test_an_error_without_a_body_is_said_to_be_one(cli, file, status):
    ended = cli(
        "replay", file(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode())
    )

    assert ended.status == 1
    assert f"the server answered {status[:3]}" in ended.error


# --- JSON --------------------------------------------------------------------------

RUN = {"id": "run_1", "object": "thread.run", "status": "queued"}
MESSAGE = {
    "id": "msg_1",
    "object": "thread.message",
    "role": "user",
    "content": [{"type": "text", "text": {"value": "Two\nlines"}}],
}
STEP = {
    "id": "step_1",
    "object": "thread.run.step",
    "type": "tool_calls",
    "step_details": {
        "type": "tool_calls",
        "tool_calls": [
            {
                "id": "call_1",
                "type": "function",
                "function": {"name": "f", "arguments": "{}", "output": "out"},
            }
        ],
    },
}


@pytest.mark.parametrize(
    ("raw", "lines"),
    [
        (RUN, ["  run        run_1  queued"]),
        (
            MESSAGE,
            [
                "  message    msg_1  user",
                "  user       Two",
                "             lines",
            ],
        ),
        (
            STEP,
            [
                "  thread.run.step  step_1  tool_calls",
                "  calls      f({})",
                "  gets       out",
            ],
        ),
        (
            {"object": "list", "data": [RUN, RUN]},
            ["  list       2", *2 * ["  run        run_1  queued"]],
        ),
        ({"object": "list", "data": []}, ["  list       0"]),
        (
            {"id": "t", "object": "thread.deleted", "deleted": True},
            ["  thread.deleted  t  deleted"],
        ),
        (
            {"error": {"message": "No.", "code": 3}},
            ["  error      3: No."],
        ),
        ({"some": ["thing", None]}, ['  JSON       {"some": ["thing", null]}']),
        ({"object": ["odd"]}, ['  JSON       {"object": ["odd"]}']),
        ([1], ["  JSON       [1]"]),
    ],
)
def test_json_is_summed_up(cli, file, raw, lines):
    ended = cli("replay", file(json.dumps(raw).encode()))

    assert ended.status == 0
    assert ended.lines == lines


def test_a_byte_order_mark_is_skipped(cli, file):
    mark = b"\xef\xbb\xbf"
    data = recorded(HELLO)

    assert cli("replay", file(mark + data)) == cli("replay", file(data))
    assert cli("replay", "--events", file(mark + b'{"a": 1}')).out == '{"a": 1}\n'


def test_names_in_json_cannot_command_the_terminal(cli, file):
    raw = {"object": "a\x1b[31m\nrun", "id": "b\x1b[0m"}

    ended = cli("replay", file(json.dumps(raw).encode()))

    assert ended.lines == ["  a\ufffd[31m run  b\ufffd[0m"]


@pytest.mark.parametrize("form", ["--events", "--snapshot"])
def test_a_lone_surrogate_is_written_so_that_it_can_be_read(cli, file, form):
    ended = cli("replay", form, file(b'{"a": "\\ud800"}'))

    assert ended.status == 0
    assert json.loads(ended.out) == {"a": "\ud800"}


@pytest.mark.parametrize("form", ["--events", "--snapshot"])
def test_json_comes_out_as_it_went_in(cli, file, form):
    raw = {**RUN, "unknown": {"key": [1, "é"]}, "metadata": None}

    ended = cli("replay", form, file(json.dumps(raw).encode()))

    assert json.loads(ended.out) == raw


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "there is nothing in it"),
        (b" \r\n\n", "there is nothing in it"),
        (b"# A title\n\nand text: more", "it is not a recording"),
        (b"\x1f\x8b\x08\x00", "it is compressed with gzip: unpack it first"),
        (b'{"object": "thread.run"', "not JSON: "),
        (b'{"object": "thread.run"}', "$"),
        (b"{" * 100_000, "JSON"),
    ],
)
def test_what_is_no_recording_is_one_line(cli, file, data, said):
    ended = cli("replay", file(data))

    assert ended.status == 1
    assert said in ended.error
    assert ended.out == ""


# --- Files -------------------------------------------------------------------------


def test_standard_input_is_a_file_too(cli, file):
    data = recorded(HELLO)

    assert cli("replay", "-", stdin=data) == cli("replay", file(data))


def test_several_files_are_shown_one_after_the_other(cli, file, tmp_path):
    good = file(recorded(HELLO))

    ended = cli("replay", good, tmp_path / "none", good)

    assert ended.status == 1
    assert ended.error == f"{tmp_path / 'none'}: No such file or directory"
    assert ended.lines.count(str(good)) == 2
    assert ended.lines.count("  outcome    completed") == 2


def test_a_folder_is_one_line(cli, tmp_path):
    assert cli("replay", tmp_path).error == f"{tmp_path}: Is a directory"


def test_a_closed_standard_input_is_one_line(capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin", None)

    assert replay_of_standard_input() == 1
    assert capsys.readouterr().err == "runs-core: standard input: it is closed\n"


def test_a_file_name_cannot_command_the_terminal(cli, tmp_path):
    path = tmp_path / "a\x1b[31m"
    path.write_bytes(b"x")

    assert "\ufffd[31m: it is not a recording" in cli("replay", path).error
    assert f"{tmp_path}/a\ufffd[31m" in cli("replay", path, path).lines


def test_a_pipe_is_shown_while_it_is_being_filled(cli, monkeypatch):
    """The second half is written only when the first has been shown."""
    data = recorded(HELLO)
    half = data.index(b"event: thread.message.completed")
    read, write = os.pipe()
    os.write(write, data[:half])
    shown = []

    class Watched:
        def __init__(self, show):
            self.show = show

        def event(self, event):
            self.show.event(event)
            shown.append(event.event)
            if shown[-2:] == 2 * ["thread.message.delta"]:
                os.write(write, data[half:])
                os.close(write)

        def __getattr__(self, name):
            return getattr(self.show, name)

    from runs_transports.cli import replay

    form = replay._form
    monkeypatch.setattr(replay, "_form", lambda options: Watched(form(options)))
    with open(read) as stdin:
        monkeypatch.setattr("sys.stdin", stdin)
        status = replay_of_standard_input()

    assert status == 0
    assert shown[-1] == "thread.run.completed"


def replay_of_standard_input() -> int:
    from runs_transports.cli import main

    return main(["replay", "-"])


# --- Without extras ----------------------------------------------------------------

BLOCK = """
import sys
for name in ("requests", "trio", "h11", "rich", "urllib3"):
    sys.modules[name] = None
from runs_transports.cli import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.parametrize(
    ("argv", "status", "said"),
    [
        (["replay", "--events"], 0, ""),
        (["replay", "--snapshot"], 0, ""),
        (["replay"], 1, "needs rich, which is not installed: pip install"),
    ],
)
def test_only_what_is_needed_is_imported(file, argv, status, said):
    ended = process(*argv, str(file(recorded(HELLO))), code=BLOCK)

    assert ended.status == status
    assert said in ended.err
    assert len(ended.err.splitlines()) == (1 if said else 0)


# --- Recordings of real servers ----------------------------------------------------

BROKEN = {
    "openai-spec/post_threads_runs__1_Streaming.sse": "ended before its run did",
    "openai-spec/post_threads_runs__2_Streaming_with_Functions.sse": "byte 105 ",
    "openai-spec/post_threads_thread_id_runs__1_Streaming.sse": "byte 0 ",
    "openai-spec/post_threads_thread_id_runs__2_Streaming_with_Functions.sse": (
        "byte 0 "
    ),
    "openai-spec/post_threads_thread_id_runs_run_id_submit_tool_outputs"
    "__1_Streaming.sse": "byte 656 ",
    "live_nginx/02_proxy_read_timeout_midstream.response.raw": "connection broke",
    "live_nginx/03_502_dead_upstream.response.raw": "answered 502",
    "live_nginx/04_429_retry_after.response.raw": "answered 429",
    "live_open-assistant-api/11_cancel_completed_run.response.raw": "answered 400",
    "live_open-assistant-api/12_retrieve_missing_run.response.raw": "answered 404",
    "live_open-assistant-api/13_create_run_missing_assistant.response.raw": (
        "answered 422"
    ),
    "live_open-assistant-api/14_create_run_stream.response.raw": "connection broke",
    "live_open-assistant-api/15_create_run_unknown_assistant.response.raw": (
        "answered 404"
    ),
    "live_open-assistant-api/23_submit_wrong_id.response.raw": "answered 500",
    "live_open-assistant-api/28_submit_again.response.raw": "answered 404",
}


def captures():
    for path in sorted(CAPTURES.rglob("*")):
        meta = path.name in ("index.json",) or path.name.endswith(".meta.json")
        if path.name.endswith((".json", ".sse", ".response.raw")) and not meta:
            yield path


@needs_recordings
def test_every_recording_of_real_servers_is_shown_or_said_to_be_broken(cli):
    paths = {path.relative_to(CAPTURES).as_posix(): path for path in captures()}
    assert len(paths) > 350
    assert paths.keys() >= BROKEN.keys()

    ended = cli("replay", *paths.values())

    assert ended.status == 1
    errors = dict(line.split(": ", 2)[1:] for line in ended.err.splitlines())
    assert errors.keys() == {str(paths[name]) for name in BROKEN}
    for name, said in BROKEN.items():
        assert said in errors[str(paths[name])]
    shown = ended.out.split(f"\n{CAPTURES}/")
    assert len(shown) == len(paths) + 1
    silent = {part.splitlines()[0] for part in shown[1:] if len(part.split()) < 3}
    # Pages of a proxy, which are no JSON.
    assert silent == {name for name in BROKEN if "answered 502" in BROKEN[name]} | {
        "live_nginx/04_429_retry_after.response.raw"
    }
