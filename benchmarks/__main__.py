"""`python -m benchmarks`."""

import sys

from benchmarks.extra import lacks

try:
    from benchmarks.cli import main
except ModuleNotFoundError as error:
    if error.name is None or "." in error.name:
        raise  # A module of an installed package: a mistake, or another version.
    raise lacks(error.name) from None

if __name__ == "__main__":
    sys.exit(main())
