"""What is wrong with a block that cannot be read.

First what people do most, then python-hcl2's opinion, then where tree-sitter lost the thread. Messages
describe the text and never quote it: it may hold a secret.
"""

from __future__ import annotations

import re
import threading

from reconciler.desired.resync import closings
from reconciler.desired.syntax import Fault, Place

_CONFLICT = re.compile(r"^(?:<{7}|={7}|>{7})(?=[ \t\r\n]|\Z)", re.MULTILINE)
_STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"')
_HEREDOC = re.compile(r"<<-?[\"']?([A-Za-z_][\w-]*)")

_lock = threading.Lock()  # python-hcl2 8 gives wrong results for good once two threads have used it at a time

_WORDS = {
    "$END": "the end of the block",
    "RBRACE": "a closing brace",
    "LBRACE": "an opening brace",
    "RSQB": "a closing bracket",
    "RPAR": "a closing parenthesis",
    "COMMA": "a comma",
    "COLON": "a colon",
    "EQ": "an equals sign",
    "DBLQUOTE": "a quote",
    "NAME": "a name",
    "NL_OR_COMMENT": "a newline",
    "INT_LITERAL": "a number",
    "FLOAT_LITERAL": "a number",
    "STRING_CHARS": "text that is no HCL",
}
# python-hcl2 takes what it does not expect for the inside of a string: then the first character tells what it is.
_MARKS = {
    "\n": "the end of the line",
    "}": "a closing brace",
    "{": "an opening brace",
    "]": "a closing bracket",
    ")": "a closing parenthesis",
    ",": "a comma",
    ":": "a colon",
    "=": "an equals sign",
}


def explain(text: str, first_line: int, lost: Place, *, ask: bool = True) -> Fault:
    """Say what is wrong with a piece of a file.

    Args:
        text: the piece, whole lines.
        first_line: the line of the file that it begins at.
        lost: where tree-sitter found the first error.
        ask: whether python-hcl2 is asked, which takes a second for 50 kB.
    """
    conflict = _CONFLICT.search(text)
    if conflict:
        line = first_line + text.count("\n", 0, conflict.start())
        return Fault(Place(line, 1), "a merge conflict is not resolved", "resolve it and remove the conflict marks")
    if text.lstrip().startswith("{") and first_line == 1:
        return Fault(lost, "JSON in a file of HCL", "name it .tf.json")
    return (
        _unclosed_heredoc(text, first_line)
        or _unclosed_string(text, first_line)
        or (_opinion(text, first_line) if ask else None)
        or Fault(lost, "not valid HCL", "terraform validate says more")
    )


def _unclosed_heredoc(text: str, first_line: int) -> Fault | None:
    ends = closings(text)
    for match in _HEREDOC.finditer(text):
        if ends.get(match[1], [-1])[-1] <= match.end():
            place = _place(text, match.start(), first_line)
            return Fault(place, "a heredoc is not closed", "its closing mark must stand alone on a line")
    return None


def _unclosed_string(text: str, first_line: int) -> Fault | None:
    end_mark: str | None = None
    for number, line in enumerate(text.split("\n")):
        if end_mark is not None:
            if line.strip() == end_mark:
                end_mark = None
            continue
        code = _STRING.sub(lambda match: " " * len(match.group()), line)
        code = re.split(r"#|//", code, maxsplit=1)[0]
        if '"' in code:
            place = Place(first_line + number, code.index('"') + 1)
            return Fault(place, "a quoted string is not closed on its line", 'add the closing "')
        opening = _HEREDOC.search(code)
        if opening:
            end_mark = opening[1]
    return None


def _opinion(text: str, first_line: int) -> Fault | None:
    with _lock:
        # 0.1 s to import and some more for its grammar: only a template with an error pays for it.
        import hcl2  # noqa: PLC0415
        from lark.exceptions import LarkError, UnexpectedInput  # noqa: PLC0415

        try:
            hcl2.loads(text if text.endswith("\n") else text + "\n")
        except UnexpectedInput as error:
            token = getattr(error, "token", None)
            found = getattr(token, "type", "")
            line, column = error.line, error.column
            if line < 1 or column < 1:
                return None
            if not _char_at(text, line, column).isascii():
                return None  # it knows no names beyond ASCII, Terraform does
            if found == "$END" and "RBRACE" in (getattr(error, "expected", None) or ()):
                place = Place(first_line + line - 1, column)
                return Fault(place, "a block is not closed before this", "a closing brace is missing above")
            word = (_MARKS.get(str(token)[:1]) if found == "STRING_CHARS" else None) or _WORDS.get(found)
            message = f"not valid HCL: {word} is not expected here" if word else "not valid HCL"
            return Fault(Place(first_line + line - 1, column), message, _expectation(error))
        except (LarkError, RecursionError, RuntimeError, ValueError, KeyError, TypeError, AttributeError):
            return None
    return None


def _char_at(text: str, line: int, column: int) -> str:
    lines = text.split("\n")
    return lines[line - 1][column - 1 : column] if line <= len(lines) else ""


def _expectation(error: object) -> str | None:
    expected = {_WORDS[name] for name in getattr(error, "expected", ()) or () if name in _WORDS}
    expected.discard("the end of the block")
    if not expected or len(expected) > 3:
        return None
    return f"expected {' or '.join(sorted(expected))}"


def _place(text: str, at: int, first_line: int) -> Place:
    return Place(first_line + text.count("\n", 0, at), at - text.rfind("\n", 0, at))
