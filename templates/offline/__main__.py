"""Write the offline sealer: ``python -m templates.offline sunbid-sealer.html``."""

from __future__ import annotations

import sys
from pathlib import Path

from templates import offline

if len(sys.argv) != 2:
    sys.exit("python -m templates.offline FILE")
Path(sys.argv[1]).write_bytes(offline.page())
