"""Placeholders for arguments that are not given, under openai-python's names."""

from __future__ import annotations

from typing import Any

from runs_core._omit import Omit

__all__ = ["NOT_GIVEN", "NotGiven", "Omit", "not_given", "omit"]


NotGiven = Omit
"""`Omit`, under an older name of openai-python's."""

omit: Any = Omit()
"""An argument that is not given; typed `Any`, so that it can stand for any."""
not_given: Any = omit
"""`omit`, under an older name of openai-python's."""
NOT_GIVEN: Any = omit
"""`omit`, under the oldest name of openai-python's."""
