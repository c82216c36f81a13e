"""A sans-I/O protocol core for the Threads Runs API, driven by pluggable transports.

The names that most programs need are here. `runs_core.api` has the operations,
`runs_core.models` what they return, and `runs_core.testing` a local service. Nothing in
this package does I/O.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from runs_core._public import *  # noqa: F403
    from runs_core._public import __all__ as __all__
else:

    def __getattr__(name: str) -> Any:
        """Load all names when the first one is used.

        A program that needs one module, such as `runs_core.wire.sse`, does not pay for
        the rest.
        """
        from importlib import import_module

        # A module does not need the rest, and to load the rest for it while the rest is
        # being loaded would be circular.
        try:
            return import_module(f"{__name__}.{name}")
        except ModuleNotFoundError as error:
            if error.name != f"{__name__}.{name}":
                raise
        public = import_module("runs_core._public")
        names = {known: vars(public)[known] for known in public.__all__}
        globals().update(names, __all__=public.__all__)
        if name not in globals():
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return globals()[name]

    def __dir__() -> list[str]:
        return sorted({*globals(), *__getattr__("__all__")})
