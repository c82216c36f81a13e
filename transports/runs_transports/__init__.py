"""Transports that drive `runs_core`, each named for the library that it wraps.

Import the one you use: `runs_transports.requests`, `.sockets`, `.trio`, `.asyncio`.
This module imports none of them, because each needs its own library.
"""
