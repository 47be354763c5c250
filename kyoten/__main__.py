"""``python -m kyoten``: the same as ``kyoten``."""

import sys

from kyoten.cli import main

if __name__ == "__main__":
    sys.exit(main())
