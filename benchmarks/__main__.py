"""`python -m benchmarks`."""

import sys

try:
    from benchmarks.cli import main
except ModuleNotFoundError as error:
    if error.name is None or "." in error.name:
        raise  # A module of an installed package: a mistake, or another version.
    told = f"{error.name} is not installed; install runs-core with its extra `bench`"
    raise SystemExit(told) from None

if __name__ == "__main__":
    sys.exit(main())
