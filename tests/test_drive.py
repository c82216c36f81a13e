"""The trampolines, blocking and async: the same tests for both."""

from __future__ import annotations

import asyncio
import logging
import traceback
import types
from collections.abc import AsyncIterator, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import pytest
from attrs import evolve

from runs_core.drive import AsyncDriver, Driver, Outside
from runs_core.errors import (
    FlowConsumed,
    NotSent,
    ResponseTooLarge,
    TransportError,
    TransportTimeout,
    UsageError,
)
from runs_core.flows.effects import (
    Emit,
    Flow,
    Invoke,
    Now,
    Open,
    Read,
    Send,
    Sleep,
)
from runs_core.flows.request import ApiRequest
from runs_core.transport import Opened
from runs_core.wire.http import Head, Request, Timeouts
from tests.fakes import (
    AsyncFakeTransport,
    Exchange,
    FakeError,
    FakeTransport,
    run_async,
)
from tests.leaks import assert_sealed, key

GET = Request(method="GET", url="https://api.test/v1/threads/t?key=1")


class Rig:
    """One colour of driver over one fake transport."""

    def __init__(self, color: str) -> None:
        self.is_async = color == "async"

    def transport(self, *exchanges: Exchange, tick: float = 0.0) -> FakeTransport:
        cls = AsyncFakeTransport if self.is_async else FakeTransport
        return cls(*exchanges, tick=tick)

    def driver(self, flow: Any, transport: Any, outside: Outside | None = None) -> Any:
        if self.is_async:
            return AsyncDriver[Any, Any](flow, transport, outside)
        return Driver[Any, Any](flow, transport, outside)

    def wait(self, value: Any) -> Any:
        return run_async(value) if self.is_async else value

    def run(self, flow: Any, transport: Any, outside: Outside | None = None) -> Any:
        return self.wait(self.driver(flow, transport, outside).run())


@pytest.fixture(params=["blocking", "async"])
def rig(request: pytest.FixtureRequest) -> Rig:
    return Rig(request.param)


def sending(request: Request = GET, **options: Any) -> Flow[bytes]:
    response = yield from Send(request, **options)
    return response.body


def test_send_gives_the_whole_answer_and_closes_the_exchange(rig: Rig) -> None:
    exchange = Exchange(200, body=[b"ab", b"c"])
    transport = rig.transport(exchange)

    def flow() -> Flow[Any]:
        return (yield from Send(GET))

    response = rig.run(flow(), transport)

    assert (response.status, response.body) == (200, b"abc")
    assert response.headers.get("content-type") == "application/json"
    assert exchange.closed


def test_open_and_read_give_the_body_as_it_arrives(rig: Rig) -> None:
    exchange = Exchange(200, body=[b"ab", b"c"])

    def flow() -> Flow[Any]:
        head = yield from Open(GET)
        pieces = []
        while piece := (yield from Read()):
            pieces.append(piece)
        after_the_end = yield from Read()
        return head.status, pieces, after_the_end

    assert rig.run(flow(), rig.transport(exchange)) == (200, [b"ab", b"c"], b"")
    assert exchange.closed


def test_an_exchange_is_closed_as_soon_as_its_body_has_ended(rig: Rig) -> None:
    exchange = Exchange(200, body=[b"ab"])

    def flow() -> Flow[Any]:
        yield from Open(GET)
        states = []
        for _ in range(2):
            yield from Read()
            states.append((yield from Invoke(lambda: exchange.closed)))
        return states

    assert rig.run(flow(), rig.transport(exchange)) == [False, True]


def reading_on() -> Flow[bytes]:
    yield from Open(GET)
    body = b""
    while True:
        try:
            piece = yield from Read()
        except TransportError:
            continue
        if not piece:
            return body
        body += piece


def test_what_broke_has_no_end_to_read(rig: Rig) -> None:
    exchange = Exchange(body=[b"half", TransportTimeout("late"), b"other half"])

    with pytest.raises(UsageError, match="no open response to Read"):
        rig.run(reading_on(), rig.transport(exchange))


def test_the_end_of_one_answer_is_none_of_the_next(rig: Rig) -> None:
    def flow() -> Flow[bytes]:
        yield from Open(GET)
        while (yield from Read()):
            pass
        return (yield from reading_on())

    broken = Exchange(body=[b"half", TransportTimeout("late")])
    with pytest.raises(UsageError, match="no open response to Read"):
        rig.run(flow(), rig.transport(Exchange(), broken))


def test_there_is_nothing_to_read_where_nothing_was_opened(rig: Rig) -> None:
    def flow() -> Flow[bytes]:
        return (yield from Read())

    with pytest.raises(UsageError, match="no open response to Read"):
        rig.run(flow(), rig.transport())


def test_the_next_request_closes_the_open_exchange(rig: Rig) -> None:
    first, second = Exchange(body=[b"1", b"2"]), Exchange(body=[b"3"])
    closed_before_second = []

    class Spy(type(rig.transport())):  # type: ignore[misc]
        def _begin(self, request: Request) -> Exchange:
            closed_before_second.append(first.closed)
            begun: Exchange = super()._begin(request)
            return begun

    def flow() -> Flow[Any]:
        yield from Open(GET)
        yield from Open(GET)
        return (yield from Read())

    assert rig.run(flow(), Spy(first, second)) == b"3"
    assert closed_before_second == [False, True]
    assert second.closed


@pytest.mark.parametrize("opening", [True, False])
def test_declared_errors_become_transport_errors(rig: Rig, opening: bool) -> None:
    fault = FakeError("the key is sk-canary")
    exchange = Exchange(body=[fault], opening=fault if opening else None)

    with pytest.raises(TransportError) as caught:
        rig.run(sending(), rig.transport(exchange))

    assert type(caught.value) is TransportError
    assert caught.value.__cause__ is fault
    assert "canary" not in str(caught.value)


@pytest.mark.parametrize("error", [NotSent("no"), TransportTimeout("late")])
def test_the_cores_own_errors_pass_unchanged(rig: Rig, error: Exception) -> None:
    with pytest.raises(type(error)) as caught:
        rig.run(sending(), rig.transport(Exchange(opening=error)))

    assert caught.value is error


def test_undeclared_errors_are_not_renamed(rig: Rig) -> None:
    with pytest.raises(LookupError):
        rig.run(sending(), rig.transport(Exchange(opening=LookupError("bug"))))


def test_a_users_function_that_raises_a_declared_error_is_not_renamed(rig: Rig) -> None:
    def tool() -> None:
        raise FakeError("mine")

    def flow() -> Flow[Any]:
        return (yield from Invoke(tool))

    with pytest.raises(FakeError, match="mine"):
        rig.run(flow(), rig.transport())


def test_errors_are_thrown_into_the_flow_so_that_the_traceback_names_the_step(
    rig: Rig,
) -> None:
    def step_two() -> Flow[bytes]:
        return (yield from sending())

    with pytest.raises(TransportError) as caught:
        rig.run(step_two(), rig.transport(Exchange(opening=FakeError())))

    frames = [frame.name for frame in traceback.extract_tb(caught.value.__traceback__)]
    assert "step_two" in frames


def test_a_flow_can_go_on_after_an_error(rig: Rig) -> None:
    def flow() -> Flow[Any]:
        try:
            yield from Send(GET)
        except TransportError:
            return (yield from Send(GET))

    transport = rig.transport(Exchange(opening=FakeError()), Exchange(body=[b"ok"]))

    assert rig.run(flow(), transport).body == b"ok"


def test_secrets_in_the_transports_frames_are_forgotten(rig: Rig) -> None:
    class Leaky(type(rig.transport())):  # type: ignore[misc]
        def _begin(self, request: Request) -> Exchange:
            header = "Bearer sk-canary"
            try:
                raise FakeError("deep")
            except FakeError as error:
                raise FakeError("lost") from error
            return Exchange(headers=[("x", header)])

    with pytest.raises(TransportError) as caught:
        rig.run(sending(), Leaky())

    shown = traceback.TracebackException.from_exception(
        caught.value, capture_locals=True
    )
    assert "canary" not in "".join(shown.format())


class Stop(BaseException):
    """What a framework's cancellation looks like from here."""


def leaky(error: BaseException) -> None:
    header = "Bearer sk-canary"
    try:
        raise LookupError("deep" + header[:0])
    except LookupError as deep:
        raise error from ExceptionGroup("both", [deep])


class Leaking:
    """A transport that fails at one of its places, with a key in its frames."""

    errors = (FakeError,)
    sleep = None

    def __init__(self, at: str, error: BaseException) -> None:
        self.at, self.error = at, error

    def open(self, request: Request) -> Any:
        self._reach("open")
        return self

    def _reach(self, place: str) -> None:
        header = "Bearer sk-canary"
        if place == self.at:
            leaky(self.error)
        del header

    def __enter__(self) -> Opened[Any]:
        self._reach("enter")
        head = Head(200, {"content-type": "application/json"})
        return Opened(head, self.read, lambda seconds: self._reach("set_timeout"))

    def read(self) -> bytes:
        self._reach("read")
        return b""

    def __exit__(self, *args: Any) -> None:
        self._reach("exit")


class AsyncLeaking(Leaking):
    async def __aenter__(self) -> Opened[Any]:
        opened = self.__enter__()

        async def read() -> bytes:
            return self.read()

        return Opened(opened.head, read, opened.set_timeout)

    async def __aexit__(self, *args: Any) -> None:
        self.__exit__()


PLACES = ["open", "enter", "set_timeout", "read", "exit"]


@pytest.mark.parametrize("error", [KeyError("bug"), Stop(), KeyboardInterrupt()])
@pytest.mark.parametrize("place", PLACES)
def test_promise_4_no_error_keeps_the_transports_frames(
    rig: Rig, place: str, error: BaseException
) -> None:
    transport = (AsyncLeaking if rig.is_async else Leaking)(place, error)
    with pytest.raises(type(error)) as caught:
        rig.run(sending(), transport)

    assert caught.value is error
    shown = "".join(
        traceback.TracebackException.from_exception(error, capture_locals=True).format()
    )
    assert "canary" not in shown
    # Whoever has to mend the transport is told where.
    assert ("in leaky" in shown) == isinstance(error, KeyError)


def test_promise_4_what_an_error_hides_is_not_kept(rig: Rig) -> None:
    class Hiding(Exchange):
        def _read(self) -> bytes:
            try:
                raise LookupError("a library's own, with the request in it")
            except LookupError:
                raise TransportTimeout("late") from None

    with pytest.raises(TransportTimeout) as caught:
        rig.run(sending(), rig.transport(Hiding()))

    assert caught.value.__context__ is None


@pytest.mark.parametrize("place", PLACES[:-1])
def test_declared_errors_are_translated_wherever_they_come_from(
    rig: Rig, place: str
) -> None:
    transport = (AsyncLeaking if rig.is_async else Leaking)(place, FakeError("x"))
    with pytest.raises(TransportError):
        rig.run(sending(), transport)


def test_promise_4_an_answer_that_was_a_key_is_not_shown_later(rig: Rig) -> None:
    def flow() -> Flow[Any]:
        yield from Invoke(key)
        yield from Send(GET)

    def refusing() -> Flow[Any]:
        yield from Invoke(key)
        raise UsageError("a bad key")

    lost = Exchange(opening=FakeError())
    assert_sealed(lambda: rig.run(flow(), rig.transport(lost)), TransportError)
    assert_sealed(lambda: rig.run(refusing(), rig.transport()), UsageError)


def test_the_error_that_the_caller_was_handling_keeps_its_frames(rig: Rig) -> None:
    def caller() -> None:
        try:
            raise LookupError("mine")
        except LookupError:
            rig.run(sending(), rig.transport(Exchange(opening=FakeError())))

    with pytest.raises(TransportError) as caught:
        caller()

    contexts = []
    error: BaseException | None = caught.value
    while error is not None:
        contexts.append(error)
        error = error.__context__
    assert isinstance(contexts[-1], LookupError)
    assert contexts[-1].__traceback__ is not None


@pytest.mark.parametrize("fault", [FakeError("x"), TransportTimeout("x")])
def test_what_fails_in_closing_does_not_take_the_answer_away(
    rig: Rig, fault: Exception
) -> None:
    class Rude(type(rig.transport())):  # type: ignore[misc]
        def open(self, request: Request) -> Any:
            return RudeContext(super().open(request), fault)

    assert rig.run(sending(), Rude(Exchange(body=[b"ok"]))) == b"ok"
    with pytest.raises(LookupError):
        rig.run(sending(), Rude(Exchange(body=[LookupError()])))


@pytest.mark.parametrize("more", [True, False])
def test_promise_9_what_interrupts_closing_comes_after_the_answer(
    rig: Rig, more: bool
) -> None:
    class Rude(type(rig.transport())):  # type: ignore[misc]
        def open(self, request: Request) -> Any:
            return RudeContext(super().open(request), Interrupt())

    seen: list[Any] = []

    def flow() -> Flow[None]:
        response = yield from Send(GET)
        seen.append(response.body)
        try:
            if more:
                yield from Now()
        except Interrupt:
            seen.append("interrupted")
            raise

    driver = rig.driver(flow(), Rude(Exchange(body=[b"ok"])))
    with pytest.raises(Interrupt):
        rig.wait(driver.run())

    assert seen == ([b"ok", "interrupted"] if more else [b"ok"])
    assert driver.ended

    # Nor is it lost where the answer is an error, or the flow was closed meanwhile.
    def failing() -> Flow[None]:
        yield from Send(GET)
        raise LookupError

    with pytest.raises(Interrupt) as caught:
        rig.run(failing(), Rude(Exchange(body=[b"ok"])))
    assert isinstance(caught.value.__context__, LookupError)

    class Closed(Rude):
        def open(self, request: Request) -> Any:
            context = super().open(request)
            context.before = lambda: vars(closed).update(_ended=True)
            return context

    closed = rig.driver(sending(), Closed(Exchange(body=[b"ok"])))
    with pytest.raises(Interrupt):
        rig.wait(closed.run())

    # Of what was not read to its end there is no answer.
    half = Rude(Exchange(body=[b"o", Interrupt()]))
    with pytest.raises(Interrupt):
        rig.run(flow(), half)
    assert b"o" not in seen


class Interrupt(BaseException):
    """As a cancellation, or Ctrl-C."""


class RudeContext:
    """A context that fails on its way out."""

    def __init__(self, context: Any, fault: BaseException) -> None:
        self.context, self.fault = context, fault
        self.before: Callable[[], object] = lambda: None

    def __enter__(self) -> Any:
        return self.context.__enter__()

    def __exit__(self, *args: Any) -> None:
        self.context.__exit__(*args)
        self.before()
        raise self.fault

    async def __aenter__(self) -> Any:
        return await self.context.__aenter__()

    async def __aexit__(self, *args: Any) -> None:
        await self.context.__aexit__(*args)
        self.before()
        raise self.fault


@pytest.mark.parametrize(
    ("raised", "seen"),
    [
        (StopIteration("x"), RuntimeError),
        (StopAsyncIteration("x"), StopAsyncIteration),
        (GeneratorExit(), GeneratorExit),
        (KeyboardInterrupt(), KeyboardInterrupt),
        (SystemExit(), SystemExit),
    ],
)
def test_no_exception_of_a_users_function_passes_for_a_result(
    rig: Rig, raised: BaseException, seen: type[BaseException]
) -> None:
    exchange = Exchange(body=[b"1"])

    def function() -> None:
        raise raised

    def flow() -> Flow[str]:
        yield from Open(GET)
        yield from Invoke(function)
        return "end"

    driver = rig.driver(flow(), rig.transport(exchange))
    with pytest.raises(seen):
        rig.wait(driver.run())

    assert exchange.closed
    assert driver.ended
    with pytest.raises(UsageError, match="no result"):
        _ = driver.result


def test_a_flow_that_was_left_has_no_result(rig: Rig) -> None:
    driver = rig.driver(sending(), rig.transport())
    rig.wait(driver.close())

    assert rig.wait(driver.advance()) is None
    with pytest.raises(UsageError, match="no result: it was closed before its end"):
        _ = driver.result


def test_what_fails_after_the_result_does_not_take_it_away(rig: Rig) -> None:
    driver = rig.driver(sending(), rig.transport(Exchange(body=[b"ok"])))
    rig.wait(driver.run())

    driver.fail(KeyboardInterrupt())

    assert driver.result == b"ok"


def test_promise_3_a_flow_that_failed_is_never_taken_for_a_whole_one(rig: Rig) -> None:
    driver = rig.driver(sending(), rig.transport(Exchange(opening=FakeError())))
    with pytest.raises(TransportError):
        rig.wait(driver.run())
    rig.wait(driver.close())

    with pytest.raises(UsageError, match=r"nothing more: it failed .* TransportError"):
        rig.wait(driver.advance())
    with pytest.raises(UsageError, match=r"no result: it failed .* TransportError"):
        _ = driver.result


def test_a_users_function_may_close_the_driver_that_calls_it(rig: Rig) -> None:
    exchange = Exchange(body=[b"1"])

    def flow() -> Flow[str]:
        yield from Open(GET)
        yield from Invoke(leave)
        raise AssertionError("the flow was closed")

    driver = rig.driver(flow(), rig.transport(exchange))

    def leave() -> Any:
        return driver.close()

    assert rig.wait(driver.advance()) is None
    assert exchange.closed
    with pytest.raises(UsageError, match="closed before its end"):
        _ = driver.result


def test_promise_9_a_driver_may_be_closed_while_its_flow_computes(rig: Rig) -> None:
    exchange = Exchange(body=[b"1"])
    ended: list[str] = []

    def flow() -> Flow[str]:
        yield from Open(GET)
        # As another thread, or a signal handler, does at this moment.
        rig.wait(driver.close())
        assert exchange.closed
        try:
            yield from Open(GET)
        except GeneratorExit:
            ended.append("flow")
            raise
        raise AssertionError("nothing is sent after it was closed")

    driver = rig.driver(flow(), rig.transport(exchange))

    assert rig.wait(driver.advance()) is None
    assert ended == ["flow"]
    assert rig.wait(driver.advance()) is None


def test_promise_9_a_flow_that_ends_while_it_is_closed_has_its_result(rig: Rig) -> None:
    def flow() -> Flow[str]:
        yield from Now()
        rig.wait(driver.close())
        return "end"

    driver = rig.driver(flow(), rig.transport())

    assert rig.wait(driver.advance()) is None
    assert driver.result == "end"


@pytest.mark.parametrize("error", [KeyboardInterrupt(), ZeroDivisionError()])
def test_what_stops_a_function_is_raised_though_it_has_closed_its_driver(
    rig: Rig, error: BaseException
) -> None:
    def flow() -> Flow[str]:
        yield from Invoke(leave)
        raise AssertionError("the flow was closed")

    driver = rig.driver(flow(), rig.transport())

    def leave() -> Any:
        rig.wait(driver.close())
        raise error

    with pytest.raises(type(error)):
        rig.wait(driver.advance())


def test_a_connection_that_breaks_because_it_was_closed_is_the_end(rig: Rig) -> None:
    pieces: list[bytes | BaseException] = [FakeError()]

    def flow() -> Flow[str]:
        yield from Open(GET)
        yield from Read()
        raise AssertionError("the flow was closed")

    class Closing(Exchange):
        def _read(self) -> bytes:
            rig.wait(driver.close())
            return super()._read()

    driver = rig.driver(flow(), rig.transport(Closing(body=pieces)))

    assert rig.wait(driver.advance()) is None


def test_a_flow_is_driven_in_one_place_and_goes_on_there(rig: Rig) -> None:
    def flow() -> Flow[str]:
        yield from Emit([(yield from Invoke(intrude))])
        return "end"

    driver = rig.driver(flow(), rig.transport())

    def intrude() -> str:
        with pytest.raises(UsageError, match="already being read"):
            rig.wait(driver.advance())
        return "item"

    assert rig.wait(driver.advance()) == ["item"]
    assert rig.wait(driver.advance()) is None
    assert driver.result == "end"


def test_a_task_that_is_cancelled_while_another_closes_its_stream_is_cancelled() -> (
    None
):
    async def main() -> None:
        silence = asyncio.Event()

        class Silent(Exchange):
            async def _read(self) -> bytes:  # type: ignore[override]
                await silence.wait()
                return b""

        class Transport(AsyncFakeTransport):
            @asynccontextmanager
            async def open(self, request: Request) -> AsyncIterator[Any]:
                yield Opened(Head(200, []), Silent()._read)

        def flow() -> Flow[None]:
            yield from Open(GET)
            yield from Read()

        driver = AsyncDriver[Any, None](flow(), Transport())
        task = asyncio.create_task(driver.run())
        await asyncio.sleep(0)
        task.cancel()
        await driver.close()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert task.cancelled()

    asyncio.run(main())


def test_the_status_of_an_error_is_kept_where_its_body_breaks(rig: Rig) -> None:
    broken = Exchange(400, body=[b"half", FakeError()])

    def flow() -> Flow[tuple[int, bytes]]:
        response = yield from Send(GET)
        return response.status, response.body

    assert rig.run(flow(), rig.transport(broken)) == (400, b"half")
    assert broken.closed


def test_the_body_limit_is_kept(rig: Rig) -> None:
    endless = Exchange(body=iter(lambda: b"x" * 10, None))

    with pytest.raises(ResponseTooLarge, match="100 bytes"):
        rig.run(sending(limit=100), rig.transport(endless))

    assert endless.closed
    whole = rig.run(sending(limit=100), rig.transport(Exchange(body=[b"x" * 100])))
    assert whole == b"x" * 100


def test_of_an_error_body_64_kib_are_kept(rig: Rig) -> None:
    endless = Exchange(502, body=iter(lambda: b"x" * 1000, None))

    assert len(rig.run(sending(), rig.transport(endless))) == 64 * 1024
    assert endless.closed


def test_an_answer_of_which_enough_is_kept_is_closed_at_once(rig: Rig) -> None:
    endless = Exchange(500, body=iter(lambda: bytes(1000), None))

    def flow() -> Flow[bool]:
        yield from Send(GET)
        # Before another attempt there can be a wait of a minute.
        return (yield from Invoke(lambda: endless.closed))

    assert rig.run(flow(), rig.transport(endless))


def test_send_ends_in_time_even_if_every_read_is_quick(rig: Rig) -> None:
    drip = Exchange(body=iter(lambda: b"x", None))
    transport = rig.transport(drip, tick=1.0)

    with pytest.raises(TransportTimeout):
        rig.run(sending(timeout=10.0), transport)

    assert transport.time <= 1000.0 + 10 + 2
    assert transport.requests[0].timeouts == Timeouts(5.0, 10.0, total=10.0)


@pytest.mark.parametrize(("status", "seconds"), [(200, 900), (500, 10)])
def test_promise_6_a_body_that_trickles_ends_without_any_deadline(
    rig: Rig, status: int, seconds: int
) -> None:
    drip = Exchange(status, body=iter(lambda: b"x", None))
    transport = rig.transport(drip, tick=1.0)

    if status == 200:
        with pytest.raises(TransportTimeout, match="did not end in time"):
            rig.run(sending(), transport)
    else:
        # The status says what happened; of its explanation is kept what has come.
        assert set(rig.run(sending(), transport)) == {ord("x")}

    assert seconds <= transport.time - 1000.0 <= seconds + 2
    assert drip.closed


def test_reads_are_bounded_by_the_shorter_of_both_timeouts(rig: Rig) -> None:
    exchange = Exchange(body=[b"1", b"2", b"3"])

    def flow() -> Flow[None]:
        yield from Open(GET)
        yield from Read(7.0)
        yield from Read(700.0)
        yield from Read()

    rig.run(flow(), rig.transport(exchange))

    assert exchange.timeouts == [7.0, 600.0, 600.0]


def test_time_and_chance_are_what_the_driver_is_given(rig: Rig) -> None:
    def flow() -> Flow[Any]:
        start = yield from Now()
        yield from Sleep(8.0, jitter=0.25, reason="test")
        return (yield from Now()) - start

    transport = rig.transport()
    outside = Outside(random=lambda: 1.0)

    assert rig.run(flow(), transport, outside) == 6.0
    assert transport.slept == [6.0]
    fixed = Outside(now=lambda: 5.0)
    assert rig.run(flow(), rig.transport(), fixed) == 0.0


def test_invoke_gives_what_the_function_returns(rig: Rig) -> None:
    def flow() -> Flow[Any]:
        return (yield from Invoke(divmod, (7, 2)))

    assert rig.run(flow(), rig.transport()) == (3, 1)


async def async_tool() -> str:
    return "awaited"


def invoking(function: Callable[[], Any]) -> Flow[Any]:
    return (yield from Invoke(function))


def test_the_async_driver_awaits_what_is_awaitable() -> None:
    assert Rig("async").run(invoking(async_tool), AsyncFakeTransport()) == "awaited"


def test_the_blocking_driver_refuses_async_functions_by_name() -> None:
    with pytest.raises(UsageError, match="async_tool is async"):
        Rig("blocking").run(invoking(async_tool), FakeTransport())


class Later:
    """An awaitable that is no coroutine, such as a future."""

    def __await__(self) -> Any:
        return "later"
        yield


def test_what_is_awaitable_and_no_coroutine_is_treated_like_one() -> None:
    assert Rig("async").run(invoking(Later), AsyncFakeTransport()) == "later"
    with pytest.raises(UsageError, match="Later is async"):
        Rig("blocking").run(invoking(Later), FakeTransport())


def test_a_transport_of_the_other_colour_is_refused_by_name() -> None:
    with pytest.raises(UsageError, match=r"AsyncFakeTransport is async .* AsyncClient"):
        Rig("blocking").run(sending(), AsyncFakeTransport(Exchange()))
    with pytest.raises(UsageError, match=r"FakeTransport is blocking .* use Client"):
        Rig("async").run(sending(), FakeTransport(Exchange()))


def test_a_transport_that_forgot_its_decorator_is_told_so(rig: Rig) -> None:
    class Bare(FakeTransport):
        def open(self, request: Request) -> Any:
            yield Opened(Head(200, []), bytes)

    class BareAsync(AsyncFakeTransport):
        async def open(self, request: Request) -> Any:  # type: ignore[override]
            raise AssertionError("not awaited")

    transport = BareAsync() if rig.is_async else Bare()
    kind, name = ("coroutine", "async") if rig.is_async else ("generator", "")
    said = f"returns a {kind}, not a .* decorate it with @{name}contextmanager"
    with pytest.raises(UsageError, match=said):
        rig.run(sending(), transport)


def odd_transport(rig: Rig, opened: Any) -> Any:
    class Odd(FakeTransport):
        @contextmanager
        def open(self, request: Request) -> Any:
            yield opened

    class AsyncOdd(AsyncFakeTransport):
        @asynccontextmanager
        async def open(self, request: Request) -> Any:
            yield opened

    return AsyncOdd() if rig.is_async else Odd()


def test_a_transport_that_gives_no_answer_is_told_so(rig: Rig) -> None:
    with pytest.raises(UsageError, match=r"open\(\) of \w*Odd gives a tuple, not"):
        rig.run(sending(), odd_transport(rig, (Head(200, []), bytes)))


@pytest.mark.parametrize("piece", ["text", None, 1])
def test_a_transport_that_reads_no_bytes_is_told_so(rig: Rig, piece: Any) -> None:
    async def read() -> Any:
        return piece

    def read_now() -> Any:
        return piece

    transport = odd_transport(
        rig, Opened(Head(200, []), read if rig.is_async else read_now)
    )
    said = rf"read\(\) of \w*Odd returns a {type(piece).__name__}, not bytes"
    with pytest.raises(UsageError, match=said):
        rig.run(sending(), transport)


def test_a_read_of_the_other_colour_is_told_so(rig: Rig) -> None:
    async def read() -> Any:
        raise AssertionError("not awaited")

    opened = Opened(Head(200, []), bytes if rig.is_async else read)
    said = "a bytes, which cannot be awaited" if rig.is_async else "a coroutine, not"
    with pytest.raises(UsageError, match=said):
        rig.run(sending(), odd_transport(rig, opened))


def test_a_read_may_return_any_awaitable() -> None:
    pieces = [b"", b"ab"]

    @types.coroutine
    def read() -> Generator[Any, Any, bytes]:
        yield from ()
        return pieces.pop()

    rig = Rig("async")
    opened = Opened(Head(200, []), read)

    assert rig.run(sending(), odd_transport(rig, opened)) == b"ab"


def test_pieces_may_be_of_any_kind_of_bytes(rig: Rig) -> None:
    pieces: list[Any] = [bytearray(b"a"), memoryview(b"b")]

    assert rig.run(sending(), rig.transport(Exchange(body=pieces))) == b"ab"


def test_a_transport_need_not_take_timeouts_for_reads(rig: Rig) -> None:
    class Plain(type(rig.transport())):  # type: ignore[misc]
        def open(self, request: Request) -> Any:
            return PlainContext(super().open(request))

    exchange = Exchange(body=[b"ok"])
    assert rig.run(sending(timeout=5.0), Plain(exchange)) == b"ok"
    assert exchange.timeouts == []


class PlainContext:
    """A context that opens without `set_timeout`."""

    def __init__(self, context: Any) -> None:
        self.context = context

    def __enter__(self) -> Any:
        return evolve(self.context.__enter__(), set_timeout=None)

    def __exit__(self, *args: Any) -> None:
        self.context.__exit__(*args)

    async def __aenter__(self) -> Any:
        return evolve(await self.context.__aenter__(), set_timeout=None)

    async def __aexit__(self, *args: Any) -> None:
        await self.context.__aexit__(*args)


def test_a_flow_without_endpoint_is_refused(rig: Rig) -> None:
    unbound = ApiRequest(operation="x", method="GET", template="/x")

    def flow() -> Flow[Any]:
        return (yield from Send(unbound))

    with pytest.raises(UsageError, match=r"bound\(flow, endpoint\)"):
        rig.run(flow(), rig.transport())


def test_items_come_in_the_batches_in_which_they_were_emitted(rig: Rig) -> None:
    def flow() -> Flow[str]:
        yield from Emit((1, 2))
        yield from Emit((3,))
        return "end"

    driver = rig.driver(flow(), rig.transport())

    assert rig.wait(driver.advance()) == (1, 2)
    with pytest.raises(UsageError):
        _ = driver.result
    assert rig.wait(driver.advance()) == (3,)
    assert rig.wait(driver.advance()) is None
    assert driver.result == "end"
    assert rig.wait(driver.advance()) is None


def test_closing_ends_the_flow_and_its_exchange(rig: Rig) -> None:
    exchange = Exchange(body=[b"1", b"2"])

    def flow() -> Flow[None]:
        yield from Open(GET)
        yield from Emit((yield from Read()).split())
        yield from Read()

    generator = flow()
    driver = rig.driver(generator, rig.transport(exchange))
    rig.wait(driver.advance())
    assert not exchange.closed
    rig.wait(driver.close())

    assert exchange.closed
    assert generator.gi_frame is None  # type: ignore[attr-defined]
    assert rig.wait(driver.advance()) is None


def test_a_cancellation_closes_the_exchange_and_passes_through_the_flow(
    rig: Rig,
) -> None:
    class Cancelled(BaseException):
        pass

    exchange = Exchange(body=[Cancelled()])
    seen = []

    def flow() -> Flow[None]:
        yield from Open(GET)
        try:
            yield from Read()
        except BaseException as error:
            seen.append(type(error))
            raise

    with pytest.raises(Cancelled):
        rig.run(flow(), rig.transport(exchange))

    assert exchange.closed
    assert seen == [Cancelled]


def test_a_consumed_flow_is_refused(rig: Rig) -> None:
    flow = sending()
    rig.run(flow, rig.transport(Exchange()))

    with pytest.raises(FlowConsumed):
        rig.driver(flow, rig.transport())


def test_the_log_has_neither_query_nor_headers_nor_body(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, logger="runs_core")
    rig.run(sending(), rig.transport(Exchange(body=[b"secret body"])))

    assert "GET /v1/threads/t: 200" in caplog.text
    assert "key=1" not in caplog.text
    assert "secret" not in caplog.text
