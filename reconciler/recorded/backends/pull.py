"""Every other backend: ``terraform state pull`` reads what only Terraform can."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from reconciler.errors import BackendError, TerraformError
from reconciler.recorded.backends.base import within


@dataclass(frozen=True, slots=True)
class PullBackend:
    """A state that Terraform fetches. Needs a folder where ``terraform init`` has been run."""

    pull: Callable[[], bytes]
    type: str
    limit: int

    @property
    def location(self) -> str:
        """The backend's type."""
        return f"{self.type} (terraform state pull)"

    def read(self) -> bytes | None:
        """What Terraform prints; None where it prints nothing, since there is no state yet.

        Raises:
            BackendError: Terraform fails.
        """
        try:
            data = self.pull()
        except TerraformError as error:
            raise BackendError(f"cannot read {self.location}: {error.message}", hint=error.hint) from error
        return within(data, self.limit, self.location) if data.strip() else None
