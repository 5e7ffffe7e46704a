"""``python -m udl_pt`` is ``udl-pt``."""

import sys

from udl_pt.cli import main

sys.exit(main())
