"""Base URLs that requests can be sent to, and what is wrong with others."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

from runs_core.errors import InvalidEndpoint

__all__ = ["azure_resource", "checked_base_url", "foundry_project"]

# RFC 3986 section 2: unreserved and reserved characters, and "%". A backslash, which
# some parsers take for a slash, would let two of them see two hosts.
_URL = re.compile(r"[-._~0-9A-Za-z:/?#\[\]@!$&'()*+,;=%]*")

_PROJECT = re.compile(r"/api/projects/[^/]+")


def checked_base_url(base_url: str) -> str:
    """Give the URL without a slash at its end, or say what is wrong with it."""
    if not isinstance(base_url, str):
        raise InvalidEndpoint(f"base_url must be a str, not {type(base_url).__name__}")
    problem = _base_url_problem(base_url)
    if problem:
        raise InvalidEndpoint(
            f"base_url {problem}; it looks like https://host[:port][/prefix]"
        )
    return base_url.rstrip("/")


def _base_url_problem(base_url: str) -> str | None:
    if not _URL.fullmatch(base_url):
        return "has characters that a URL cannot hold (RFC 3986): percent-encode them"
    try:
        parts = urlsplit(base_url)
        parts.port  # noqa: B018 (reading it parses it)
    except ValueError:
        return "has a port or host that is not valid"
    if parts.scheme.lower() not in ("http", "https"):
        return "does not begin with http:// or https://"
    if not parts.hostname:
        return "names no host"
    if "@" in parts.netloc:
        return "holds a user or password: give credentials as auth"
    if "?" in base_url or "#" in base_url:
        return "has a query or fragment: give query parameters as query"
    if any(unquote(segment) in (".", "..") for segment in parts.path.split("/")):
        return "has a dot segment in its path"
    return None


def azure_resource(url: str) -> str:
    """Give an Azure resource's URL, without what openai-python's base URLs add."""
    url = checked_base_url(url)
    if "/deployments/" in f"{url}/":
        raise InvalidEndpoint(
            "resource_url names a deployment, which has no threads: give the resource,"
            " https://<name>.openai.azure.com, and the deployment's name as model"
        )
    if url.endswith("/openai/v1"):
        raise InvalidEndpoint(
            "resource_url names the v1 API, which has no threads: give the resource,"
            " https://<name>.openai.azure.com"
        )
    return url.removesuffix("/openai")


def foundry_project(url: str) -> str:
    """Give a project's URL; what is not at Microsoft's own host may have any path."""
    url = checked_base_url(url)
    parts = urlsplit(url)
    at_microsoft = f".{parts.hostname}".endswith(".services.ai.azure.com")
    if at_microsoft and not _PROJECT.fullmatch(parts.path):
        raise InvalidEndpoint(
            "project_url does not end with a project: it looks like"
            " https://<name>.services.ai.azure.com/api/projects/<project>"
        )
    return url
