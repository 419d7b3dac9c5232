"""Where things are found when the configuration does not say."""

from __future__ import annotations

import os
from pathlib import Path

from platformdirs import user_state_path


def default_state_dir() -> Path:
    """The state directory: systemd's where it gives us one, otherwise the user's.

    systemd sets ``STATE_DIRECTORY`` for a unit with ``StateDirectory=``, a list with colons if there are several:
    https://www.freedesktop.org/software/systemd/man/latest/systemd.exec.html
    """
    given = os.environ.get("STATE_DIRECTORY", "").split(":")[0]
    return Path(given) if given else user_state_path("reconciler", appauthor=False)
