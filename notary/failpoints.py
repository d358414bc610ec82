"""Places where a test kills the server, as a power cut would (tests/fault/test_kill.py has a case for each).

``SUNBID_FAILPOINT=accept.written`` kills the process when it gets there, ``accept.written:3`` the third time. Without
the variable a fail point is one comparison of texts.
"""

from __future__ import annotations

import itertools
import os
import signal

_NAME, _, _COUNT = os.environ.get("SUNBID_FAILPOINT", "").partition(":")
_TIME = int(_COUNT or 1)
_passes = itertools.count(1)


def failpoint(name: str) -> None:
    """Die here, by SIGKILL, if the environment says so."""
    if name == _NAME and next(_passes) == _TIME:
        os.kill(os.getpid(), signal.SIGKILL)
