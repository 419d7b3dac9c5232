from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from reconciler.errors import CutOffError, TerraformError
from reconciler.terraform.runner import KEPT_ERRORS, Finished, Limits, run


def _python(
    code: str, tmp_path: Path, limits: Limits | None = None, env: dict[str, str] | None = None, **options: object
) -> Finished:
    argv = [sys.executable, "-S", "-c", code]
    return run(argv, cwd=tmp_path, env=env or {}, limits=limits or Limits(30.0), **options)  # type: ignore[arg-type]


def _await_file(path: Path) -> str:
    deadline = time.monotonic() + 20
    while not path.exists() or not path.read_text():
        assert time.monotonic() < deadline, f"{path} does not come"
        time.sleep(0.01)
    return path.read_text()


def _gone(pid: int) -> bool:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z":
                return True
        except FileNotFoundError:
            return True
        time.sleep(0.01)
    return False


EITHER = pytest.mark.parametrize("outlives", [False, True])


@EITHER
def test_output_errors_and_code_are_kept_apart(tmp_path: Path, *, outlives: bool) -> None:
    done = _python("import sys; print('out'); print('err', file=sys.stderr); sys.exit(3)", tmp_path, outlives=outlives)
    assert done == Finished(3, b"out\n", "err\n")


def test_a_child_has_the_given_environment_and_nothing_of_ours(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_OF_OURS", "1")
    done = _python("import os; print(sorted(os.environ))", tmp_path, env={"GIVEN": "1", "LC_CTYPE": "C"})
    assert done.stdout == b"['GIVEN', 'LC_CTYPE']\n"


def test_a_child_has_no_input_of_ours(tmp_path: Path) -> None:
    assert _python("import sys; print(repr(sys.stdin.read()))", tmp_path).stdout == b"''\n"


def test_a_child_reads_what_it_is_given(tmp_path: Path) -> None:
    assert _python("import sys; print(sys.stdin.read())", tmp_path, stdin=b"question").stdout == b"question\n"


def test_a_child_that_does_not_read_its_input_is_no_fault(tmp_path: Path) -> None:
    assert _python("import os; os.close(0); print('done')", tmp_path, stdin=b"x" * 60000).stdout == b"done\n"


@EITHER
def test_lines_come_while_it_runs(tmp_path: Path, *, outlives: bool) -> None:
    go = tmp_path / "go"
    wait = f"while not os.path.exists({str(go)!r}): time.sleep(0.01)"
    code = f"import os, time\nprint('first', flush=True)\n{wait}\nprint('é')"
    seen: list[bytes] = []

    def take(line: bytes) -> None:
        seen.append(line)
        go.touch()

    done = _python(code, tmp_path, on_line=take, env={"PYTHONUTF8": "1"}, outlives=outlives)
    assert (seen, done.stdout) == ([b"first", "é".encode()], b"")


def test_a_last_line_without_an_end_is_a_line(tmp_path: Path) -> None:
    seen: list[bytes] = []
    _python("import sys; sys.stdout.write('one\\ntwo')", tmp_path, on_line=seen.append)
    assert seen == [b"one", b"two"]


@EITHER
def test_much_output_on_both_sides_does_not_block(tmp_path: Path, *, outlives: bool) -> None:
    code = "import sys\nfor i in range(40):\n sys.stdout.write('o' * 100000); sys.stderr.write('e' * 100000)"
    done = _python(code, tmp_path, outlives=outlives)
    assert len(done.stdout) == 4_000_000
    assert KEPT_ERRORS <= len(done.stderr) < 4_000_000


def test_a_deadline_is_kept_and_nobody_stays(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    code = (
        "import os, signal, subprocess, sys, time\n"
        "signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "child = subprocess.Popen([sys.executable, '-S', '-c', 'import time; time.sleep(600)'])\n"
        f"open({str(pids)!r}, 'w').write(f'{{os.getpid()}} {{child.pid}}')\n"
        "time.sleep(600)"
    )
    began = time.monotonic()
    with pytest.raises(TerraformError, match="did not end within"):
        _python(code, tmp_path, Limits(3.0, grace=0.2))
    assert time.monotonic() - began < 15
    assert all(_gone(int(pid)) for pid in _await_file(pids).split())


def test_a_stop_interrupts_the_program_and_lets_it_end_in_order(tmp_path: Path) -> None:
    started, ended = tmp_path / "started", tmp_path / "ended"
    code = (
        "import time\n"
        f"open({str(started)!r}, 'w').write('1')\n"
        "try: time.sleep(600)\n"
        f"except KeyboardInterrupt: time.sleep(0.3); open({str(ended)!r}, 'w').write('in order')"
    )
    stop = threading.Event()
    watcher = threading.Thread(target=lambda: (_await_file(started), stop.set()))
    watcher.start()
    with pytest.raises(CutOffError):
        _python(code, tmp_path, Limits(60.0, grace=20.0, stop=stop))
    watcher.join()
    assert ended.read_text() == "in order"


def test_ctrl_c_reaches_us_and_the_program_hears_of_it_once(tmp_path: Path) -> None:
    started, heard = tmp_path / "started", tmp_path / "heard"
    code = (
        "import signal, sys, time\n"
        f"def hear(*_): open({str(heard)!r}, 'a').write('SIGINT '); sys.exit(1)\n"
        "signal.signal(signal.SIGINT, hear)\n"
        f"open({str(started)!r}, 'w').write('1')\n"
        "time.sleep(600)"
    )
    watcher = threading.Thread(target=lambda: (_await_file(started), os.kill(os.getpid(), signal.SIGINT)))
    watcher.start()
    with pytest.raises(KeyboardInterrupt):
        _python(code, tmp_path, Limits(60.0, grace=20.0))
    watcher.join()
    assert heard.read_text() == "SIGINT "


def test_a_grandchild_that_holds_the_pipe_does_not_hold_us(tmp_path: Path) -> None:
    sleeper = "[sys.executable, '-S', '-c', 'import time; time.sleep(600)']"
    code = f"import subprocess, sys; print(subprocess.Popen({sleeper}).pid)"
    began = time.monotonic()
    done = _python(code, tmp_path, Limits(60.0))
    assert time.monotonic() - began < 30
    assert _gone(int(done.stdout))


def test_a_program_that_a_signal_ended_says_so(tmp_path: Path) -> None:
    assert _python("import os; os.kill(os.getpid(), 9)", tmp_path).code == -9


@pytest.mark.parametrize(("program", "folder"), [("/nowhere/terraform", "."), (sys.executable, "absent")])
def test_what_cannot_be_started_is_an_error(tmp_path: Path, program: str, folder: str) -> None:
    with pytest.raises(TerraformError, match="cannot be started"):
        run([program], cwd=tmp_path / folder, env={}, limits=Limits(5.0))


def test_a_fault_in_the_listener_ends_the_program(tmp_path: Path) -> None:
    pid = tmp_path / "pid"
    code = f"import os, time; open({str(pid)!r}, 'w').write(str(os.getpid())); print('x', flush=True); time.sleep(600)"

    def fail(line: bytes) -> None:
        raise LookupError(line.decode())

    with pytest.raises(LookupError):
        _python(code, tmp_path, Limits(60.0, grace=5.0), on_line=fail)
    assert _gone(int(pid.read_text()))


def test_what_outlives_us_is_not_ended_by_what_it_says(tmp_path: Path) -> None:
    """As a Go program is by a broken pipe. Terraform itself is tried in tests/chaos/test_apply_moments.py."""
    started, ended = tmp_path / "started", tmp_path / "ended"
    code = (
        "import os, sys, time\n"
        f"open({str(started)!r}, 'w').write('1')\n"
        "while os.getppid() == int(sys.argv[1]): time.sleep(0.01)\n"
        "print('out', flush=True); print('err', file=sys.stderr, flush=True)\n"
        f"open({str(ended)!r}, 'w').write('in order')"
    )
    runs = (
        "import os, sys; from pathlib import Path; from reconciler.terraform.runner import Limits, run\n"
        f"argv = [sys.executable, '-S', '-c', {code!r}, str(os.getpid())]\n"
        "run(argv, cwd=Path('.'), env={}, limits=Limits(60.0), outlives=True)"
    )
    with subprocess.Popen([sys.executable, "-c", runs]) as process:
        _await_file(started)
        process.kill()
    assert _await_file(ended) == "in order"


@EITHER
def test_no_file_stays_open(tmp_path: Path, *, outlives: bool) -> None:
    _python("print(1)", tmp_path)
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(5):
        _python("print(1)", tmp_path, outlives=outlives)
        with pytest.raises(TerraformError, match="cannot be started"):
            run(["/nowhere/terraform"], cwd=tmp_path, env={}, limits=Limits(5.0), outlives=outlives)
    assert len(list(Path("/proc/self/fd").iterdir())) == before
