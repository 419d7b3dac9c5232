"""What the AWS provider says of its types, asked for once per session: half of what a first pass costs.

An installation that knows it is one that has met the provider before. Those of production, and the one that is searched
for secrets, are new.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from support.provider_host import find_aws_provider

from reconciler.observed.provider.pool import ProviderPool

_CONFIGURATION = {"region": "eu-west-1", "skip_credentials_validation": True, "skip_requesting_account_id": True}
_ENVIRONMENT = {"AWS_ACCESS_KEY_ID": "x", "AWS_SECRET_ACCESS_KEY": "y", "AWS_EC2_METADATA_DISABLED": "true"}


@pytest.fixture(scope="session")
def known_schemas(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as the provider host keeps it; nobody changes it."""
    folder = tmp_path_factory.mktemp("schemas")
    with ProviderPool(folder) as pool:
        pool.session(find_aws_provider(), _CONFIGURATION, _ENVIRONMENT).start()
    return folder
