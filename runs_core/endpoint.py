"""Where requests go and as whom: every difference between servers is a value here."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Self, TypeAlias

from attrs import field, frozen

from runs_core._base_url import azure_resource, checked_base_url, foundry_project
from runs_core._checks import mapping_of
from runs_core._omit import Omit
from runs_core._sealed import sealed, sealed_init
from runs_core._version import __version__
from runs_core.auth import Auth, AuthLike, Bearer, HeaderKeys, as_auth
from runs_core.errors import UsageError
from runs_core.flows.request import TEMPLATES, ApiRequest
from runs_core.wire.http import (
    Headers,
    Query,
    Request,
    Timeouts,
    check_header,
    encode_path,
    encode_query,
    places_of,
)

__all__ = ["Endpoint", "HeaderChanges", "Query", "check_endpoint"]

_DEFAULTS = (
    ("openai-beta", "assistants=v2"),
    ("accept", "application/json"),
    # Compressed event streams arrive late, and a small body can unpack to a huge one.
    ("accept-encoding", "identity"),
    ("user-agent", f"runs-core/{__version__}"),
)


def _as_auth(auth: AuthLike) -> Auth:
    return as_auth(auth)  # mypy accepts no decorated function as a converter.


HeaderChanges: TypeAlias = Mapping[str, str | Omit | None]
"""Headers that are added to the default ones, or replace them; None removes one."""


def _with_defaults(headers: HeaderChanges | Headers | None) -> Headers:
    if isinstance(headers, Headers):
        return headers
    changes = []
    for name, value in mapping_of("headers", headers).items():
        kept = None if isinstance(value, Omit) else value
        changes.append((check_header(name, "" if kept is None else kept)[0], kept))
    return Headers(_DEFAULTS).merged(changes)


def _checked_query(
    query: Mapping[str, str] | Query | None,
) -> tuple[tuple[str, str], ...]:
    given: Any = query.items() if isinstance(query, Mapping) else query or ()
    # A value that is not iterable is refused like one that has no pairs, such as a str.
    pairs = tuple(given) if isinstance(given, Iterable) else (given,)
    if not all(isinstance(pair, tuple | list) and len(pair) == 2 for pair in pairs):
        raise UsageError("query must be a mapping, or pairs of a name and a value")
    encode_query(pairs)  # Refuses what cannot be sent.
    return tuple((name, value) for name, value in pairs)


def _versioned(
    api_version: str, query: Mapping[str, str] | Query | None
) -> tuple[tuple[str, str], ...]:
    """Return the query with Azure's `api-version` added, unless it has one."""
    pairs = _checked_query(query)
    if any(name == "api-version" for name, _ in pairs):
        return pairs
    if not isinstance(api_version, str) or not api_version:
        raise UsageError("api_version must be a str, such as 'v1', and not empty")
    return (("api-version", api_version), *pairs)


# Each id takes a whole segment: a part of one could become a dot segment.
_TEMPLATE = re.compile(r"(?:/(?:\{\w+\}|[-.~\w]+))+", re.ASCII)


def _checked_paths(paths: Mapping[str, str] | None) -> dict[str, str]:
    paths = mapping_of("paths", paths)
    for operation, template in paths.items():
        if operation not in TEMPLATES:
            raise UsageError(
                f"paths has {operation!r}, which is not an operation; operations are "
                + ", ".join(TEMPLATES)
            )
        if not isinstance(template, str) or not _TEMPLATE.fullmatch(template):
            raise UsageError(
                f"the path for {operation!r} must look like /threads/{{thread_id}}/runs"
            )
        places, wanted = places_of(template), places_of(TEMPLATES[operation])
        if set(places) != set(wanted):
            # One without an id would reach all that there are.
            raise UsageError(
                f"the path for {operation!r} must have places for"
                f" {_listed(wanted)}, as {TEMPLATES[operation]} has; it has them for"
                f" {_listed(places)}"
            )
    return dict(paths)


def _listed(places: Iterable[str]) -> str:
    return " and ".join(f"{{{name}}}" for name in places) or "no id"


@sealed_init
@frozen
class Endpoint:
    """One server, as one user of it.

    `base_url` is kept verbatim, including a path prefix, but without trailing slashes;
    paths are appended to it. `auth` is a bearer key, an auth object, a function that
    returns tokens, or None. `headers` go with every request and replace those of
    `auth`; None removes a default one, such as `OpenAI-Beta`. A `Headers`, as
    `attrs.evolve` passes it on, is taken as it is, without the default ones. `query`
    goes with every URL, except for parameters that a request has itself. `paths`
    replaces path templates by operation name, for servers that spell them differently;
    the ids in them stay the same.

    The profiles below return ordinary endpoints: they only fill in what one kind of
    server needs, and take the same mappings of `headers`, `query` and `paths`, except
    `from_environ`.

    Raises `InvalidEndpoint`, `InvalidHeader` or `UsageError`; none of them quotes a
    key.
    """

    base_url: str = field(converter=checked_base_url)
    auth: Auth = field(
        default=None, converter=_as_auth, repr=lambda auth: type(auth).__name__
    )
    headers: Headers = field(default=None, converter=_with_defaults, kw_only=True)
    query: tuple[tuple[str, str], ...] = field(
        default=None, converter=_checked_query, kw_only=True, repr=False
    )
    paths: Mapping[str, str] = field(
        default=None, converter=_checked_paths, kw_only=True
    )

    @classmethod
    @sealed
    def plain(
        cls,
        base_url: str,
        auth: AuthLike = None,
        *,
        headers: HeaderChanges | None = None,
        query: Mapping[str, str] | Query | None = None,
        paths: Mapping[str, str] | None = None,
    ) -> Self:
        """A server that gets no header of OpenAI's own: no `OpenAI-Beta`."""
        headers = {"openai-beta": None, **mapping_of("headers", headers)}
        return cls(base_url, auth, headers=headers, query=query, paths=paths)

    @classmethod
    @sealed
    def openai_compatible(
        cls,
        base_url: str,
        auth: AuthLike = None,
        *,
        organization: str | None = None,
        project: str | None = None,
        headers: HeaderChanges | None = None,
        query: Mapping[str, str] | Query | None = None,
        paths: Mapping[str, str] | None = None,
    ) -> Self:
        """A server that speaks OpenAI's dialect at a base URL such as `…/v1`."""
        named = {"openai-organization": organization, "openai-project": project}
        given = {name: value for name, value in named.items() if value is not None}
        headers = {**given, **mapping_of("headers", headers)}
        return cls(base_url, auth, headers=headers, query=query, paths=paths)

    @classmethod
    @sealed
    def azure_openai(
        cls,
        resource_url: str,
        *,
        api_key: str | None = None,
        auth: AuthLike = None,
        api_version: str = "2024-05-01-preview",
        headers: HeaderChanges | None = None,
        query: Mapping[str, str] | Query | None = None,
        paths: Mapping[str, str] | None = None,
    ) -> Self:
        """An Azure OpenAI resource: `https://<name>.openai.azure.com`.

        Threads belong to the resource, not to a deployment. Pass either `api_key`, or
        `auth` for Entra tokens. Microsoft switched threads off on 2026-08-26.
        """
        if (api_key is None) == (auth is None):
            raise UsageError("pass azure_openai either api_key or auth (Entra tokens)")
        if api_key is not None:
            auth = HeaderKeys({"api-key": api_key})
        return cls(
            f"{azure_resource(resource_url)}/openai",
            auth,
            headers=headers,
            query=_versioned(api_version, query),
            paths=paths,
        )

    @classmethod
    @sealed
    def foundry_classic(
        cls,
        project_url: str,
        auth: AuthLike,
        *,
        api_version: str = "v1",
        headers: HeaderChanges | None = None,
        query: Mapping[str, str] | Query | None = None,
        paths: Mapping[str, str] | None = None,
    ) -> Self:
        """A project of Microsoft Foundry Agent Service "classic".

        `project_url` is `https://<name>.services.ai.azure.com/api/projects/<project>`,
        or that of a gateway in front of it, with any path; `auth` provides Entra tokens
        for the scope `https://ai.azure.com/.default`.
        """
        return cls.plain(
            foundry_project(project_url),
            auth,
            headers=headers,
            query=_versioned(api_version, query),
            paths=paths,
        )

    @classmethod
    @sealed
    def from_environ(cls, environ: Mapping[str, str]) -> Self:
        """The endpoint that openai-python's (or Azure's) variables describe.

        Reads `OPENAI_BASE_URL`, `OPENAI_API_KEY`, `OPENAI_ORG_ID`, `OPENAI_PROJECT_ID`
        and `OPENAI_CUSTOM_HEADERS`. If `AZURE_OPENAI_ENDPOINT` is set, it replaces the
        first two, together with `OPENAI_API_VERSION` and `AZURE_OPENAI_AD_TOKEN` (or
        else `AZURE_OPENAI_API_KEY`).
        Raises `UsageError` if one of Azure's is missing, or if neither URL is set:
        there is no default server.
        """
        env = {}
        for name, value in mapping_of("environ", environ).items():
            if not isinstance(value, str):
                kind = type(value).__name__
                raise UsageError(f"{name} of environ must be a str, not {kind}")
            if value.strip():
                env[name] = value.strip()
        if azure := env.get("AZURE_OPENAI_ENDPOINT"):
            return cls._azure_from(azure, env)
        base_url = env.get("OPENAI_BASE_URL")
        if base_url is None:
            raise UsageError(
                "set OPENAI_BASE_URL (or AZURE_OPENAI_ENDPOINT): OpenAI's own service"
                " was switched off, so there is no default server"
            )
        return cls(base_url, env.get("OPENAI_API_KEY"), headers=_headers_from(env))

    @classmethod
    def _azure_from(cls, resource_url: str, env: Mapping[str, str]) -> Self:
        version = env.get("OPENAI_API_VERSION")
        if version is None:
            raise UsageError("AZURE_OPENAI_ENDPOINT is set: set OPENAI_API_VERSION too")
        # openai-python's order: the token beats the key.
        auth: Auth
        if token := env.get("AZURE_OPENAI_AD_TOKEN"):
            auth = Bearer(token)
        elif key := env.get("AZURE_OPENAI_API_KEY"):
            auth = HeaderKeys({"api-key": key})
        else:
            raise UsageError(
                "AZURE_OPENAI_ENDPOINT is set: set AZURE_OPENAI_API_KEY or"
                " AZURE_OPENAI_AD_TOKEN too"
            )
        return cls.azure_openai(
            resource_url, auth=auth, api_version=version, headers=_headers_from(env)
        )

    @sealed
    def prepare(
        self, request: ApiRequest, credentials: Headers | None = None
    ) -> Request:
        """Return the request that this server expects, for any HTTP client to send.

        `credentials` are those of this attempt; header fields of the endpoint and of
        the request replace them. Without them, the endpoint's own key is used; a token
        provider has to be called first, which `Client` does. Raises `UsageError`,
        including `InvalidHeader` and `InvalidPathParameter`.
        """
        if not isinstance(request, ApiRequest):
            raise UsageError(
                f"prepare takes the request of a call, not a {type(request).__name__}:"
                " pass call.request; for a flow, drive bound(flow, endpoint)"
            )
        if credentials is None:
            credentials = self._static_credentials()
        if not isinstance(credentials, Headers):
            raise UsageError(
                "credentials must be Headers, such as Headers({'authorization': …}),"
                f" not of type {type(credentials).__name__}"
            )
        template = self.paths.get(request.operation, request.template)
        path = encode_path(template, **dict(request.ids))
        own = {name for name, _ in request.query}
        kept = (pair for pair in self.query if pair[0] not in own)
        query = encode_query((*kept, *request.query))
        # A header that the user has set goes first, as in openai-python.
        lacking = [pair for pair in credentials if pair[0] not in self.headers]
        headers = self.headers.merged(lacking)
        if request.body is not None:
            headers = headers.merged([("content-type", "application/json")])
        return Request(
            method=request.method,
            url=f"{self.base_url}{path}" + (f"?{query}" if query else ""),
            headers=headers.merged(request.headers),
            body=request.body,
            timeouts=request.timeouts or Timeouts(),
        )

    def _static_credentials(self) -> Headers:
        flow = self.auth.credentials()
        try:
            next(flow)
        except StopIteration as end:
            headers: Headers = end.value
            return headers
        flow.close()
        raise UsageError(
            "this endpoint's credentials come from a function: call it, and pass its"
            " result, as Headers, to prepare(request, credentials)"
        )


def check_endpoint(endpoint: object) -> None:
    """Raise `UsageError` for anything that is not an `Endpoint`, such as a URL."""
    if not isinstance(endpoint, Endpoint):
        raise UsageError(
            "endpoint must be an Endpoint, such as Endpoint(base_url, key), not of"
            f" type {type(endpoint).__name__}"
        )


def _headers_from(env: Mapping[str, str]) -> dict[str, str]:
    """Return the headers that variables set; one variable has `Name: value` lines."""
    names = (
        ("openai-organization", "OPENAI_ORG_ID"),
        ("openai-project", "OPENAI_PROJECT_ID"),
    )
    headers = {header: env[name] for header, name in names if name in env}
    lines = env.get("OPENAI_CUSTOM_HEADERS", "").split("\n")
    for number, line in enumerate(lines, 1):
        name, colon, value = line.partition(":")
        if colon:
            headers[name.strip()] = value.strip()
        elif line.strip():
            raise UsageError(
                f"line {number} of OPENAI_CUSTOM_HEADERS is not `Name: value`"
            )
    return headers
