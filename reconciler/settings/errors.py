"""Several mistakes in one configuration are told together."""

from __future__ import annotations

from reconciler.errors import ConfigError


class ConfigErrors(ConfigError):  # noqa: N818  it holds several
    """The configuration has several mistakes. ``errors`` holds each with its position and hint."""

    def __init__(self, errors: tuple[ConfigError, ...]) -> None:
        """Take at least two mistakes, in the order of the file."""
        self.errors = errors
        super().__init__("\n".join(str(error) for error in errors))


def raise_all(errors: list[ConfigError]) -> None:
    """Raise the mistakes, if there are any: one as itself, several as :class:`ConfigErrors`.

    Raises:
        ConfigError: there is at least one mistake.
    """
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise ConfigErrors(tuple(errors))
