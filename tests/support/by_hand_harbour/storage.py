"""Where data lies: buckets, images, queues."""

from __future__ import annotations

from typing import Any

from support.by_hand_harbour.wording import CRITICAL, HIGH, MEDIUM, changed, deleted, for_everybody

from reconciler.sandbox.by_hand.change import Console

_S = "module.storage."
_CARGO, _LOGS, _SITE, _LOCKED = "harbour-cargo", "harbour-logs", "harbour-site", "harbour-locked"


def _s3(console: Console) -> Any:
    return console.aws("s3")


def _weaken_encryption(console: Console) -> None:
    rules = [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
    _s3(console).put_bucket_encryption(Bucket=_CARGO, ServerSideEncryptionConfiguration={"Rules": rules})


def _shorten_lock(console: Console) -> None:
    rule = {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 1}}
    _s3(console).put_object_lock_configuration(
        Bucket=_LOCKED, ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": rule}
    )


def _stop_inventory(console: Console) -> None:
    known = _s3(console).get_bucket_inventory_configuration(Bucket=_CARGO, Id="weekly")["InventoryConfiguration"]
    _s3(console).put_bucket_inventory_configuration(
        Bucket=_CARGO, Id="weekly", InventoryConfiguration={**known, "IsEnabled": False}
    )


def _redirect_site(console: Console) -> None:
    website = {"IndexDocument": {"Suffix": "other.html"}}
    _s3(console).put_bucket_website(Bucket=_SITE, WebsiteConfiguration=website)


def _forget_messages(console: Console) -> None:
    sqs = console.aws("sqs")
    queue = sqs.get_queue_url(QueueName="harbour-arrivals")["QueueUrl"]
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"MessageRetentionPeriod": "60"})


def _open_queue(console: Console) -> None:
    sqs = console.aws("sqs")
    queue = sqs.get_queue_url(QueueName="harbour-arrivals")["QueueUrl"]
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": for_everybody("sqs:*")})


CHANGES = (
    changed(
        "Versioning of the cargo suspended",
        lambda c: _s3(c).put_bucket_versioning(Bucket=_CARGO, VersioningConfiguration={"Status": "Suspended"}),
        f"{_S}aws_s3_bucket_versioning.cargo",
        "versioning_configuration",
        HIGH,
    ),
    changed(
        "The cargo no longer encrypted with the company's key",
        _weaken_encryption,
        f"{_S}aws_s3_bucket_server_side_encryption_configuration.cargo",
        "rule",
        HIGH,
    ),
    deleted(
        "Access to the cargo no longer logged",
        lambda c: _s3(c).put_bucket_logging(Bucket=_CARGO, BucketLoggingStatus={}),
        f"{_S}aws_s3_bucket_logging.cargo",
    ),
    changed(
        "The logs readable by everybody",
        lambda c: _s3(c).put_bucket_acl(Bucket=_LOGS, ACL="public-read"),
        f"{_S}aws_s3_bucket_acl.logs",
        "access_control_policy|acl",
        CRITICAL,
    ),
    changed(
        "Objects of others kept theirs",
        lambda c: _s3(c).put_bucket_ownership_controls(
            Bucket=_LOGS, OwnershipControls={"Rules": [{"ObjectOwnership": "ObjectWriter"}]}
        ),
        f"{_S}aws_s3_bucket_ownership_controls.logs",
        "rule",
    ),
    deleted(
        "The copy in the second region stopped",
        lambda c: _s3(c).delete_bucket_replication(Bucket=_CARGO),
        f"{_S}aws_s3_bucket_replication_configuration.cargo",
    ),
    changed(
        "A public policy on the site's bucket, which has none in the template",
        lambda c: _s3(c).put_bucket_policy(
            Bucket=_SITE, Policy=for_everybody("s3:GetObject", f"arn:aws:s3:::{_SITE}/*")
        ),
        f'{_S}aws_s3_bucket.this["site"]',
        "policy",
        CRITICAL,
    ),
    changed(
        "A life cycle that deletes the site after a day",
        lambda c: _s3(c).put_bucket_lifecycle_configuration(
            Bucket=_SITE,
            LifecycleConfiguration={
                "Rules": [{"ID": "all", "Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 1}}]
            },
        ),
        f'{_S}aws_s3_bucket.this["site"]',
        "lifecycle_rule",
    ),
    changed(
        "The site's front page changed",
        _redirect_site,
        f"{_S}aws_s3_bucket_website_configuration.site",
        "index_document",
    ),
    changed(
        "Acceleration of the site suspended",
        lambda c: _s3(c).put_bucket_accelerate_configuration(
            Bucket=_SITE, AccelerateConfiguration={"Status": "Suspended"}
        ),
        f"{_S}aws_s3_bucket_accelerate_configuration.site",
        "status",
    ),
    changed("The inventory stopped", _stop_inventory, f"{_S}aws_s3_bucket_inventory.cargo", "enabled"),
    changed(
        "What is locked for a year locked for a day",
        _shorten_lock,
        f"{_S}aws_s3_bucket_object_lock_configuration.locked",
        "rule",
        HIGH,
    ),
    changed(
        "The manifest overwritten",
        lambda c: _s3(c).put_object(Bucket=_CARGO, Key="manifest.json", Body=b"{}"),
        f"{_S}aws_s3_object.manifest",
        "etag|content|version_id",
    ),
    changed("Messages kept for a minute", _forget_messages, f"{_S}aws_sqs_queue.arrivals", "message_retention_seconds"),
    changed("Everybody may read the arrivals", _open_queue, f"{_S}aws_sqs_queue.arrivals", "policy", CRITICAL),
    changed(
        "Everybody may pull the images",
        lambda c: c.aws("ecr").set_repository_policy(
            repositoryName="harbour/app", policyText=for_everybody("ecr:*").replace(', "Resource": "*"', "")
        ),
        f"{_S}aws_ecr_repository_policy.this",
        "policy",
        CRITICAL,
    ),
    changed(
        "Images may be replaced under the same tag",
        lambda c: c.aws("ecr").put_image_tag_mutability(repositoryName="harbour/app", imageTagMutability="MUTABLE"),
        f"{_S}aws_ecr_repository.this",
        "image_tag_mutability",
        MEDIUM,
    ),
    changed(
        "No image scanned any more",
        lambda c: c.aws("ecr").put_registry_scanning_configuration(scanType="BASIC", rules=[]),
        f"{_S}aws_ecr_registry_scanning_configuration.this",
        "rule",
        MEDIUM,
    ),
    changed(
        "Arrivals no longer announced",
        lambda c: _s3(c).put_bucket_notification_configuration(Bucket=_CARGO, NotificationConfiguration={}),
        f"{_S}aws_s3_bucket_notification.cargo",
        "queue",
    ),
)
