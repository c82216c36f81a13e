"""`python -m runs_transports.cli`"""

import sys

from runs_transports.cli import main

__all__: list[str] = []

sys.exit(main())
