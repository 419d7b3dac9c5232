"""What moves on a terminal, and that it leaves results alone."""

from __future__ import annotations

import io
import sys

import pytest

from reconciler.cli.demo import Terminal
from reconciler.cli.progress import shown_progress


class Screen(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def terminal(monkeypatch: pytest.MonkeyPatch) -> Screen:
    """Ours from here on. No fixture: pytest sets stderr anew when a test's own part begins."""
    screen = Screen()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "80")
    return screen


def test_a_phase_is_drawn_as_it_begins_with_its_count(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = terminal(monkeypatch)
    with shown_progress() as progress:
        progress.phase("production", "reading", 347)
        drawn = screen.getvalue()
    assert "production: reading" in drawn
    assert "0/347" in drawn


def test_a_name_that_a_terminal_would_obey_is_written_out(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = terminal(monkeypatch)
    with shown_progress() as progress:
        progress.phase("production", 'update aws_x.y["\x1b[2J\u202e"]')
        drawn = screen.getvalue()
    assert 'aws_x.y["\\x1b[2J\\u202e"]' in drawn
    assert "\x1b[2J" not in drawn


def test_what_nobody_can_count_shows_no_count_and_the_pass_itself_no_workspace(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = terminal(monkeypatch)
    with shown_progress() as progress:
        progress.phase("", "recording")
        drawn = screen.getvalue()
    assert "recording" in drawn
    assert ": recording" not in drawn
    assert "?" not in drawn.replace("\x1b[?", "")


def test_the_phase_before_is_gone_and_hiding_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = terminal(monkeypatch)
    with shown_progress() as progress:
        progress.phase("production", "applying", 2)
        progress.advance(2)
        progress.hide()
        screen.truncate(0)
        progress.phase("staging", "reading", 9)
        drawn = screen.getvalue()
        progress.hide()
        ended = len(screen.getvalue())
        progress.hide()
        assert len(screen.getvalue()) == ended
    assert "staging: reading" in drawn
    assert "production" not in drawn


def test_stdout_stays_a_terminal_with_colour_and_signs(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = terminal(monkeypatch)
    before = sys.stdout
    with shown_progress() as progress:
        progress.phase("production", "reading", 3)
        assert sys.stdout is before
    assert sys.stdout is before
    assert screen.getvalue()


def test_the_story_is_told_with_the_line_out_of_the_way_and_folded(
    monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    screen = terminal(monkeypatch)
    line = "SSH opened to the world on the load balancer's group, whose rules are separate resources"
    with shown_progress() as progress:
        progress.phase("production", "applying", 127)
        Terminal(progress).line(line)
        told = capsysbinary.readouterr().out.decode()
        length = len(screen.getvalue())
        progress.advance()
    assert max(map(len, told.splitlines())) <= 80
    assert " ".join(told.split()) == line
    assert len(screen.getvalue()) == length  # nothing is drawn until the next phase
