"""The version, in one place: the distribution's metadata and the User-Agent read it."""

__version__ = "0.1.0"
