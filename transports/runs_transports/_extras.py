"""What to say if a library is missing that comes with one of the extras."""

from __future__ import annotations

from types import TracebackType

__all__ = ["comes_with", "missing"]


def missing(who: str, library: str | None, extra: str) -> str:
    """Return a sentence that says what is missing, and how to install it.

    pip keeps the `runs-core` that is installed, even from a clone, and adds the
    libraries of the extra.
    """
    how = f"pip install 'runs-core[{extra}]'"
    return f"{who} needs {library}, which is not installed: {how}"


class comes_with:
    """Wraps a module's imports: if one fails, the error names the extra.

    It stays a `ModuleNotFoundError` with the library's name. A class, because type
    checkers assume that a generator's context manager may swallow what is raised.
    """

    def __init__(self, extra: str, module: str) -> None:
        self.extra = extra
        self.module = module

    def __enter__(self) -> None:
        pass

    def __exit__(
        self,
        typ: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if isinstance(error, ModuleNotFoundError):
            text = missing(self.module, error.name, self.extra)
            raise ModuleNotFoundError(text, name=error.name) from error
