from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from support.deadline import eventually

from reconciler.service.children import descendants

# In a process of its own: it kills whatever is below it.
_KILLS = """
import subprocess
from reconciler.service.children import kill_descendants
child = subprocess.Popen(["sleep", "600"])
print(kill_descendants(), child.wait())
"""


def test_a_child_that_has_ended_is_not_left_though_nobody_asked_for_its_exit_code() -> None:
    child = subprocess.Popen(["sleep", "600"])
    try:
        assert child.pid in descendants()
        child.kill()
        eventually(lambda: ") Z " in Path(f"/proc/{child.pid}/stat").read_text(encoding="utf-8"))
        assert child.pid not in descendants()
    finally:
        child.wait()


def test_a_child_that_lives_is_killed() -> None:
    done = subprocess.run([sys.executable, "-c", _KILLS], capture_output=True, text=True, check=True)
    assert done.stdout == "1 -9\n"
