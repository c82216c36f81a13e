"""Where requests go, and with which credentials."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
import pytest
from rich.pretty import pretty_repr

from runs_core import Omit, runs
from runs_core.auth import Bearer, HeaderKeys, NoAuth, TokenProvider
from runs_core.endpoint import Endpoint
from runs_core.errors import InvalidEndpoint, InvalidHeader, UsageError
from runs_core.flows.request import ApiRequest
from runs_core.wire.http import Headers, Request, Timeouts
from tests.leaks import assert_sealed, key, leaks_in


def a_request(**changes: Any) -> ApiRequest:
    given: dict[str, Any] = {
        "operation": "runs.retrieve",
        "method": "GET",
        "template": "/threads/{thread_id}/runs/{run_id}",
        "ids": (("thread_id", "t/1"), ("run_id", "r")),
    }
    return ApiRequest(**{**given, **changes})


# --- The base URL ------------------------------------------------------------------


@pytest.mark.parametrize(
    "base_url",
    [
        "https://api.test",
        "https://api.test/v1",
        "https://h.services.ai.azure.com/api/projects/my%20project",
        "http://127.0.0.1:8086/api/v1",
        "http://[::1]:4000",
        "https://api.test/a//b",
        "HTTPS://API.test/V1",
    ],
)
def test_the_base_url_is_kept_verbatim(base_url: str) -> None:
    for given in (base_url, base_url + "/"):
        endpoint = Endpoint(given)

        assert endpoint.base_url == base_url
        url = endpoint.prepare(a_request()).url
        assert url == f"{base_url}/threads/t%2F1/runs/r"


@pytest.mark.parametrize(
    ("base_url", "problem"),
    [
        ("api.test/v1", "does not begin with http"),
        ("ftp://api.test", "does not begin with http"),
        ("//api.test", "does not begin with http"),
        ("", "does not begin with http"),
        ("https://", "has no host"),
        ("https:///v1", "has no host"),
        ("https://:80", "has no host"),
        ("https://api.test:99999", "port or host"),
        ("https://api.test:x", "port or host"),
        ("https://[::1", "port or host"),
        ("https://user:pw@api.test", "user or password"),
        ("https://user@api.test", "user or password"),
        ("https://api.test?x=1", "query or fragment"),
        ("https://api.test?", "query or fragment"),
        ("https://api.test/#x", "query or fragment"),
        ("https://api.test/a/../b", "dot segment"),
        ("https://api.test/%2E%2e/b", "dot segment"),
        ("https://api.test/.", "dot segment"),
        ("https://api.test/ü", "characters"),
        ("https://api.test/a b", "characters"),
        ("https://api.test/a\n", "characters"),
        ("https://api.test\\@evil.test", "characters"),
        ("https://api.test/{x}", "characters"),
        ("https://bücher.test", "host in Punycode"),
        ("https://b%C3%BCcher.test", "a % in its host.*in Punycode"),
        ("https://[fe80::1%25eth0]", "an IPv6 address without a zone"),
        ("https://[fe80::1%eth0]", "an IPv6 address without a zone"),
        (b"https://api.test", "must be a str, not bytes"),
        (None, "must be a str, not NoneType"),
    ],
)
def test_what_is_no_base_url_is_refused_with_what_is_wrong(
    base_url: Any, problem: str
) -> None:
    with pytest.raises(InvalidEndpoint, match=problem) as caught:
        Endpoint(base_url)

    assert isinstance(caught.value, ValueError)
    assert "evil" not in str(caught.value)
    assert "pw" not in str(caught.value)


# --- Requests ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "taken",
    [runs.retrieve("run_1", "thread_1"), runs.stream("thread_1", assistant_id="a")],
)
def test_what_is_not_the_request_of_a_call_is_not_prepared(taken: Any) -> None:
    with pytest.raises(UsageError, match=r"of a call, not a \w+: pass call\.request;"):
        Endpoint("https://runs.example/v1").prepare(taken)


def test_a_prepared_request_is_all_that_an_http_client_needs() -> None:
    request = Endpoint("https://api.test/v1", "k").prepare(
        a_request(method="POST", body=b"{}", query=(("include[]", "a"),))
    )

    assert request == Request(
        method="POST",
        url="https://api.test/v1/threads/t%2F1/runs/r?include%5B%5D=a",
        headers=request.headers,
        body=b"{}",
        timeouts=Timeouts(),
    )
    assert dict(request.headers) == {
        "accept": "application/json",
        "accept-encoding": "identity",
        "authorization": "Bearer k",
        "content-type": "application/json",
        "openai-beta": "assistants=v2",
        "user-agent": request.headers["user-agent"],
    }
    assert request.headers["user-agent"].startswith("runs-core/")


def test_a_request_without_body_has_no_content_type() -> None:
    headers = Endpoint("https://api.test").prepare(a_request()).headers

    assert "content-type" not in headers
    assert "authorization" not in headers


def test_later_headers_win_and_none_removes() -> None:
    endpoint = Endpoint(
        "https://api.test", "k", headers={"OpenAI-Beta": None, "X-A": "1", "x-b": "1"}
    )
    request = endpoint.prepare(
        a_request(body=b"", headers=(("x-a", "2"), ("x-b", None), ("accept", None)))
    )

    assert "openai-beta" not in request.headers
    assert request.headers["x-a"] == "2"
    assert "x-b" not in request.headers
    assert "accept" not in request.headers


def test_default_headers_win_over_credentials_and_a_calls_own_over_both() -> None:
    endpoint = Endpoint("https://api.test", "k", headers={"Authorization": "Basic x"})
    mine = a_request(headers=(("authorization", "mine"),))

    assert endpoint.prepare(a_request()).headers["authorization"] == "Basic x"
    assert endpoint.prepare(mine).headers["authorization"] == "mine"


def test_the_endpoints_query_comes_first_and_repeats_are_kept() -> None:
    endpoint = Endpoint(
        "https://api.test", query=[("api-version", "v1"), ("tag", "a"), ("tag", "b")]
    )

    assert endpoint.prepare(a_request(query=(("limit", "2"),))).url.endswith(
        "?api-version=v1&tag=a&tag=b&limit=2"
    )
    assert Endpoint("https://a.test", query={"x": "1"}).query == (("x", "1"),)
    pairs: Any = [["x", "1"]]
    assert Endpoint("https://a.test", query=pairs).query == (("x", "1"),)


def test_the_requests_own_timeouts_are_kept() -> None:
    mine = a_request(timeouts=Timeouts(1.0, 2.0))

    assert Endpoint("https://a.test").prepare(mine).timeouts == Timeouts(1.0, 2.0)


def test_a_path_can_be_spelled_differently() -> None:
    endpoint = Endpoint(
        "https://a.test", paths={"runs.retrieve": "/t/{thread_id}/runs-of/{run_id}"}
    )

    assert endpoint.prepare(a_request()).url == "https://a.test/t/t%2F1/runs-of/r"
    other = a_request(operation="runs.cancel")
    assert endpoint.prepare(other).url == "https://a.test/threads/t%2F1/runs/r"


@pytest.mark.parametrize(
    "template",
    ["", "threads", "/a?b", "/{a}{b}", "/x{a}", "/{}", "/{a", "/a b", "/{a!r}"],
)
def test_a_path_that_is_no_template_is_refused_by_its_operation(template: str) -> None:
    with pytest.raises(UsageError, match=r"the path for 'runs\.list' must look like"):
        Endpoint("https://a.test", paths={"runs.list": template})


@pytest.mark.parametrize("name", ["runs.creat", "submit_tool_outputs", "", 7])
def test_a_path_for_no_operation_is_refused_with_those_there_are(name: Any) -> None:
    with pytest.raises(
        UsageError, match=r"not an operation; .*runs\.create, "
    ) as caught:
        Endpoint("https://a.test", paths={name: "/runs"})

    assert repr(name) in str(caught.value)


@pytest.mark.parametrize(
    ("operation", "template", "has"),
    [
        ("runs.cancel", "/cancel-all", "no id"),
        ("runs.cancel", "/threads/{thread_id}/runs/{runid}", "{thread_id} and {runid}"),
        ("runs.retrieve", "/{step_id}", "{step_id}"),
        ("runs.retrieve", "/{thread_id}/{run_id}/{x}", "{thread_id} and {run_id} and"),
    ],
)
def test_a_path_has_a_place_for_each_id_of_its_operation_and_for_no_other(
    operation: str, template: str, has: str
) -> None:
    with pytest.raises(UsageError) as caught:
        Endpoint("https://a.test", paths={operation: template})

    assert f"the path for {operation!r} must have places for" in str(caught.value)
    assert "for {thread_id} and {run_id}, as /threads/" in str(caught.value)
    assert f"it has them for {has}" in str(caught.value)


def test_a_path_of_an_operation_without_ids_has_none() -> None:
    with pytest.raises(UsageError, match="must have places for no id, as /threads has"):
        Endpoint("https://a.test", paths={"threads.create": "/threads/{thread_id}"})


def test_credentials_of_an_attempt_replace_the_endpoints_own() -> None:
    endpoint = Endpoint("https://a.test", lambda: "token")

    headers = endpoint.prepare(a_request(), Headers({"authorization": "x"})).headers
    assert headers["authorization"] == "x"
    with pytest.raises(UsageError, match=r"prepare\(request, credentials\)"):
        endpoint.prepare(a_request())


@pytest.mark.parametrize("wrong", [{"authorization": "Bearer k"}, "Bearer k", 5])
def test_credentials_that_are_no_headers_are_refused(wrong: Any) -> None:
    with pytest.raises(UsageError, match="credentials must be Headers, such as"):
        Endpoint("https://a.test").prepare(a_request(), wrong)


def test_a_field_that_is_there_twice_is_sent_twice_unless_a_call_replaces_it() -> None:
    endpoint = Endpoint("https://a.test", headers=Headers([("x-a", "1"), ("x-a", "2")]))

    assert list(endpoint.prepare(a_request()).headers) == [("x-a", "1"), ("x-a", "2")]
    replacing = a_request(headers=(("x-a", "3"),))
    assert list(endpoint.prepare(replacing).headers) == [("x-a", "3")]


def test_hazard_2_an_auth_objects_headers_are_checked_too() -> None:
    forged = Headers({"authorization": "x\r\nhost: evil.test"})

    with pytest.raises(InvalidHeader):
        Endpoint("https://a.test").prepare(a_request(), forged)


@pytest.mark.parametrize("name", ["a b", "a\r\n", ""])
def test_bad_default_headers_are_refused_at_construction(name: str) -> None:
    with pytest.raises(InvalidHeader):
        Endpoint("https://a.test", headers={name: "x"})
    with pytest.raises(InvalidHeader):
        Endpoint("https://a.test", headers={name: None})


@pytest.mark.parametrize("bad", [3, None, b"x", "\ud800"])
def test_bad_queries_are_refused_at_construction(bad: Any) -> None:
    with pytest.raises(UsageError, match="query parameter"):
        Endpoint("https://a.test", query={"x": bad})


def test_an_endpoint_can_be_changed_into_another() -> None:
    endpoint = Endpoint(
        "https://a.test", "k", headers={"openai-beta": None}, query={"a": "b"}
    )
    other = attrs.evolve(endpoint, base_url="https://b.test/")

    assert other.base_url == "https://b.test"
    assert other.headers == endpoint.headers
    assert (other.auth, other.query) == (endpoint.auth, endpoint.query)


def test_headers_can_be_added_to_those_of_an_endpoint() -> None:
    endpoint = Endpoint.foundry_classic(
        "https://a.test/api/projects/p", "k", headers={"x-team": "a"}
    )
    more = endpoint.headers.merged([("x-mine", "yes")])
    other = attrs.evolve(endpoint, headers=more)

    assert other.headers["x-team"] == "a"
    assert other.headers["x-mine"] == "yes"
    assert "openai-beta" not in other.headers


# --- Profiles ----------------------------------------------------------------------


def sent(endpoint: Endpoint) -> Request:
    return endpoint.prepare(a_request())


def test_openai_compatible_names_organization_and_project() -> None:
    request = sent(
        Endpoint.openai_compatible(
            "https://a.test/v1",
            "k",
            organization="org-1",
            project="proj-1",
            headers={"OpenAI-Project": "proj-2", "x": "y"},
        )
    )

    assert request.headers["authorization"] == "Bearer k"
    assert request.headers["openai-organization"] == "org-1"
    assert request.headers["openai-project"] == "proj-2"
    assert request.headers["x"] == "y"
    assert (
        "openai-project"
        not in sent(Endpoint.openai_compatible("https://a.test")).headers
    )


@pytest.mark.parametrize("url", ["https://x.openai.azure.com", "https://x.test/"])
def test_azure_openai_is_resource_scoped_and_versioned(url: str) -> None:
    request = sent(Endpoint.azure_openai(url, api_key="k", headers={"x": "y"}))

    assert request.url == (
        f"{url.rstrip('/')}/openai/threads/t%2F1/runs/r?api-version=2024-05-01-preview"
    )
    assert request.headers["api-key"] == "k"
    assert "authorization" not in request.headers
    assert request.headers["openai-beta"] == "assistants=v2"
    assert request.headers["x"] == "y"


@pytest.mark.parametrize("version", ["", None, 1])
def test_an_api_version_is_a_str_that_is_not_empty(version: Any) -> None:
    for profile in (Endpoint.azure_openai, Endpoint.foundry_classic):
        url = "https://x.services.ai.azure.com/api/projects/p"
        with pytest.raises(UsageError, match="api_version must be a str"):
            profile(url, auth="t", api_version=version)
        # The query's own is what is sent.
        query = {"api-version": "v2"}
        with_query = profile(url, auth="t", api_version=version, query=query)
        assert sent(with_query).url.endswith("?api-version=v2")


def test_azure_openai_takes_a_key_or_tokens_not_both_and_not_neither() -> None:
    by_token = Endpoint.azure_openai("https://x.test", auth="t", api_version="v")

    assert sent(by_token).headers["authorization"] == "Bearer t"
    assert sent(by_token).url.endswith("?api-version=v")
    for given in ({}, {"api_key": "k", "auth": "t"}):
        with pytest.raises(UsageError, match="either api_key or auth"):
            Endpoint.azure_openai("https://x.test", **given)  # type: ignore[arg-type]


def test_an_empty_azure_key_is_not_sent_as_nobodys() -> None:
    with pytest.raises(UsageError, match="the key is empty"):
        Endpoint.azure_openai("https://x.test", api_key="")


def test_foundry_classic_has_a_version_and_no_beta_header() -> None:
    url = "https://id.services.ai.azure.com/api/projects/p"
    endpoint = Endpoint.foundry_classic(url, lambda: "token", headers={"x": "y"})

    assert isinstance(endpoint.auth, TokenProvider)
    request = endpoint.prepare(a_request(), Headers())
    assert request.url == f"{url}/threads/t%2F1/runs/r?api-version=v1"
    assert "openai-beta" not in request.headers
    assert request.headers["x"] == "y"


def test_a_foundry_resource_without_a_project_is_no_place_for_threads() -> None:
    for path in ("", "/", "/api/projects", "/api/projects/p/agents", "/openai/v1"):
        url = f"https://id.services.ai.azure.com{path}"
        with pytest.raises(InvalidEndpoint, match="/api/projects/<project>"):
            Endpoint.foundry_classic(url, lambda: "token")


def test_a_gateway_in_front_of_a_foundry_project_may_have_any_path() -> None:
    endpoint = Endpoint.foundry_classic("https://gateway.test/ai/", lambda: "token")

    assert endpoint.base_url == "https://gateway.test/ai"


def test_from_environ_reads_openai_pythons_variables() -> None:
    endpoint = Endpoint.from_environ(
        {
            "OPENAI_BASE_URL": " https://a.test/v1 ",
            "OPENAI_API_KEY": "k\n",
            "OPENAI_ORG_ID": "org",
            "OPENAI_PROJECT_ID": "  ",
            "OPENAI_CUSTOM_HEADERS": "X-A: 1:2\n\n x-b :b \nOpenAI-Beta: mine",
            "HTTPS_PROXY": "ignored",
        }
    )

    headers = sent(endpoint).headers
    assert endpoint.base_url == "https://a.test/v1"
    assert headers["authorization"] == "Bearer k"
    assert headers["openai-organization"] == "org"
    assert "openai-project" not in headers
    assert (headers["x-a"], headers["x-b"]) == ("1:2", "b")
    assert headers["openai-beta"] == "mine"


@pytest.mark.parametrize("environ", ["x", ["a"], {"OPENAI_BASE_URL": 5}])
def test_from_environ_refuses_in_words_what_is_no_environment(environ: Any) -> None:
    with pytest.raises(UsageError, match=r"environ must be a (mapping|str)"):
        Endpoint.from_environ(environ)


def test_from_environ_without_a_key_sends_none() -> None:
    endpoint = Endpoint.from_environ({"OPENAI_BASE_URL": "https://a.test"})

    assert endpoint.auth == NoAuth()


AZURE = {"AZURE_OPENAI_ENDPOINT": "https://x.test", "OPENAI_API_VERSION": "v"}


def test_from_environ_reads_azures_variables() -> None:
    by_key = Endpoint.from_environ({**AZURE, "AZURE_OPENAI_API_KEY": "k"})
    both = {"AZURE_OPENAI_API_KEY": "k", "AZURE_OPENAI_AD_TOKEN": "t"}
    by_token = Endpoint.from_environ({**AZURE, **both})

    assert by_key.auth == HeaderKeys({"api-key": "k"})
    assert sent(by_key).url.endswith("/openai/threads/t%2F1/runs/r?api-version=v")
    assert by_token.auth == Bearer("t")


@pytest.mark.parametrize(
    ("environ", "advice"),
    [
        ({}, "set OPENAI_BASE_URL"),
        ({"OPENAI_BASE_URL": "  "}, "set OPENAI_BASE_URL"),
        ({"AZURE_OPENAI_ENDPOINT": "https://x.test"}, "set OPENAI_API_VERSION"),
        (AZURE, "set AZURE_OPENAI_API_KEY or AZURE_OPENAI_AD_TOKEN"),
        (
            {"OPENAI_BASE_URL": "https://a.test", "OPENAI_CUSTOM_HEADERS": "a: b\nc"},
            "line 2 of OPENAI_CUSTOM_HEADERS",
        ),
    ],
)
def test_from_environ_says_which_variable_to_set(
    environ: dict[str, str], advice: str
) -> None:
    with pytest.raises(UsageError, match=advice):
        Endpoint.from_environ(environ)


def test_from_environ_sends_the_named_headers_to_azure_too() -> None:
    endpoint = Endpoint.from_environ(
        {
            **AZURE,
            "AZURE_OPENAI_API_KEY": "k",
            "OPENAI_ORG_ID": "org",
            "OPENAI_PROJECT_ID": "project",
            "OPENAI_CUSTOM_HEADERS": "X-A: 1",
        }
    )

    headers = sent(endpoint).headers
    assert (headers["openai-organization"], headers["x-a"]) == ("org", "1")
    assert headers["openai-project"] == "project"


# --- Profiles ----------------------------------------------------------------------

PROFILES: dict[str, Callable[..., Endpoint]] = {
    "plain": lambda **o: Endpoint.plain("https://a.test", "k", **o),
    "openai": lambda **o: Endpoint.openai_compatible("https://a.test", "k", **o),
    "azure": lambda **o: Endpoint.azure_openai("https://a.test", api_key="k", **o),
    "foundry": lambda **o: Endpoint.foundry_classic("https://a.test", "k", **o),
}


@pytest.mark.parametrize("name", PROFILES)
def test_every_profile_takes_headers_query_and_paths(name: str) -> None:
    endpoint = PROFILES[name](
        headers={"X-A": "1", "User-Agent": None, "Accept": Omit()},
        query=[("x", "1"), ("x", "2")],
        paths={"runs.retrieve": "/other/{thread_id}/{run_id}"},
    )

    request = sent(endpoint)
    assert request.headers["x-a"] == "1"
    assert "user-agent" not in request.headers
    assert "accept" not in request.headers
    assert "/other/t%2F1/r?" in request.url
    assert request.url.endswith("x=1&x=2")


@pytest.mark.parametrize("name", ["plain", "foundry"])
def test_some_profiles_send_nothing_of_openais_own_unless_told_to(name: str) -> None:
    assert "openai-beta" not in sent(PROFILES[name]()).headers
    told = PROFILES[name](headers={"OpenAI-Beta": "assistants=v1"})
    assert sent(told).headers["openai-beta"] == "assistants=v1"


@pytest.mark.parametrize("name", ["azure", "foundry"])
def test_a_version_is_in_an_url_once(name: str) -> None:
    own = PROFILES[name](query={"api-version": "mine"})
    of_the_call = runs.retrieve("r", "t", extra_query={"api-version": "v9"}).request

    assert sent(own).url.count("api-version") == 1
    assert sent(own).url.endswith("?api-version=mine")
    assert own.prepare(of_the_call).url.endswith("?api-version=v9")


def test_an_azure_base_url_of_openai_python_is_the_same_resource() -> None:
    short = Endpoint.azure_openai("https://x.openai.azure.com", api_key="k")

    for url in ("https://x.openai.azure.com/openai", f"{short.base_url}/"):
        assert Endpoint.azure_openai(url, api_key="k") == short


def test_an_azure_v1_url_is_no_place_for_threads() -> None:
    for path in ("/openai/v1", "/openai/v1/"):
        with pytest.raises(InvalidEndpoint, match="v1 API, which has no threads"):
            Endpoint.azure_openai(f"https://x.openai.azure.com{path}", api_key="k")


def test_an_azure_deployment_is_no_place_for_threads() -> None:
    for path in ("/openai/deployments/gpt-4o", "/openai/deployments/gpt-4o/"):
        with pytest.raises(InvalidEndpoint, match="deployment's name as model"):
            Endpoint.azure_openai(f"https://x.openai.azure.com{path}", api_key="k")


@pytest.mark.parametrize("name", PROFILES)
@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"headers": [("a", "b")]}, "headers must be a mapping, not of type list"),
        ({"headers": "abc"}, "headers must be a mapping, not of type str"),
        ({"paths": ["runs.list"]}, "paths must be a mapping"),
        ({"paths": {"runs.list": None}}, "the path for 'runs.list' must look like"),
        ({"query": "a=b"}, "query must be a mapping, or pairs"),
        ({"query": [("a",)]}, "query must be a mapping, or pairs"),
        ({"query": ["ab"]}, "query must be a mapping, or pairs"),
        ({"query": 5}, "query must be a mapping, or pairs"),
    ],
)
def test_what_an_option_must_be_is_said(
    name: str, options: dict[str, Any], says: str
) -> None:
    with pytest.raises(UsageError, match=says):
        PROFILES[name](**options)


# --- Keys --------------------------------------------------------------------------


def test_promise_4_no_repr_of_an_endpoint_shows_a_key() -> None:
    endpoint = Endpoint(
        "https://a.test", key(), headers={"x-any": key()}, query={"code": key()}
    )

    assert leaks_in(repr(endpoint)) == []
    assert leaks_in(pretty_repr(endpoint)) == []
    assert "https://a.test" in repr(endpoint)
    assert "Bearer" in repr(endpoint)


def prepared_with(credentials: Headers, **changes: Any) -> Request:
    endpoint = Endpoint("https://a.test", query={"code": key()})
    return endpoint.prepare(a_request(**changes), credentials)


@pytest.mark.parametrize(
    "call",
    [
        lambda: Endpoint("nowhere", key()),
        lambda: Endpoint("https://a.test", key() + "\n"),
        lambda: Endpoint("https://a.test", key().encode()),  # type: ignore[arg-type]
        lambda: Endpoint(f"https://{key()}@a.test"),
        lambda: Endpoint("nowhere", headers={"x": key()}),
        lambda: Endpoint("https://a.test", headers={"x": key() + "\n"}),
        lambda: Endpoint("https://a.test", headers={key() + " ": "x"}),
        lambda: Endpoint("https://a.test", headers=[("x", key())]),  # type: ignore[arg-type]
        lambda: Endpoint("https://a.test", query={"x": key().encode()}),  # type: ignore[arg-type]
        lambda: Endpoint("https://a.test", key(), query={"x": "\ud800"}),
        lambda: Endpoint("https://a.test", key(), paths={"x": ""}),
        lambda: Endpoint("https://a.test", key(), nonsense=1),  # type: ignore[call-arg]
        lambda: Endpoint.openai_compatible("nowhere", key()),
        lambda: Endpoint.openai_compatible("https://a.test", key(), project="\n"),
        lambda: Endpoint.azure_openai("nowhere", api_key=key()),
        lambda: Endpoint.azure_openai("https://a.test", api_key=key(), auth=key()),
        lambda: Endpoint.azure_openai("https://a.test", api_key=key() + "\n"),
        lambda: Endpoint.foundry_classic("nowhere", key()),
        lambda: Endpoint.from_environ({"OPENAI_API_KEY": key()}),
        lambda: Endpoint.from_environ(
            {"OPENAI_BASE_URL": "x", "OPENAI_API_KEY": key()}
        ),
        lambda: Endpoint.from_environ({**AZURE, "AZURE_OPENAI_API_KEY": key() + "\0"}),
        lambda: Endpoint.from_environ(
            {"AZURE_OPENAI_ENDPOINT": "x", "AZURE_OPENAI_AD_TOKEN": key()}
        ),
        lambda: Endpoint.from_environ(
            {"OPENAI_BASE_URL": "https://a.test", "OPENAI_CUSTOM_HEADERS": f"a {key()}"}
        ),
        lambda: prepared_with(Headers({"x": key() + "\n"})),
        lambda: prepared_with(Headers({"x": key()}), ids=(("thread_id", ""),)),
        lambda: prepared_with(Headers({"x": key()}), headers=(("bad name", "x"),)),
        # Without `prepared_with`, whose frame would show what is no Headers.
        lambda: Endpoint("https://a.test").prepare(a_request(), {"x": key()}),  # type: ignore[arg-type]
    ],
)
def test_promise_4_no_error_on_the_way_to_a_request_shows_a_key(call: Any) -> None:
    assert_sealed(call, (UsageError, TypeError, AttributeError))


def test_an_error_leaves_alone_the_error_that_was_being_handled() -> None:
    def outer() -> None:
        try:
            raise LookupError("mine")
        except LookupError:
            Endpoint("nowhere")

    with pytest.raises(InvalidEndpoint) as caught:
        outer()

    assert caught.value.__context__ is not None
    assert caught.value.__context__.__traceback__ is not None
