"""`client.beta`: the operations under openai-python's names, derived from `api`."""

from runs_core.faces.nouns import AsyncBeta, Beta

__all__ = ["AsyncBeta", "Beta"]
