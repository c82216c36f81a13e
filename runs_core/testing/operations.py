"""Operations on assistants, threads and messages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import frozen

from runs_core.testing.answer import Answer, Asked, Handler, deleted
from runs_core.testing.engine import Engine
from runs_core.testing.objects import (
    JSON,
    assistant_object,
    message_answer,
    message_object,
    thread_object,
)
from runs_core.testing.pages import page
from runs_core.testing.refusal import thread_locked
from runs_core.testing.store import RunRecord, Store, ThreadRecord

__all__ = ["Operations"]


@frozen
class Operations:
    """One method for each operation; `handlers` has the OpenAPI description's names."""

    store: Store
    engine: Engine

    @property
    def handlers(self) -> dict[str, Handler]:
        """The operations by name."""
        return {
            "listAssistants": self._list_assistants,
            "createAssistant": self._create_assistant,
            "getAssistant": self._get_assistant,
            "modifyAssistant": self._modify_assistant,
            "deleteAssistant": self._delete_assistant,
            "createThread": self._create_thread,
            "getThread": self._get_thread,
            "modifyThread": self._modify_thread,
            "deleteThread": self._delete_thread,
            "listMessages": self._list_messages,
            "createMessage": self._create_message,
            "getMessage": self._get_message,
            "modifyMessage": self._modify_message,
            "deleteMessage": self._delete_message,
        }

    def _with_stores(self, params: Mapping[str, Any]) -> JSON:
        """Return the parameters, with an id for each vector store to be created."""
        resources = params.get("tool_resources") or {}
        search = resources.get("file_search", {})
        if "vector_stores" not in search:
            return dict(params)
        ids = [self.store.ids.next("vs") for _ in search["vector_stores"]]
        resources = {**resources, "file_search": {"vector_store_ids": ids}}
        return {**params, "tool_resources": resources}

    # --- Assistants ---------------------------------------------------------------

    def _create_assistant(self, asked: Asked) -> Answer:
        params = self._with_stores(asked.params)
        id = self.store.ids.next("asst")
        assistant = assistant_object(id, int(asked.now), params)
        self.store.assistants[assistant["id"]] = assistant
        self.store.executions["assistants"] += 1
        return Answer(assistant)

    def _list_assistants(self, asked: Asked) -> Answer:
        return Answer(page("assistant", self.store.assistants.values(), asked.query))

    def _get_assistant(self, asked: Asked) -> Answer:
        return Answer(self.store.assistant(*asked.ids))

    def _modify_assistant(self, asked: Asked) -> Answer:
        old = self.store.assistant(*asked.ids)
        new = assistant_object(old["id"], old["created_at"], {**old, **asked.params})
        self.store.assistants[old["id"]] = new
        return Answer(new)

    def _delete_assistant(self, asked: Asked) -> Answer:
        self.store.assistant(*asked.ids)
        del self.store.assistants[asked.ids[0]]
        return deleted("assistant", asked.ids[0])

    # --- Threads ------------------------------------------------------------------

    def _create_thread(self, asked: Asked) -> Answer:
        return Answer(self.add_thread(asked.params, asked.now).thread)

    def add_thread(self, params: Mapping[str, Any], now: float) -> ThreadRecord:
        """Create a thread with its first messages, and return it."""
        id = self.store.ids.next("thread")
        thread = thread_object(id, int(now), self._with_stores(params))
        record = self.store.threads[thread["id"]] = ThreadRecord(thread)
        self.store.executions["threads"] += 1
        for message in params.get("messages", ()):
            self.add_message(record, message, now)
        return record

    def _get_thread(self, asked: Asked) -> Answer:
        return Answer(self.store.thread(*asked.ids).thread)

    def _modify_thread(self, asked: Asked) -> Answer:
        record = self.store.thread(*asked.ids)
        old = record.thread
        new = {**old, **asked.params}
        record.thread = thread_object(old["id"], old["created_at"], new)
        return Answer(record.thread)

    def _delete_thread(self, asked: Asked) -> Answer:
        self.store.thread(*asked.ids)
        del self.store.threads[asked.ids[0]]
        return deleted("thread", asked.ids[0])

    def active_run(self, thread: ThreadRecord, now: float) -> RunRecord | None:
        """Return the run that blocks other runs and new messages, or None."""
        for record in thread.runs.values():
            self.engine.catch_up(record, now)
        return next((r for r in thread.runs.values() if r.is_active), None)

    # --- Messages -----------------------------------------------------------------

    def _create_message(self, asked: Asked) -> Answer:
        thread = self.store.thread(*asked.ids)
        if active := self.active_run(thread, asked.now):
            raise thread_locked(thread.thread["id"], active.run["id"])
        return Answer(message_answer(self.add_message(thread, asked.params, asked.now)))

    def add_message(self, thread: ThreadRecord, params: JSON, now: float) -> JSON:
        """Add a message at the end of the thread, and return it."""
        id = self.store.ids.next("msg")
        message = message_object(id, int(now), thread.thread["id"], params)
        thread.messages[id] = message
        self.store.executions["messages"] += 1
        return message

    def _list_messages(self, asked: Asked) -> Answer:
        run_id = asked.query.get("run_id")
        messages = self.store.thread(*asked.ids).messages.values()
        chosen = (m for m in messages if run_id in (None, m["run_id"]))
        return Answer(page("message", map(message_answer, chosen), asked.query))

    def _get_message(self, asked: Asked) -> Answer:
        return Answer(message_answer(self.store.message(*asked.ids)))

    def _modify_message(self, asked: Asked) -> Answer:
        message = self.store.message(*asked.ids)
        if "metadata" in asked.params:
            message["metadata"] = asked.params["metadata"] or {}
        return Answer(message_answer(message))

    def _delete_message(self, asked: Asked) -> Answer:
        self.store.message(*asked.ids)
        del self.store.threads[asked.ids[0]].messages[asked.ids[1]]
        return deleted("thread.message", asked.ids[1])
