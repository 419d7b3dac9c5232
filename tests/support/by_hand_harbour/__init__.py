"""What people and programs do in a console behind the harbour's Terraform: the second set of changes by hand.

They do not undo each other and can be made in any order, each once. What the emulator refuses or forgets is not here.
"""

from __future__ import annotations

from support.by_hand_harbour import (
    analytics,
    compute,
    data,
    delivery,
    edge,
    identity,
    network,
    operations,
    people,
    storage,
)

CHANGES = (
    *network.CHANGES,
    *identity.CHANGES,
    *people.CHANGES,
    *storage.CHANGES,
    *data.CHANGES,
    *compute.CHANGES,
    *edge.CHANGES,
    *analytics.CHANGES,
    *operations.CHANGES,
    *delivery.CHANGES,
)
"""All of them."""
