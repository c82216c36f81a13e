"""asyncio tasks, cancelled at every step."""

from __future__ import annotations

import asyncio
import types
from collections.abc import Awaitable, Callable, Generator
from functools import partial
from typing import Any

from runs_transports.torture._steps import noting

__all__ = ["cancel_at_each_step"]


async def cancel_at_each_step(
    attempt: Callable[[], Awaitable[object]],
    after: Callable[[], Awaitable[object]] | None = None,
) -> int:
    """Run the attempt, cancelled at its first step; then at its second; and so on.

    Stops when an attempt ends before it is cancelled. `after` runs after each attempt,
    to check what must be true then. Returns how many attempts were cancelled. Raises
    `AssertionError` for what an attempt leaves to asyncio to report (an exception that
    is never retrieved). Every exception says at which step.
    """
    reported: list[dict[str, Any]] = []
    loop = asyncio.get_running_loop()
    handler = loop.get_exception_handler()
    loop.set_exception_handler(lambda _, context: reported.append(context))
    try:
        step = cancelled = 0
        reached = True
        while reached:
            step += 1
            driven = _Cancelling(step, attempt)
            task = asyncio.create_task(driven.run())
            await asyncio.wait([task])
            reached = driven.reached
            cancelled += task.cancelled()
            with noting(step):
                if not task.cancelled():
                    task.result()
                if after is not None:
                    await after()
            if reported:
                raise AssertionError(f"at step {step}: {reported[0]['message']}")
    finally:
        loop.set_exception_handler(handler)
    return cancelled


class _Cancelling:
    """Drives the attempt, and cancels its task when it is suspended the n-th time."""

    def __init__(self, step: int, attempt: Callable[[], Awaitable[object]]) -> None:
        self._step = step
        self._attempt = attempt
        self.reached = False

    async def run(self) -> None:
        await self._counted(self._attempt().__await__())

    @types.coroutine
    def _counted(self, inner: Generator[Any, Any, object]) -> Generator[Any, Any, None]:
        task = asyncio.current_task()
        assert task is not None
        steps = 0
        resume: Callable[[], Any] = partial(inner.send, None)
        while True:
            try:
                waiting_for = resume()
            except StopIteration:
                return
            steps += 1
            if steps == self._step:
                self.reached = True
                asyncio.get_running_loop().call_soon(task.cancel)
            try:
                value = yield waiting_for
            except BaseException as error:
                resume = partial(inner.throw, error)
            else:
                resume = partial(inner.send, value)
