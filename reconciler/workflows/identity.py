"""Whose account it is: asked before anything is believed to be absent."""

from __future__ import annotations

from collections.abc import Callable

from reconciler.drift.record import EnvironmentFacts
from reconciler.errors import ForeignAccountError


def confirm_account(environment: EnvironmentFacts, account_id: Callable[[], str]) -> None:
    """Insist that the credentials are of the environment's account.

    Raises:
        CloudError: AWS does not say whose they are.
        ForeignAccountError: they are another account's.
    """
    account = account_id()
    if account != environment.account_id:
        raise ForeignAccountError(
            f"the credentials belong to account {account}, environment {environment.name!r} is account "
            f"{environment.account_id}",
            hint="check profile and assume_role of the environment, or its account_id",
        )
