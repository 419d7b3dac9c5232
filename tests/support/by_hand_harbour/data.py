"""Databases, caches, tables, file systems, backups."""

from __future__ import annotations

from support.by_hand_harbour.network import group
from support.by_hand_harbour.wording import CRITICAL, HIGH, VIRGINIA, changed, deleted, for_everybody

from reconciler.sandbox.by_hand.change import Console

_D = "module.data."
_E = "module.elsewhere."


def _file_system(console: Console) -> str:
    return str(console.aws("efs").describe_file_systems()["FileSystems"][0]["FileSystemId"])


def _drop_mount(console: Console) -> None:
    efs = console.aws("efs")
    targets = efs.describe_mount_targets(FileSystemId=_file_system(console))["MountTargets"]
    second = max(targets, key=lambda target: target["IpAddress"])["MountTargetId"]
    efs.delete_mount_target(MountTargetId=second)


def _drop_access_point(console: Console) -> None:
    efs = console.aws("efs")
    efs.delete_access_point(AccessPointId=efs.describe_access_points()["AccessPoints"][0]["AccessPointId"])


def _keep_backups_shorter(console: Console) -> None:
    backup = console.aws("backup")
    plan = backup.list_backup_plans()["BackupPlansList"][0]["BackupPlanId"]
    backup.delete_backup_plan(BackupPlanId=plan)


def _table(console: Console, name: str) -> str:
    return str(console.aws("dynamodb").describe_table(TableName=name)["Table"]["TableArn"])


CHANGES = (
    changed(
        "The standby database reachable from the internet",
        lambda c: c.aws("rds", VIRGINIA).modify_db_instance(
            DBInstanceIdentifier="harbour", PubliclyAccessible=True, ApplyImmediately=True
        ),
        f"{_E}aws_db_instance.this",
        "publicly_accessible",
        CRITICAL,
    ),
    changed(
        "The standby database may be deleted",
        lambda c: c.aws("rds", VIRGINIA).modify_db_instance(
            DBInstanceIdentifier="harbour", DeletionProtection=False, ApplyImmediately=True
        ),
        f"{_E}aws_db_instance.this",
        "deletion_protection",
        HIGH,
    ),
    changed(
        "Backups of the standby database kept for a day",
        lambda c: c.aws("rds", VIRGINIA).modify_db_instance(
            DBInstanceIdentifier="harbour", BackupRetentionPeriod=1, ApplyImmediately=True
        ),
        f"{_E}aws_db_instance.this",
        "backup_retention_period",
        HIGH,
    ),
    changed(
        "The standby database made larger",
        lambda c: c.aws("rds", VIRGINIA).modify_db_instance(
            DBInstanceIdentifier="harbour", DBInstanceClass="db.r6g.4xlarge", ApplyImmediately=True
        ),
        f"{_E}aws_db_instance.this",
        "instance_class",
    ),
    changed(
        "The cluster may be deleted",
        lambda c: c.aws("rds").modify_db_cluster(DBClusterIdentifier="harbour", DeletionProtection=False),
        f"{_D}aws_rds_cluster.this",
        "deletion_protection",
        HIGH,
    ),
    changed(
        "Backups of the cluster kept for a day",
        lambda c: c.aws("rds").modify_db_cluster(DBClusterIdentifier="harbour", BackupRetentionPeriod=1),
        f"{_D}aws_rds_cluster.this",
        "backup_retention_period",
        HIGH,
    ),
    changed(
        "A cluster's instance reachable from the internet",
        lambda c: c.aws("rds").modify_db_instance(
            DBInstanceIdentifier="harbour-0", PubliclyAccessible=True, ApplyImmediately=True
        ),
        f"{_D}aws_rds_cluster_instance.this[0]",
        "publicly_accessible",
        CRITICAL,
    ),
    changed(
        "The cluster's snapshot shared with everybody",
        lambda c: c.aws("rds").modify_db_cluster_snapshot_attribute(
            DBClusterSnapshotIdentifier="harbour-cluster", AttributeName="restore", ValuesToAdd=["all"]
        ),
        f"{_D}aws_db_cluster_snapshot.this",
        "shared_accounts",
        CRITICAL,
    ),
    deleted(
        "The database's secret deleted",
        lambda c: c.aws("secretsmanager").delete_secret(SecretId="harbour/database", RecoveryWindowInDays=7),
        f"{_D}aws_secretsmanager_secret.database",
        CRITICAL,
    ),
    deleted(
        "The graph of routes deleted",
        lambda c: c.aws("neptune").delete_db_cluster(DBClusterIdentifier="harbour-routes", SkipFinalSnapshot=True),
        f"{_D}aws_neptune_cluster.this",
        CRITICAL,
    ),
    changed(
        "Snapshots of the memory database kept for a day",
        lambda c: c.aws("memorydb").update_cluster(ClusterName="harbour", SnapshotRetentionLimit=1),
        f"{_D}aws_memorydb_cluster.this",
        "snapshot_retention_limit",
    ),
    changed(
        "The memory database described otherwise",
        lambda c: c.aws("memorydb").update_cluster(ClusterName="harbour", Description="temporary"),
        f"{_D}aws_memorydb_cluster.this",
        "description",
    ),
    changed(
        "Point-in-time recovery of the ships switched off",
        lambda c: c.aws("dynamodb").update_continuous_backups(
            TableName="harbour-ships", PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False}
        ),
        f"{_D}aws_dynamodb_table.ships",
        "point_in_time_recovery",
        HIGH,
    ),
    changed(
        "Ships disappear when their time comes",
        lambda c: c.aws("dynamodb").update_time_to_live(
            TableName="harbour-ships", TimeToLiveSpecification={"Enabled": True, "AttributeName": "until"}
        ),
        f"{_D}aws_dynamodb_table.ships",
        "ttl",
    ),
    changed(
        "The flagship renamed",
        lambda c: c.aws("dynamodb").put_item(
            TableName="harbour-ships", Item={"id": {"S": "flagship"}, "name": {"S": "Noname"}}
        ),
        f"{_D}aws_dynamodb_table_item.flagship",
        "item",
    ),
    changed(
        "Everybody may read the ships",
        lambda c: c.aws("dynamodb").put_resource_policy(
            ResourceArn=_table(c, "harbour-ships"), Policy=for_everybody("dynamodb:*")
        ),
        f"{_D}aws_dynamodb_resource_policy.ships",
        "policy",
        CRITICAL,
    ),
    changed(
        "The stream of ships kept for a day",
        lambda c: c.aws("kinesis").decrease_stream_retention_period(
            StreamName="harbour-ships", RetentionPeriodHours=24
        ),
        f"{_D}aws_kinesis_stream.ships",
        "retention_period",
    ),
    changed(
        "The file system's policy opened to everybody",
        lambda c: c.aws("efs").put_file_system_policy(
            FileSystemId=_file_system(c), Policy=for_everybody("elasticfilesystem:*")
        ),
        f"{_D}aws_efs_file_system_policy.this",
        "policy",
        CRITICAL,
    ),
    deleted("A mount target deleted", _drop_mount, f"{_D}aws_efs_mount_target.this[1]"),
    deleted("The access point deleted", _drop_access_point, f"{_D}aws_efs_access_point.this"),
    deleted(
        "The old database's endpoint deleted",
        lambda c: c.aws("dms").delete_endpoint(
            EndpointArn=c.aws("dms").describe_endpoints()["Endpoints"][0]["EndpointArn"]
        ),
        f"{_D}aws_dms_endpoint.old",
    ),
    changed(
        "A mount target's group changed",
        lambda c: c.aws("efs").modify_mount_target_security_groups(
            MountTargetId=min(
                c.aws("efs").describe_mount_targets(FileSystemId=_file_system(c))["MountTargets"],
                key=lambda target: target["IpAddress"],
            )["MountTargetId"],
            SecurityGroups=[group(c, "default")],
        ),
        f"{_D}aws_efs_mount_target.this[0]",
        "security_groups",
        HIGH,
    ),
    changed(
        "The vault's lock removed",
        lambda c: c.aws("backup").delete_backup_vault_lock_configuration(BackupVaultName="harbour"),
        f"{_D}aws_backup_vault_lock_configuration.this",
        "min_retention_days",
        HIGH,
    ),
)
