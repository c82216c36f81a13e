"""Callbacks for a run's stream, under openai-python's names.

A handler is a thin layer over an event stream: it hands the events on, and before each
it calls the subclass's callbacks for what the event changes.
"""

from runs_core.handlers.awaited import AsyncAssistantEventHandler
from runs_core.handlers.blocking import AssistantEventHandler

__all__ = ["AssistantEventHandler", "AsyncAssistantEventHandler"]
