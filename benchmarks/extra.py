"""What installs the libraries that the benchmarks need. It needs none itself."""

__all__ = ["lacks"]


def lacks(library: str) -> SystemExit:
    """Return the exit that says which library is not installed, and how to get it."""
    return SystemExit(
        f"{library} is not installed; install runs-core with its extra `bench`"
    )
