"""Streams, catalogues, queries, models."""

from __future__ import annotations

from support.by_hand_harbour.wording import HIGH, changed, deleted

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
    changed(
        "Events delivered into another bucket",
        _firehose_elsewhere,
        f"{_A}aws_kinesis_firehose_delivery_stream.events",
        "extended_s3_configuration",
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
    deleted(
        "The readers' group deleted",
        lambda c: c.aws("quicksight").delete_group(
            GroupName="harbour-readers", AwsAccountId="123456789012", Namespace="default"
        ),
        f"{_A}aws_quicksight_group.readers",
    ),
    deleted(
        "The stream's reader deleted",
        lambda c: c.aws("kinesis").deregister_stream_consumer(
            ConsumerARN=c.aws("kinesis").list_stream_consumers(
                StreamARN=c.aws("kinesis").describe_stream(StreamName="harbour-events")["StreamDescription"][
                    "StreamARN"
                ]
            )["Consumers"][0]["ConsumerARN"]
        ),
        f"{_A}aws_kinesis_stream_consumer.events",
    ),
)
