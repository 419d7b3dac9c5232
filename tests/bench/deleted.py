"""A pass that meets a deleted queue: a provider looks for it for 20 s before it says that it is gone."""

from __future__ import annotations

from collections.abc import Iterator

from bench.daemon import Daemon
from bench.estates import Estate
from bench.figures import Figure
from bench.scans import PEER, metered
from reconciler.sandbox.emulator import Emulator
from reconciler.sandbox.estate import client


def measured(estate: Estate, emulator: Emulator, runs: int) -> Iterator[Figure]:
    """The pass and the whole command beside Terraform. The queue stays deleted.

    Raises:
        RuntimeError: a pass did not find the deletion, or found more.
    """
    metered(estate.command("scan"), estate.environment)
    passes, ours, theirs = [], [], []
    with Daemon(estate.apart("daemon")) as daemon:
        daemon.scan()
        sqs = client(emulator, "sqs")
        sqs.delete_queue(QueueUrl=sqs.list_queues(QueueNamePrefix=estate.folder.name)["QueueUrls"][0])
        for _ in range(runs):
            passes.append(daemon.scan("drifted"))
            ours.append(metered(estate.command("scan"), estate.environment, (2,)))
            theirs.append(metered(estate.plan, estate.terraform_environment))
    if any(each.deleted != 1 for each in passes):
        raise RuntimeError(f"{[each.deleted for each in passes]} deletions found, where one was made")
    title, walls = f"{estate.resources} resources, a queue deleted", [cost.wall for cost in theirs]
    yield Figure(title, "pass of a daemon, wall", [each.wall for each in passes], "s", PEER, walls, "1 deleted, proven")
    yield Figure(title, "scan, wall", [cost.wall for cost in ours], "s", PEER, walls)
