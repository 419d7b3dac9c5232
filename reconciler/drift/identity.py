"""Who a resource is: its id, ARN, name, account and region, read from its attributes.

ARN: ``arn:partition:service:region:account:resource``, https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from reconciler.drift.values import Object, Value

GLOBAL = "global"
"""The region of what belongs to no region."""

# Services without regions. S3's ARNs name none either, but a bucket lives in one.
_GLOBAL_SERVICES = frozenset({"iam", "route53", "cloudfront", "organizations", "globalaccelerator", "shield", "waf"})
_NAMES = (
    "name",
    "bucket",
    "function_name",
    "identifier",
    "cluster_identifier",
    "repository_name",
    "alias",
    "domain_name",
)


@dataclass(frozen=True, slots=True)
class Location:
    """The account and region that a resource is in where it does not say itself."""

    account_id: str
    region: str


@dataclass(frozen=True, slots=True)
class Identity:
    """What tells one resource from all others."""

    id: str
    arn: str | None
    name: str
    account_id: str
    region: str


def identify(attributes: Object, location: Location, fallback_name: str, fallback_id: str | None = None) -> Identity:
    """Read the identity from a resource's attributes, observed or recorded.

    A type may have no id, and an id may be masked: then the fallback stands for it.
    """
    arn = text(attributes.get("arn"))
    fields = arn.split(":", 5) if arn else []
    service, region, account = (fields[2], fields[3], fields[4]) if len(fields) == 6 else ("", "", "")
    return Identity(
        id=text(attributes.get("id")) or arn or fallback_id or fallback_name,
        arn=arn,
        name=_name(attributes) or fallback_name,
        # A resource of AWS's own account ("aws") is looked at from ours.
        account_id=account if account.isdigit() else location.account_id,
        region=region or (GLOBAL if service in _GLOBAL_SERVICES else text(attributes.get("region")) or location.region),
    )


def tags(attributes: Object) -> dict[str, str] | None:
    """All tags with the provider's defaults, or None where the type has none."""
    for name in ("tags_all", "tags"):
        value = attributes.get(name)
        if isinstance(value, Mapping):
            plain = isinstance(value, dict) and {str}.issuperset(map(type, value.values()))
            return dict(value) if plain else {str(k): str(v) for k, v in value.items()}
    return None


def text(value: Value) -> str | None:
    """A non-empty string, or None."""
    return value if isinstance(value, str) and value else None


def _name(attributes: Object) -> str | None:
    for key in _NAMES:
        if key in attributes and (found := text(attributes[key])):
            return found
    return (tags(attributes) or {}).get("Name")
