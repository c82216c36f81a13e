"""Transports that drive `runs_core`, each named for the library that it wraps.

Import the one you use: `runs_transports.requests`, `.sockets`, `.trio`, `.asyncio`.
This module imports none of them, because each needs its own library.
"""

if __name__ != "runs_transports":
    # In a checkout the folder above is importable too: each class would exist twice.
    raise ImportError(f"import runs_transports, not {__name__}", name=__name__)
