"""Every word, name and notation of the rules for equal values, and the closest one that is none of them."""

from __future__ import annotations

import pytest
from support.drifting import attribute

from reconciler.drift.normalise import Place, Rule, same


def place(name: str, flags: str = "C", *steps: str | int) -> Place:
    return Place("aws_x", (name, *steps), attribute(flags), "string")


def rules(at: Place, before: object, after: object) -> list[str | bool]:
    """Both ways."""
    found = [same(at, before, after), same(at, after, before)]
    return [rule.name if isinstance(rule, Rule) else rule for rule in found]


STATUS = place("status")
UNDER_WAY = """
    pending queued processing in-progress in_progress inprogress in\xa0progress backing-up backing_up backingup
    maintenance initializing initialising provisioning starting creating modifying updating upgrading rebooting renaming
    resizing scaling configuring optimizing moving warming refreshing syncing propagating registering associating
    attaching enabling validating deploying preparing
    resetting-master-credentials resetting_master_credentials resetting\xa0master\xa0credentials
    storage-optimization storage_initialization storage\xa0config-upgrade storage-config_upgrade
    configuring-enhanced-monitoring configuring_log-exports configuring\xa0x
    pending-validation pending_creation pending\xa0associate pending-association pending-deployment pending-update
    pending-verification
    creation-in-progress create_in_progress update\xa0in_progress updating-pending validation-in_progress
    deployment-inprogress createpending UPDATE_IN_PROGRESS deployment-in-progress
"""
WELL = """
    active available running in-use in_use inuse in\xa0use ready ok online live complete completed issued deployed
    enabled success successful succeeded in-sync in_sync in\xa0sync insync in-service in_service in\xa0service inservice
    healthy associated attached registered verified valid
    create-complete creation_completed update\xa0success deployment-succeeded validation_success
    creation-complete CREATE_COMPLETE
"""
# Neither on its way nor well. Each is one step from a word of the lists.
NEITHER = """
    stopped stopping deleting deleted failed disabled disabling inactive impaired paused suspended
    pending-acceptance pending-deletion pendingdeletion pending-reboot pending_ pendings expending
    unavailable notavailable available-again rerunning running-late unhealthy unverified invalid inoperable
    not-ready readyless update-failed update_rollback_complete update-in-progress-cleanup create-failed
    rollback-in-progress delete-in-progress delete_complete configured reconfiguring storage-full storage-
    resetting-credentials backing backing-down in-progressing incomplete detaching detached deregistering
    disassociating unissued revoked expired in-alarm out-of-sync stale degraded unknown
"""


def words(text: str) -> list[str]:
    return [word.replace("\xa0", " ") for word in text.split(" ") for word in word.split("\n") if word]


@pytest.mark.parametrize("word", words(UNDER_WAY))
@pytest.mark.parametrize("form", [str, str.upper])
def test_a_stage_on_the_way(word: str, form: type[str]) -> None:
    """To and from a good end, and another stage."""
    for other in ("available", "creating", "pending"):
        if form(word) != other:
            assert rules(STATUS, form(word), other) == ["progress"] * 2
    assert rules(STATUS, form(word), "failed") == [False] * 2
    assert rules(STATUS, form(word), "") == [False] * 2


@pytest.mark.parametrize("word", words(WELL))
@pytest.mark.parametrize("form", [str, str.upper])
def test_a_good_end(word: str, form: type[str]) -> None:
    assert rules(STATUS, form(word), "creating") == ["progress"] * 2
    assert rules(STATUS, form(word), "stable") == [False] * 2
    assert rules(STATUS, form(word), "enabled" if word != "enabled" else "valid") == [False] * 2


@pytest.mark.parametrize("word", words(NEITHER))
@pytest.mark.parametrize("form", [str, str.upper])
def test_a_word_on_neither_list(word: str, form: type[str]) -> None:
    for other in ("creating", "available", "Pending"):
        assert rules(STATUS, form(word), other) == [False] * 2


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("status", True), ("state", True), ("reason", True), ("table_status", True), ("instance_state", True),
        ("status_reason", True), ("statuses", False), ("estate", False), ("status_code", False), ("engine", False),
    ],
)  # fmt: skip
def test_what_a_status_is_called(name: str, is_one: bool) -> None:  # noqa: FBT001 - a table's column
    assert rules(place(name), "creating", "active") == ["progress" if is_one else False] * 2
    assert rules(place("list", "C", 0, name), "creating", "active") == ["progress" if is_one else False] * 2


@pytest.mark.parametrize(
    ("name", "waits", "arrives"),
    [
        ("pending_confirmation", True, False), ("pending_renewal", True, False),
        ("verified_for_sending_status", False, True), ("confirmation_was_authenticated", False, True),
        ("pending_acceptance", False, False), ("verified", False, False), ("public", False, False),
        ("unverified_for_sending_status", False, False), ("is_pending_confirmation", False, False),
    ],
)  # fmt: skip
def test_a_flag_comes_to_a_good_end_and_never_back(name: str, *, waits: bool, arrives: bool) -> None:
    assert rules(place(name), True, False) == ["progress" if waits else False, "progress" if arrives else False]
    assert rules(place(name, "OC"), True, False) == [False] * 2
    assert rules(place(name), "true", "false") == [False] * 2


GAUGES = """
    estimated_number_of_users approximate_number_of_messages size_in_bytes index_size_in_bytes size_bytes
    table_size_bytes usage_in_bytes storage_usage_in_bytes recovery_points item_count label_count running_count
    running_tasks_count warm_pool_capacity warm_count predicted_count provisioned_capacity provisioned_x_count
    warm_pool_size predicted_capacity registration_count vgw_telemetry in_progress_validation_batches
    percent_progress
"""
NO_GAUGES = """
    attachment_count number_of_users size bytes storage count running_tasks warm_pool desired_capacity max_capacity
    min_size item_counts my_item_count recovery_points_max size_in_megabytes overestimated_count percent vgw
"""


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        *((name, True) for name in words(GAUGES)),
        *((name, False) for name in words(NO_GAUGES)),
    ],
)  # fmt: skip
def test_what_a_gauge_is_called(name: str, is_one: bool) -> None:  # noqa: FBT001 - a table's column
    assert rules(place(name), 10, 12) == ["gauge" if is_one else False] * 2
    assert rules(place(name), 10, None) == [False] * 2
    assert rules(place(name, "OC"), 10, 12) == [False] * 2
    assert rules(place("other", "C", 0, name), 10, 12) == [False] * 2


MODIFIED, CREATED = place("last_modified"), place("created_at")


@pytest.mark.parametrize(
    "written",
    [
        "2026-01-01T00:00:00Z", "2026-01-01 00:00:00Z", "2026-01-01T00:00:00", "2026-01-01T00:00:00.1Z",
        "2026-01-01T00:00:00.123456Z", "2026-01-01T00:00:00+00:00", "2026-01-01T00:00:00+0000",
        "2026-01-01T00:00:00-00:00", "2026-01-01T00:00:00.000+0000", "2026-01-01 00:00:00 UTC",
        "2026-01-01 00:00:00UTC",
        "2026-01-01 00:00:00 +0000 UTC", "2026-01-01 00:00:00.5 +0000 +0000", "2026-01-01 00:00:00 Z",
    ],
)  # fmt: skip
def test_how_a_time_is_written(written: str) -> None:
    assert rules(MODIFIED, written, "2026-05-05T10:11:12Z") == ["clock"] * 2
    assert rules(CREATED, written, "2026-01-01T00:00:00Z") == [written == "2026-01-01T00:00:00Z" or "clock"] * 2
    assert rules(CREATED, written, "2026-01-01T00:00:01Z") == [False] * 2


@pytest.mark.parametrize(
    "written",
    [
        "2026-01-01", "00:00:00", "2026-1-1T00:00:00Z", "2026-01-01T00:00Z", "2026-01-01T00:00:00Zulu",
        "2026-01-01t00:00:00Z", "2026-01-01T00:00:00.Z", "x2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z UTC UTC",
        "2026-01-01T00:00:00 CET", "1767225600", "cron(0 0 * * ? *)", "2026-01-01T00:00:00+1",
    ],
)  # fmt: skip
def test_what_is_no_time(written: str) -> None:
    assert rules(MODIFIED, written, "2026-05-05T10:11:12Z") == [False] * 2


BIRTHS = """
    create_date create_time created created_at created_date created_time creation_date creation_time creation
    creation_timestamp volume_created date_created domain_created cluster_create_time user_creation_date launch_time
    last_launch_time joined_timestamp account_joined_timestamp
"""
NO_BIRTHS = """
    last_modified recreated_at createdat launch_timestamp updated_at latest_restorable_time procreation not_createds
    joined
"""


@pytest.mark.parametrize(
    ("name", "is_birth"),
    [
        *((name, True) for name in words(BIRTHS)),
        *((name, False) for name in words(NO_BIRTHS)),
    ],
)  # fmt: skip
def test_a_birth_moves_only_with_another_thing(name: str, is_birth: bool) -> None:  # noqa: FBT001 - a table's column
    found = rules(place(name), "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z")
    assert found == [False if is_birth else "clock"] * 2


@pytest.mark.parametrize(
    ("one", "two", "same_instant"),
    [
        ("2026-01-01T09:00:00+09:00", "2026-01-01T00:00:00Z", True),
        ("2025-12-31T19:30:00-0430", "2026-01-01T00:00:00", True),
        ("2026-01-01T00:00:00.9Z", "2026-01-01T00:00:00.1Z", True),
        ("2026-01-01T00:00:00+09:00", "2026-01-01T00:00:00Z", False),
        ("2026-13-01T00:00:00Z", "2026-13-01T00:00:00.5Z", False),  # no such month: only the same text is the same
        ("0001-01-01T00:00:00+09:00", "0001-01-01T00:00:00.5+09:00", False),  # before all that a date can be
    ],
)
def test_the_same_moment_of_birth(one: str, two: str, same_instant: bool) -> None:  # noqa: FBT001 - a table's column
    assert rules(CREATED, one, two) == ["clock" if same_instant else False] * 2


@pytest.mark.parametrize(
    "name",
    [
        *["value", "content", "body", "user_data", "secret_string", "input", "payload", "source_code"],
        *["value_base64", "content_base64", "user_data_base64", "parameter_value", "request_body", "file_content"],
    ],
)
def test_what_is_kept_as_data_is_no_document(name: str) -> None:
    one, two = '{"a":1,"b":2}', '{"b":2,"a":1}'
    assert rules(place(name, "O"), one, two) == [False] * 2
    assert rules(place("rule", "O", 0, name), one, two) == [False] * 2
    policy = '{"Statement":[{"Effect":"Allow"}]}'
    assert rules(place(name, "O"), policy, policy + " ") == [False] * 2


@pytest.mark.parametrize("name", ["definition", "values", "evaluate", "contents", "input_schema", "bodyguard"])
def test_what_only_sounds_like_data_is_a_document(name: str) -> None:
    assert rules(place(name, "O"), '{"a":1,"b":2}', '{"b":2,"a":1}') == ["json"] * 2


@pytest.mark.parametrize(
    ("name", "goes", "comes"),
    [
        ("pending_confirmation", True, False), ("pending_renewal", True, False),
        ("verified_for_sending_status", False, True), ("confirmation_was_authenticated", False, True),
        ("pending", False, False), ("verified", False, False), ("enabled", False, False),
    ],
)  # fmt: skip
def test_a_flag_of_work_under_way(name: str, goes: bool, comes: bool) -> None:  # noqa: FBT001 - a table's columns
    """It goes or comes by itself, and never the other way round."""
    for before, after, by_itself in ((True, False, goes), (False, True, comes)):
        rule = same(place(name), before, after)
        assert (rule.name if isinstance(rule, Rule) else rule) == ("progress" if by_itself else False)
        assert same(place(name, "OC"), before, after) is False
        assert same(place(name), before, "x") is False
        assert same(place(name), "x", after) is False
