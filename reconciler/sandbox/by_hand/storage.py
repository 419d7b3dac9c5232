"""Changes to where data lies: buckets and tables."""

from __future__ import annotations

import json

from reconciler.drift.finding import Kind, Severity
from reconciler.sandbox.by_hand.change import PREFIX, ByHand, Console, Expected

_UPLOADS = f"{PREFIX}-uploads"
_EXPORTS = f"{PREFIX}-exports"
_CDN_LOGS = f"{PREFIX}-cdn-logs"
_ORDERS = f"{PREFIX}-orders"


def _public_read(bucket: str) -> str:
    statement = {
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{bucket}/*",
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _remove_public_access_block(console: Console) -> None:
    console.aws("s3").delete_public_access_block(Bucket=_UPLOADS)


def _suspend_versioning(console: Console) -> None:
    console.aws("s3").put_bucket_versioning(Bucket=_UPLOADS, VersioningConfiguration={"Status": "Suspended"})


def _weaken_encryption(console: Console) -> None:
    rules = [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
    console.aws("s3").put_bucket_encryption(Bucket=_UPLOADS, ServerSideEncryptionConfiguration={"Rules": rules})


def _make_exports_public(console: Console) -> None:
    s3 = console.aws("s3")
    block = {
        "BlockPublicAcls": True,
        "IgnorePublicAcls": True,
        "BlockPublicPolicy": False,
        "RestrictPublicBuckets": True,
    }
    s3.put_public_access_block(Bucket=_EXPORTS, PublicAccessBlockConfiguration=block)
    s3.put_bucket_policy(Bucket=_EXPORTS, Policy=_public_read(_EXPORTS))


def _publish_cdn_logs(console: Console) -> None:
    console.aws("s3", "us-east-1").put_bucket_policy(Bucket=_CDN_LOGS, Policy=_public_read(_CDN_LOGS))


def _unprotect_table(console: Console) -> None:
    console.aws("dynamodb").update_table(TableName=_ORDERS, DeletionProtectionEnabled=False)


def _stop_backups(console: Console) -> None:
    console.aws("dynamodb").update_continuous_backups(
        TableName=_ORDERS, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False}
    )


_IN_BUCKET = "module.data.module.bucket"

CHANGES = (
    ByHand(
        "The block of public access removed from the uploads bucket",
        _remove_public_access_block,
        (
            Expected(
                f'{_IN_BUCKET}["uploads"].aws_s3_bucket_public_access_block.this',
                kind=Kind.DELETED,
                severity=Severity.HIGH,
            ),
        ),
    ),
    ByHand(
        "Versioning of the uploads bucket suspended",
        _suspend_versioning,
        (
            Expected(
                f'{_IN_BUCKET}["uploads"].aws_s3_bucket_versioning.this[0]',
                ("versioning_configuration",),
                severity=Severity.MEDIUM,
            ),
        ),
    ),
    ByHand(
        "The uploads bucket no longer encrypted with the company's key",
        _weaken_encryption,
        (Expected(f'{_IN_BUCKET}["uploads"].aws_s3_bucket_server_side_encryption_configuration.this', ("rule",)),),
    ),
    ByHand(
        "The exports bucket made readable by everybody",
        _make_exports_public,
        (
            Expected(f'{_IN_BUCKET}["exports"].aws_s3_bucket_policy.tls_only', ("policy",), severity=Severity.HIGH),
            Expected(f'{_IN_BUCKET}["exports"].aws_s3_bucket_public_access_block.this', ("block_public_policy",)),
        ),
    ),
    ByHand(
        "A public policy on the log bucket in us-east-1, which has none in the template",
        _publish_cdn_logs,
        (Expected("aws_s3_bucket.cdn_logs", ("policy",), severity=Severity.HIGH),),
    ),
    ByHand(
        "Deletion protection of the orders table switched off",
        _unprotect_table,
        (
            Expected(
                'module.data.aws_dynamodb_table.this["orders"]',
                ("deletion_protection_enabled",),
                severity=Severity.HIGH,
            ),
        ),
    ),
    ByHand(
        "Point-in-time recovery of the orders table switched off",
        _stop_backups,
        (
            Expected(
                'module.data.aws_dynamodb_table.this["orders"]', ("point_in_time_recovery",), severity=Severity.MEDIUM
            ),
        ),
    ),
)
