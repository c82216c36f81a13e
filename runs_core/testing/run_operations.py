"""Operations on runs and run steps."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from attrs import frozen

from runs_core.lifecycle import RUN
from runs_core.testing.answer import Answer, Handler, Stream
from runs_core.testing.objects import JSON, run_object, step_answer
from runs_core.testing.operations import Operations
from runs_core.testing.pages import page
from runs_core.testing.progress import encode_event
from runs_core.testing.refusal import (
    active_run,
    expected_outputs,
    no_outputs_wanted,
    wrong_status,
)
from runs_core.testing.store import Listener, RunRecord, ThreadRecord

__all__ = ["RunOperations"]

_Ids = tuple[str, ...]
_Query = Mapping[str, Any]


@frozen
class RunOperations:
    """Each method is an operation under its name in the OpenAPI description.

    `expires_after` is how long a run may take, in seconds.
    """

    others: Operations
    expires_after: float

    @property
    def handlers(self) -> dict[str, Handler]:
        """The operations by name."""
        return {
            "createThreadAndRun": self._create_thread_and_run,
            "listRuns": self._list_runs,
            "createRun": self._create_run,
            "getRun": self._get_run,
            "modifyRun": self._modify_run,
            "cancelRun": self._cancel_run,
            "submitToolOuputsToRun": self._submit_tool_outputs,
            "listRunSteps": self._list_steps,
            "getRunStep": self._get_step,
        }

    # --- Creation -----------------------------------------------------------------

    def _create_run(
        self, ids: _Ids, params: JSON, query: _Query, now: float
    ) -> Answer | Stream:
        thread = self.others.store.thread(*ids)
        assistant = self.others.store.assistant(params["assistant_id"])
        if active := self.others.active_run(thread, now):
            raise active_run(thread.thread["id"], active.run["id"])
        for message in params.get("additional_messages") or ():
            self.others.add_message(thread, message, now)
        record = self._add_run(thread, assistant, params, query, now)
        return self._begin(record, [], params, now)

    def _create_thread_and_run(
        self, ids: _Ids, params: JSON, query: _Query, now: float
    ) -> Answer | Stream:
        assistant = self.others.store.assistant(params["assistant_id"])
        thread = self.others.add_thread(params.get("thread", {}), now)
        record = self._add_run(thread, assistant, params, query, now)
        opening = [encode_event("thread.created", thread.thread)]
        return self._begin(record, opening, params, now)

    def _add_run(
        self,
        thread: ThreadRecord,
        assistant: JSON,
        params: JSON,
        query: _Query,
        now: float,
    ) -> RunRecord:
        store = self.others.store
        deadline = now + self.expires_after
        run = run_object(
            store.ids.next("run"),
            int(now),
            math.ceil(deadline),
            thread.thread,
            assistant,
            params,
        )
        record = thread.runs[run["id"]] = RunRecord(
            run=run,
            assistant=assistant,
            thread=thread,
            number=store.runs_begun,
            deadline=deadline,
            clock=now,
            with_content="include" in query,
        )
        store.runs_begun += 1
        store.executions["runs"] += 1
        return record

    def _begin(
        self, record: RunRecord, opening: list[bytes], params: JSON, now: float
    ) -> Answer | Stream:
        if not params.get("stream"):
            return Answer(record.run, polled=True)
        listener = record.listener = Listener()
        listener.queue.extend(opening)
        for name in ("thread.run.created", "thread.run.queued"):
            listener.queue.append(encode_event(name, record.run))
        return Stream(self.others.engine.stream(record, listener, now))

    # --- Looking ------------------------------------------------------------------

    def _get_run(self, ids: _Ids, params: JSON, query: _Query, now: float) -> Answer:
        record = self.others.store.run(*ids)
        self.others.engine.look(record, now)
        return Answer(record.run, polled=True)

    def _list_runs(self, ids: _Ids, params: JSON, query: _Query, now: float) -> Answer:
        records = self.others.store.thread(*ids).runs.values()
        for record in records:
            self.others.engine.settle(record, now)
        return Answer(page("run", (record.run for record in records), query))

    def _list_steps(self, ids: _Ids, params: JSON, query: _Query, now: float) -> Answer:
        record = self.others.store.run(*ids)
        self.others.engine.settle(record, now)
        with_content = "include" in query
        steps = (
            step_answer(step, with_content=with_content)
            for step in record.steps.values()
        )
        return Answer(page("run step", steps, query))

    def _get_step(self, ids: _Ids, params: JSON, query: _Query, now: float) -> Answer:
        step = self.others.store.step(*ids)
        return Answer(step_answer(step, with_content="include" in query))

    # --- Changing -----------------------------------------------------------------

    def _settled(self, ids: _Ids, now: float) -> RunRecord:
        record = self.others.store.run(*ids)
        self.others.engine.settle(record, now)
        return record

    def _modify_run(self, ids: _Ids, params: JSON, query: _Query, now: float) -> Answer:
        record = self._settled(ids, now)
        # Recorded from the real service; it lets all other statuses pass.
        if record.status == "in_progress":
            raise wrong_status("update", record.status)
        if "metadata" in params:
            record.run["metadata"] = params["metadata"] or {}
        return Answer(record.run, polled=True)

    def _cancel_run(self, ids: _Ids, params: JSON, query: _Query, now: float) -> Answer:
        record = self._settled(ids, now)
        if (record.run["status"], "cancel") not in RUN.transitions:
            raise wrong_status("cancel", record.status)
        self.others.engine.cancel(record, now)
        self.others.store.executions["cancellations"] += 1
        return Answer(record.run, polled=True)

    def _submit_tool_outputs(
        self, ids: _Ids, params: JSON, query: _Query, now: float
    ) -> Answer | Stream:
        record = self._settled(ids, now)
        if record.status != "requires_action":
            raise no_outputs_wanted(record.status)
        action = record.run["required_action"]["submit_tool_outputs"]
        expected = [call["id"] for call in action["tool_calls"]]
        outputs = params["tool_outputs"]
        got = [o["tool_call_id"] for o in outputs if "tool_call_id" in o]
        if sorted(got) != sorted(expected):
            raise expected_outputs(expected, got)
        record.listener = Listener() if params.get("stream") else None
        by_id = {o["tool_call_id"]: o.get("output", "") for o in outputs}
        self.others.engine.submit(record, by_id, now)
        self.others.store.executions["submissions"] += 1
        if record.listener is None:
            return Answer(record.run, polled=True)
        return Stream(self.others.engine.stream(record, record.listener, now))
