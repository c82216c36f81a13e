"""Checks of the base URLs that requests are sent to."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

from runs_core.errors import InvalidEndpoint

__all__ = ["azure_resource", "checked_base_url", "foundry_project"]

# RFC 3986 section 2: unreserved and reserved characters, and "%". Some parsers take a
# backslash for a slash, so two parsers could see two different hosts.
_URL = re.compile(r"[-._~0-9A-Za-z:/?#\[\]@!$&'()*+,;=%]*")

_PROJECT = re.compile(r"/api/projects/[^/]+")


def checked_base_url(base_url: str) -> str:
    """Return the URL without trailing slashes, or raise `InvalidEndpoint`."""
    if not isinstance(base_url, str):
        raise InvalidEndpoint(f"base_url must be a str, not {type(base_url).__name__}")
    problem = _base_url_problem(base_url)
    if problem:
        raise InvalidEndpoint(
            f"base_url {problem}; it must look like https://host[:port][/prefix]"
        )
    return base_url.rstrip("/")


def _base_url_problem(base_url: str) -> str | None:
    if not _URL.fullmatch(base_url):
        return (
            "has characters that no URL may have (RFC 3986): percent-encode those of"
            " its path, and write the host in Punycode"
        )
    try:
        parts = urlsplit(base_url)
        parts.port  # noqa: B018 (reading it parses it)
    except ValueError:
        return "has an invalid port or host"
    if parts.scheme.lower() not in ("http", "https"):
        return "does not begin with http:// or https://"
    if not parts.hostname:
        return "has no host"
    if "@" in parts.netloc:
        return "contains a user or password: pass credentials as auth"
    if "%" in parts.hostname:
        return (
            "has a % in its host: write a name without percent-encoding (in Punycode if"
            " it is not ASCII), and an IPv6 address without a zone"
        )
    if "?" in base_url or "#" in base_url:
        return "has a query or fragment: pass query parameters as query"
    if any(unquote(segment) in (".", "..") for segment in parts.path.split("/")):
        return "has a dot segment in its path"
    return None


def azure_resource(url: str) -> str:
    """Return an Azure resource's URL, without what openai-python's base URLs add."""
    url = checked_base_url(url)
    if "/deployments/" in f"{url}/":
        raise InvalidEndpoint(
            "resource_url names a deployment, which has no threads: pass the resource,"
            " https://<name>.openai.azure.com, and the deployment's name as model"
        )
    if url.endswith("/openai/v1"):
        raise InvalidEndpoint(
            "resource_url names the v1 API, which has no threads: pass the resource,"
            " https://<name>.openai.azure.com"
        )
    return url.removesuffix("/openai")


def foundry_project(url: str) -> str:
    """Return a project's URL; any path is allowed on a host that is not Microsoft's."""
    url = checked_base_url(url)
    parts = urlsplit(url)
    at_microsoft = f".{parts.hostname}".endswith(".services.ai.azure.com")
    if at_microsoft and not _PROJECT.fullmatch(parts.path):
        raise InvalidEndpoint(
            "project_url does not end with a project: it must look like"
            " https://<name>.services.ai.azure.com/api/projects/<project>"
        )
    return url
