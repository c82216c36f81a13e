"""What pydantic asks of a class that is to be a field's type.

pydantic is not imported: it calls `__get_pydantic_core_schema__`, and its schemas are
plain dicts (docs.pydantic.dev, "Custom types"; pydantic-core's `core_schema`).
"""

from __future__ import annotations

from typing import Any, Literal, get_args, get_origin, get_type_hints

from runs_core.errors import MalformedResponse
from runs_core.wire._objects import WireObject
from runs_core.wire._structure import wire_reader

__all__ = ["core_schema"]


def core_schema(tp: Any) -> dict[str, Any]:
    """Return a schema that takes a `tp` as it is, and reads one from a dict."""
    cls: type[WireObject] = get_origin(tp) or tp
    tags = {
        name: get_args(hint)
        for name, hint in get_type_hints(cls).items()
        if get_origin(hint) is Literal
    }
    read = wire_reader(tp)

    def validate(value: object) -> object:
        if isinstance(value, cls):
            return value
        try:
            made = read(value)
        except MalformedResponse as error:
            # pydantic takes only these for a fault of the value.
            raise ValueError(str(error)) from None
        for name, known in tags.items():
            if getattr(made, name) not in known:
                raise ValueError(f"its {name} is not that of a {cls.__name__}")
        return made

    return {
        "type": "function-plain",
        "function": {"type": "no-info", "function": validate},
        "serialization": {"type": "function-plain", "function": cls.model_dump},
    }
