"""Streams, catalogues, queries, models."""

from __future__ import annotations

from support.by_hand_harbour.wording import HIGH, MEDIUM, changed, deleted

from reconciler.sandbox.by_hand.change import Console

_A = "module.analytics."


def _new_script(console: Console) -> None:
    glue = console.aws("glue")
    known = glue.get_job(JobName="harbour-nightly")["Job"]
    command = {"Name": "glueetl", "ScriptLocation": "s3://harbour-cargo/jobs/other.py"}
    glue.update_job(JobName="harbour-nightly", JobUpdate={"Role": known["Role"], "Command": command})


def _move_table(console: Console) -> None:
    glue = console.aws("glue")
    known = glue.get_table(DatabaseName="harbour", Name="events")["Table"]
    storage = {**known["StorageDescriptor"], "Location": "s3://stranger/events/"}
    table = {"Name": "events", "TableType": known["TableType"], "StorageDescriptor": storage}
    glue.update_table(DatabaseName="harbour", TableInput=table)


def _unencrypt_results(console: Console) -> None:
    athena = console.aws("athena")
    athena.update_work_group(WorkGroup="harbour", State="DISABLED")


def _firehose_elsewhere(console: Console) -> None:
    firehose = console.aws("firehose")
    known = firehose.describe_delivery_stream(DeliveryStreamName="harbour-events")["DeliveryStreamDescription"]
    firehose.update_destination(
        DeliveryStreamName="harbour-events",
        CurrentDeliveryStreamVersionId=known["VersionId"],
        DestinationId=known["Destinations"][0]["DestinationId"],
        ExtendedS3DestinationUpdate={"BucketARN": "arn:aws:s3:::harbour-logs"},
    )


CHANGES = (
    changed(
        "The stream of events no longer encrypted",
        lambda c: c.aws("kinesis").stop_stream_encryption(
            StreamName="harbour-events", EncryptionType="KMS", KeyId="alias/aws/kinesis"
        ),
        f"{_A}aws_kinesis_stream.events",
        "encryption_type",
        HIGH,
    ),
    changed(
        "The stream of events made wider",
        lambda c: c.aws("kinesis").update_shard_count(
            StreamName="harbour-events", TargetShardCount=4, ScalingType="UNIFORM_SCALING"
        ),
        f"{_A}aws_kinesis_stream.events",
        "shard_count",
    ),
    deleted(
        "The stream's reader deleted",
        lambda c: c.aws("kinesis").deregister_stream_consumer(
            StreamARN=c.aws("kinesis").describe_stream(StreamName="harbour-events")["StreamDescription"]["StreamARN"],
            ConsumerName="reader",
        ),
        f"{_A}aws_kinesis_stream_consumer.events",
    ),
    changed(
        "Events delivered into another bucket",
        _firehose_elsewhere,
        f"{_A}aws_kinesis_firehose_delivery_stream.events",
        "extended_s3_configuration",
    ),
    changed("The nightly job runs another script", _new_script, f"{_A}aws_glue_job.nightly", "command", HIGH),
    changed(
        "The crawler started once a year",
        lambda c: c.aws("glue").update_crawler(Name="harbour-events", Schedule="cron(15 12 1 1 ? *)"),
        f"{_A}aws_glue_crawler.events",
        "schedule",
    ),
    deleted(
        "The nightly trigger deleted",
        lambda c: c.aws("glue").delete_trigger(Name="harbour-nightly"),
        f"{_A}aws_glue_trigger.nightly",
    ),
    changed(
        "The table of events read from a stranger's bucket",
        _move_table,
        f"{_A}aws_glue_catalog_table.events",
        "storage_descriptor",
    ),
    deleted(
        "The connection to the database deleted",
        lambda c: c.aws("glue").delete_connection(ConnectionName="harbour-database"),
        f"{_A}aws_glue_connection.database",
    ),
    changed("The work group switched off", _unencrypt_results, f"{_A}aws_athena_workgroup.this", "state", HIGH),
    changed(
        "The broker reachable by a weaker machine",
        lambda c: c.aws("mq").update_broker(
            BrokerId=c.aws("mq").list_brokers()["BrokerSummaries"][0]["BrokerId"], HostInstanceType="mq.m5.large"
        ),
        f"{_A}aws_mq_broker.this",
        "host_instance_type",
    ),
    deleted(
        "The endpoint of the model deleted",
        lambda c: c.aws("sagemaker").delete_endpoint(EndpointName="harbour"),
        f"{_A}aws_sagemaker_endpoint.this",
    ),
    changed(
        "The catalogue described otherwise",
        lambda c: c.aws("athena").update_data_catalog(
            Name="harbour-other", Type="GLUE", Description="by hand", Parameters={"catalog-id": "999999999999"}
        ),
        f"{_A}aws_athena_data_catalog.other",
        "parameters",
        MEDIUM,
    ),
    deleted(
        "The saved query deleted",
        lambda c: [
            c.aws("athena").delete_named_query(NamedQueryId=each)
            for each in c.aws("athena").list_named_queries(WorkGroup="harbour")["NamedQueryIds"]
        ],
        f"{_A}aws_athena_named_query.late",
    ),
    deleted(
        "The readers' group deleted",
        lambda c: c.aws("quicksight").delete_group(
            GroupName="harbour-readers", AwsAccountId="123456789012", Namespace="default"
        ),
        f"{_A}aws_quicksight_group.readers",
    ),
)
