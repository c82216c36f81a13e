"""The guide's transport, made careless with TLS: the suite says what is wrong.

That it passes when it takes care is in `test_conformance.TestGuideTls`.
"""

from __future__ import annotations

import http.client
import ssl
import warnings

import pytest

from runs_transports.conformance import peer, rig, tls
from runs_transports.conformance.rig import Rig, run_on_asyncio
from runs_transports.conformance.tls import TlsSuite, one_authority
from tests.transports.rigs import guides_transport

SUITE = TlsSuite()
Guides = guides_transport()


def not_verifying() -> ssl.SSLContext:
    context = one_authority().trusted
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def not_checking_the_host() -> ssl.SSLContext:
    context = one_authority().trusted
    context.check_hostname = False
    return context


def allowing_old_tls() -> ssl.SSLContext:
    context = one_authority().trusted
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1
    return context


class SpeakingPlainly(Guides):
    def connection(self, url, timeout):
        return super().connection(url._replace(scheme="http"), timeout)


class NamingNobody(Guides):
    def connection(self, url, timeout):
        connection = http.client.HTTPConnection(url.netloc, timeout=timeout)
        connect = connection.connect

        def connect_and_wrap():
            connect()
            connection.sock = not_checking_the_host().wrap_socket(connection.sock)

        connection.connect = connect_and_wrap
        return connection


class WrappingLate(Guides):
    """Shakes hands with the read timeout, and tells nobody that nothing was sent."""

    def connection(self, url, timeout):
        connection = http.client.HTTPConnection(url.netloc, timeout=timeout)
        request = connection.request

        def wrap_and_request(*args):
            connection.sock = self.ssl_context.wrap_socket(
                connection.sock, server_hostname=url.hostname
            )
            request(*args)

        connection.request = wrap_and_request
        return connection


class IgnoringTheLength(Guides):
    """Takes the end of the connection for that of the body."""

    def connection(self, url, timeout):
        connection = super().connection(url, timeout)
        connection.response_class = WithoutLength
        return connection


class WithoutLength(http.client.HTTPResponse):
    def begin(self):
        super().begin()
        self.length = None


def trusting() -> ssl.SSLContext:
    return one_authority().trusted


CERTIFICATE = SUITE.test_a_certificate_that_proves_nothing_is_refused
NAME = SUITE.test_a_certificate_for_another_name_is_refused
NO_TLS = SUITE.test_a_server_without_tls_is_not_sent_anything
LATE = SUITE.test_a_handshake_that_takes_too_long_is_not_sent
SNI = SUITE.test_the_server_is_told_which_host_is_meant
OLD = SUITE.test_an_older_tls_than_the_context_allows_is_refused
CUT = SUITE.test_a_body_that_is_cut_off_never_looks_whole

ACCEPTED = r"[A-Z]\w+ was raised, not NotSent, though the server's certificate"


@pytest.mark.parametrize(
    ("broken", "context", "test", "arguments", "said"),
    [
        *(
            (Guides, not_verifying, CERTIFICATE, [fault], f"{ACCEPTED} is {fault}: no")
            for fault in tls.FAULTS
        ),
        (
            Guides,
            not_checking_the_host,
            CERTIFICATE,
            ["for another host"],
            f"{ACCEPTED} is for another host: no byte of the request may have left",
        ),
        (
            Guides,
            not_checking_the_host,
            NAME,
            [],
            f"{ACCEPTED} is for another name: no byte of the request may have left",
        ),
        (
            Guides,
            allowing_old_tls,
            OLD,
            [],
            "though the context requires at least TLS 1.2: no byte of the request may",
        ),
        (
            WrappingLate,
            trusting,
            CERTIFICATE,
            ["expired"],
            "SSLCertVerificationError was raised, not NotSent, though .* expired",
        ),
        (NamingNobody, trusting, SNI, [], "the handshake does not name the host"),
        (
            IgnoringTheLength,
            trusting,
            CUT,
            [],
            "neither `open` nor `read` raised, but the response was broken",
        ),
    ],
)
def test_what_is_careless_is_said(broken, context, test, arguments, said):
    harness = Rig(broken(context()), run_on_asyncio)

    with pytest.raises((AssertionError, pytest.fail.Exception), match=said):
        test(harness, one_authority(), *arguments)


def test_a_request_that_went_to_a_stranger_is_in_a_note():
    harness = Rig(Guides(not_verifying()), run_on_asyncio)

    with pytest.raises(AssertionError) as caught:
        CERTIFICATE(harness, one_authority(), "expired")

    (note,) = caught.value.__notes__
    assert note.startswith(
        "the peer had AssertionError: the request was sent to this server"
    )


def test_a_request_without_tls_is_said():
    harness = Rig(SpeakingPlainly(trusting()), run_on_asyncio)

    with pytest.raises(
        AssertionError, match="though the server does not speak TLS"
    ) as caught:
        NO_TLS(harness)

    (note,) = caught.value.__notes__
    assert note.startswith(
        "the peer had AssertionError: what was sent is not a TLS handshake"
    )


def test_a_handshake_without_a_timeout_is_said(monkeypatch):
    for module in (peer, tls):
        monkeypatch.setattr(module, "PATIENCE", 0.1)
    monkeypatch.setattr(rig, "_LATE_SECONDS", 0.2)
    harness = Rig(WrappingLate(trusting()), run_on_asyncio)

    with pytest.raises(AssertionError, match="though the handshake took too long"):
        LATE(harness)
