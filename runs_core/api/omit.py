"""Arguments that are there and yet not given, as openai-python writes them."""

from __future__ import annotations

from typing import Any

from runs_core._omit import Omit

__all__ = ["NOT_GIVEN", "NotGiven", "Omit", "not_given", "omit"]


NotGiven = Omit

# Of any type, so that it can stand where a value of any parameter's type does.
omit: Any = Omit()
not_given: Any = omit
NOT_GIVEN: Any = omit
