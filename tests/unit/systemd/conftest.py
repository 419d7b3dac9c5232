from __future__ import annotations

import os
import shutil

# A developer's machine may have no systemd, and then there is nothing to ask it. A build machine must have it.
collect_ignore = [] if shutil.which("systemd-analyze") or os.environ.get("CI") else ["test_analyze.py"]
