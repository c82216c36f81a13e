"""`client.beta`: the operations under openai-python's names, derived from `api`."""

from runs_core.faces.nouns import AsyncBeta, AsyncRawNouns, Beta, RawNouns

__all__ = ["AsyncBeta", "AsyncRawNouns", "Beta", "RawNouns"]
