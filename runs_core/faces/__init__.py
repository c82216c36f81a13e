"""`client.beta`: the operations under openai-python's names, derived from `api`.

A *noun* is what stands before a method: `threads`, `runs`, `messages` (openai-python
calls it a resource). Each noun has four *faces*, which differ in what their methods
return: results (`Runs`), results to await (`AsyncRuns`), and below `with_raw_response`
whole responses (`RawRuns`), or responses to await (`AsyncRawRuns`). Blocking and async
are the two *colours*.
"""

from runs_core.faces.nouns import (
    Assistants,
    AsyncAssistants,
    AsyncBeta,
    AsyncMessages,
    AsyncRawNouns,
    AsyncRuns,
    AsyncSteps,
    AsyncThreads,
    Beta,
    Messages,
    RawNouns,
    Runs,
    Steps,
    Threads,
)

__all__ = [
    "Assistants",
    "AsyncAssistants",
    "AsyncBeta",
    "AsyncMessages",
    "AsyncRawNouns",
    "AsyncRuns",
    "AsyncSteps",
    "AsyncThreads",
    "Beta",
    "Messages",
    "RawNouns",
    "Runs",
    "Steps",
    "Threads",
]
