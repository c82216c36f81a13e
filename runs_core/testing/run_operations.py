"""Operations on runs and run steps."""

from __future__ import annotations

import math

from attrs import frozen

from runs_core.lifecycle import RUN
from runs_core.testing.answer import Answer, Asked, Handler, Stream
from runs_core.testing.engine import Engine
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
from runs_core.testing.store import Listener, RunRecord, Store, ThreadRecord

__all__ = ["RunOperations"]


@frozen
class RunOperations:
    """One method for each operation; `handlers` has the OpenAPI description's names.

    `expires_after` is how long a run may take, in seconds.
    """

    store: Store
    engine: Engine
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

    def _create_run(self, asked: Asked) -> Answer | Stream:
        thread = self.store.thread(*asked.ids)
        assistant = self.store.assistant(asked.params["assistant_id"])
        if active := self.others.active_run(thread, asked.now):
            raise active_run(thread.thread["id"], active.run["id"])
        for message in asked.params.get("additional_messages") or ():
            self.others.add_message(thread, message, asked.now)
        record = self._add_run(thread, assistant, asked)
        return self._begin(record, [], asked)

    def _create_thread_and_run(self, asked: Asked) -> Answer | Stream:
        assistant = self.store.assistant(asked.params["assistant_id"])
        thread = self.others.add_thread(asked.params.get("thread", {}), asked.now)
        record = self._add_run(thread, assistant, asked)
        opening = [encode_event("thread.created", thread.thread)]
        return self._begin(record, opening, asked)

    def _add_run(
        self, thread: ThreadRecord, assistant: JSON, asked: Asked
    ) -> RunRecord:
        deadline = asked.now + self.expires_after
        run = run_object(
            self.store.ids.next("run"),
            int(asked.now),
            math.ceil(deadline),
            thread.thread,
            assistant,
            asked.params,
        )
        record = thread.runs[run["id"]] = RunRecord(
            run=run,
            assistant=assistant,
            thread=thread,
            number=self.store.runs_begun,
            deadline=deadline,
            clock=asked.now,
            with_content="include" in asked.query,
        )
        self.store.runs_begun += 1
        self.store.executions["runs"] += 1
        return record

    def _begin(
        self, record: RunRecord, opening: list[bytes], asked: Asked
    ) -> Answer | Stream:
        if not asked.params.get("stream"):
            return Answer(record.run, polled=True)
        record.streamed = True
        listener = record.listener = Listener()
        listener.queue.extend(opening)
        for name in ("thread.run.created", "thread.run.queued"):
            listener.queue.append(encode_event(name, record.run))
        return Stream(self.engine.stream(record, listener, asked.now))

    # --- Looking ------------------------------------------------------------------

    def _settled(self, asked: Asked) -> RunRecord:
        """Return the run as it is now: for example, expired if its time has passed."""
        thread_id, run_id, *_ = asked.ids
        record = self.store.run(thread_id, run_id)
        self.engine.settle(record, asked.now)
        return record

    def _get_run(self, asked: Asked) -> Answer:
        record = self.store.run(*asked.ids)
        self.engine.look(record, asked.now)
        return Answer(record.run, polled=True)

    def _list_runs(self, asked: Asked) -> Answer:
        records = self.store.thread(*asked.ids).runs.values()
        for record in records:
            self.engine.catch_up(record, asked.now)
        return Answer(page("run", (record.run for record in records), asked.query))

    def _list_steps(self, asked: Asked) -> Answer:
        record = self._settled(asked)
        with_content = "include" in asked.query
        steps = (
            step_answer(step, with_content=with_content)
            for step in record.steps.values()
        )
        return Answer(page("run step", steps, asked.query))

    def _get_step(self, asked: Asked) -> Answer:
        self._settled(asked)
        step = self.store.step(*asked.ids)
        return Answer(step_answer(step, with_content="include" in asked.query))

    # --- Changing -----------------------------------------------------------------

    def _modify_run(self, asked: Asked) -> Answer:
        record = self._settled(asked)
        # Recorded from the real service; it accepts all other statuses.
        if record.status == "in_progress":
            raise wrong_status("update", record.status)
        if "metadata" in asked.params:
            record.run["metadata"] = asked.params["metadata"] or {}
        return Answer(record.run, polled=True)

    def _cancel_run(self, asked: Asked) -> Answer:
        record = self._settled(asked)
        if (record.status, "cancel") not in RUN.transitions:
            raise wrong_status("cancel", record.status)
        self.engine.cancel(record, asked.now)
        self.store.executions["cancellations"] += 1
        return Answer(record.run, polled=True)

    def _submit_tool_outputs(self, asked: Asked) -> Answer | Stream:
        record = self._settled(asked)
        if record.status != "requires_action":
            raise no_outputs_wanted(record.status)
        action = record.run["required_action"]["submit_tool_outputs"]
        expected = [call["id"] for call in action["tool_calls"]]
        outputs = asked.params["tool_outputs"]
        got = [o["tool_call_id"] for o in outputs if "tool_call_id" in o]
        if sorted(got) != sorted(expected):
            raise expected_outputs(expected, got)
        record.streamed = bool(asked.params.get("stream"))
        record.listener = Listener() if record.streamed else None
        by_id = {o["tool_call_id"]: o.get("output", "") for o in outputs}
        self.engine.submit(record, by_id, asked.now)
        self.store.executions["submissions"] += 1
        if record.listener is None:
            return Answer(record.run, polled=True)
        return Stream(self.engine.stream(record, record.listener, asked.now))
