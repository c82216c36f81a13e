"""The face of the local service: routes, headers, credentials, errors, records."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runs_core.errors import UsageError
from runs_core.testing import (
    AsyncInMemoryTransport,
    InMemoryTransport,
    LocalService,
    Say,
    ServiceRequest,
)
from tests.testing.local import BETA, NOW, Answered, Local, path_of, read_json


@pytest.fixture
def local() -> Local:
    return Local()


# --- Routes ---------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["/models", "/threads/", "/threads//runs", "", "/threads/t/runs/r/nothing"]
)
def test_an_unknown_path_is_404_and_names_the_url(local, path):
    with pytest.raises(Answered) as caught:
        local.post(path)

    assert caught.value.status == 404
    assert caught.value.message == f"Invalid URL (POST /v1{path})"


def test_a_path_outside_the_prefix_is_404():
    service = LocalService(prefix="/openai/v1/")
    request = ServiceRequest(method="POST", target="/v1/threads", headers=BETA)

    assert service.prefix == "/openai/v1"
    assert service.handle(request, NOW).status == 404


@pytest.mark.parametrize(
    ("prefix", "used"), [("", ""), ("/", ""), ("v1", "/v1"), ("/a/b/", "/a/b")]
)
def test_the_prefix_may_be_empty_and_has_its_slash(prefix, used):
    local = Local(prefix=prefix)

    assert local.service.prefix == used
    assert local.post("/threads")["object"] == "thread"


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/threads", "POST"),
        ("DELETE", "/threads/t/runs/r", "GET, POST"),
        ("GET", "/threads/t/runs/r/cancel", "POST"),
    ],
)
def test_a_wrong_method_is_405_and_says_which_are_right(local, method, path, allowed):
    with pytest.raises(Answered) as caught:
        local.ask(method, path)

    assert caught.value.status == 405
    assert caught.value.code == "method_not_supported"
    assert caught.value.message.startswith(f"Not allowed to {method} on /v1{path}")
    assert local.headers["allow"] == allowed


def test_the_ids_of_a_path_are_percent_decoded(local):
    with pytest.raises(Answered, match=r"No thread found with id 'a/b'\."):
        local.get("/threads/a%2Fb")


def test_a_thread_may_be_named_like_a_route(local):
    with pytest.raises(Answered, match=r"No thread found with id 'runs'\."):
        local.get("/threads/runs")


# --- Credentials and the beta header ----------------------------------------------


def status_with(service: LocalService, *headers: tuple[str, str]) -> int:
    request = ServiceRequest(method="POST", target="/v1/threads", headers=headers)
    return service.handle(request, NOW).status


def test_without_the_beta_header_the_answer_is_400():
    service = LocalService()
    request = ServiceRequest(method="POST", target="/v1/threads")

    error = read_json(service.handle(request, NOW))["error"]

    assert error["code"] == "invalid_beta"
    assert error["message"].startswith(
        "You must provide the 'OpenAI-Beta' header to access the Assistants API."
    )


@pytest.mark.parametrize(
    ("value", "status"),
    [
        ("assistants=v2", 200),
        ("realtime=v1, assistants=v2", 200),
        ("assistants=v1", 400),
        ("", 400),
    ],
)
def test_the_beta_header_must_name_the_version(value, status):
    assert status_with(LocalService(), ("openai-beta", value)) == status


def test_the_beta_header_may_come_in_several_fields():
    fields = [("openai-beta", "realtime=v1"), ("OpenAI-Beta", "assistants=v2")]

    assert status_with(LocalService(), *fields) == 200


def test_the_beta_header_need_not_be_required():
    assert status_with(LocalService(require_beta=False)) == 200


@pytest.mark.parametrize(
    ("header", "status"),
    [
        (("authorization", "Bearer sesame"), 200),
        (("authorization", "bearer sesame"), 200),
        (("api-key", "sesame"), 200),
        (("authorization", "Bearer other"), 401),
        (("authorization", "Basic sesame"), 401),
        (("api-key", "other"), 401),
        (("x-nothing", ""), 401),
    ],
)
def test_only_the_right_key_opens(header, status):
    assert status_with(LocalService(api_key="sesame"), *BETA, header) == status


def test_a_wrong_key_is_not_quoted():
    local = Local(api_key="sesame")

    reply = local.send("POST", "/threads", headers=[("api-key", "CANARY")])
    error = read_json(reply)["error"]

    assert error["code"] == "invalid_api_key"
    assert error["message"] == "Incorrect API key provided."


def test_a_missing_key_is_said_to_be_missing():
    reply = Local(api_key="sesame").send("POST", "/threads")

    message = read_json(reply)["error"]["message"]

    assert message.startswith("You didn't provide an API key.")


# --- Headers ----------------------------------------------------------------------


def test_every_answer_has_the_headers_of_the_service(local):
    seen = set()
    for method, path in [("POST", "/threads"), ("GET", "/threads/none"), ("GET", "/")]:
        local.send(method, path)

        assert local.headers["content-type"] == "application/json"
        assert local.headers["openai-version"] == "2020-10-01"
        assert local.headers["openai-processing-ms"].isdigit()
        seen.add(local.headers["x-request-id"])

    assert len(seen) == 3
    assert all(id.startswith("req_") and len(id) == 36 for id in seen)


def test_a_stream_has_its_content_type_and_no_length(local):
    local.stream()

    assert local.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert "content-length" not in local.headers
    assert "x-request-id" in local.headers


def test_answers_with_a_run_say_when_to_look_again():
    local = Local(poll_after_ms=70)
    run = local.run()

    assert local.headers["openai-poll-after-ms"] == "70"
    local.look(run)
    assert local.headers["openai-poll-after-ms"] == "70"
    local.get(f"/threads/{run['thread_id']}/runs")
    assert "openai-poll-after-ms" not in local.headers


def test_the_poll_header_can_be_left_out():
    local = Local(poll_after_ms=None)
    local.run()

    assert "openai-poll-after-ms" not in local.headers


# --- Bodies -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"\xff{}",
        b'{"metadata": NaN}',
        b'{"metadata": -Infinity}',
        b'{"metadata": 1e999}',
        b"[" * 100_000,
        b"1" * 5000,
        b'{"metadata": ' + b"[" * 70 + b"]" * 70 + b"}",
    ],
)
def test_a_body_that_is_not_json_is_400(local, body):
    with pytest.raises(Answered, match="We could not parse the JSON body") as caught:
        local.post("/threads", body)

    assert caught.value.status == 400
    assert caught.value.type == "invalid_request_error"


def test_a_body_that_is_no_object_is_400(local):
    with pytest.raises(Answered, match="Invalid type for 'body': expected an object"):
        local.post("/threads", [])


def test_no_body_is_an_empty_object(local):
    assert local.ask("POST", "/threads")["metadata"] == {}


def test_a_body_where_none_is_taken_is_not_read(local):
    run = local.run()

    cancelled = local.ask("POST", f"{path_of(run)}/cancel", b"{")

    assert cancelled["status"] == "cancelling"


def test_text_comes_back_equal_also_with_a_lone_surrogate(local):
    for text in ("wörld \u2028 🙂", "\ud800"):
        thread = local.thread(text)
        (message,) = local.get(f"/threads/{thread['id']}/messages")["data"]

        assert message["content"][0]["text"]["value"] == text


# --- Records ----------------------------------------------------------------------


def test_requests_are_kept_with_their_parts(local):
    thread = local.thread()
    local.get(f"/threads/{thread['id']}/messages?order=asc&limit=2")
    created, listed = local.service.requests

    assert (created.method, created.path) == ("POST", "/v1/threads")
    assert created.json == {"messages": []}
    assert created.header("OpenAI-Beta") == "assistants=v2"
    assert listed.path == f"/v1/threads/{thread['id']}/messages"
    assert listed.query == (("order", "asc"), ("limit", "2"))
    assert listed.json is None


def test_refused_requests_are_kept_too(local):
    local.send("POST", "/nowhere")

    assert [r.path for r in local.service.requests] == ["/v1/nowhere"]


def test_requests_need_not_be_kept():
    local = Local(keep_requests=False)
    local.thread()

    assert local.service.requests == []
    assert local.service.executions["threads"] == 1


def test_kept_requests_do_not_show_credentials_or_payload():
    service = LocalService()
    headers = (("authorization", "Bearer CANARY"),)
    request = ServiceRequest(
        method="POST", target="/v1/threads", headers=headers, body=b"CANARY"
    )
    service.handle(request, NOW)

    assert "CANARY" not in repr(service.requests)
    assert "CANARY" not in repr(request)


def test_executions_count_what_was_really_created(local):
    assistant = local.assistant()
    thread = local.thread("one", "two")
    runs = f"/threads/{thread['id']}/runs"
    local.post(f"/threads/{thread['id']}/messages", {"role": "user", "content": "3"})
    body = {"assistant_id": assistant["id"]}
    run = local.post(
        runs, {**body, "additional_messages": [{"role": "user", "content": "4"}]}
    )
    for refused in ("/threads/none/runs", runs):
        with pytest.raises(Answered):
            local.post(refused, body)
    local.post(f"{path_of(run)}/cancel")

    assert local.service.executions == {
        "assistants": 1,
        "threads": 1,
        "messages": 4,
        "runs": 1,
        "cancellations": 1,
    }


def test_two_services_given_the_same_answer_the_same():
    def answers() -> list[object]:
        local = Local()
        run = local.run()
        return [run, local.finish(run), local.answers(run), local.headers]

    assert answers() == answers()


# --- Construction -----------------------------------------------------------------


def test_a_script_must_be_one():
    with pytest.raises(UsageError, match="script must be"):
        LocalService([Say("Hi")])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "wrong",
    [
        {"expires_after": float("inf")},
        {"expires_after": float("nan")},
        {"pace": float("nan")},
        {"pace": -1},
        {"pace": "1"},
        {"poll_after_ms": "5"},
        {"prefix": 5},
        {"api_key": 5},
        {"api_key": ""},
    ],
)
def test_an_option_that_cannot_be_is_refused_at_once(wrong):
    (name,) = wrong

    with pytest.raises(UsageError, match=f"{name} must be a"):
        LocalService(**wrong)


@pytest.mark.parametrize("host", [InMemoryTransport, AsyncInMemoryTransport])
@pytest.mark.parametrize(
    ("wrong", "said"),
    [(LocalService, "LocalService, a class: call it"), (5, "not of type int")],
)
def test_what_is_no_service_is_refused_at_once(host, wrong, said):
    with pytest.raises(UsageError, match=f"service must be an object .*{said}"):
        host(wrong)


def test_what_a_script_raises_comes_through_and_the_run_stays():
    class Broken(Exception):
        pass

    def script(context):
        raise Broken

    local = Local(script)
    run = local.run()

    with pytest.raises(Broken):
        local.look(run)
    listed = local.get(f"/threads/{run['thread_id']}/runs")["data"]
    assert [r["status"] for r in listed] == ["queued"]


# --- Anything ---------------------------------------------------------------------

PATHS = [
    "/v1/assistants",
    "/v1/threads",
    "/v1/threads/runs",
    "/v1/threads/{t}/messages",
    "/v1/threads/{t}/runs",
    "/v1/threads/{t}/runs/{r}",
    "/v1/threads/{t}/runs/{r}/submit_tool_outputs",
    "/v1/threads/{t}/runs/{r}/steps",
]
NAMES = ["model", "tools", "metadata", "messages", "thread", "assistant_id", "stream"]
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*NAMES, "type"]), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(
    method=st.sampled_from(["GET", "POST", "DELETE", "PATCH"]),
    path=st.sampled_from(PATHS) | st.text(max_size=20),
    query=st.text(max_size=20),
    body=st.binary(max_size=20) | st.builds(lambda v: json.dumps(v).encode(), VALUES),
)
def test_any_request_is_answered(method, path, query, body):
    local = Local()
    run = local.run()
    path = path.replace("{t}", run["thread_id"]).replace("{r}", run["id"])
    request = ServiceRequest(
        method=method, target=f"{path}?{query}", headers=BETA, body=body
    )

    reply = local.service.handle(request, NOW)

    assert reply.status in (200, 400, 404, 405)
    assert all(isinstance(chunk, bytes) for chunk in reply.chunks)
