"""A plan as a page."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from support.any_plans import SUBNET, created, every_kind, moves, policy
from support.pages import HOSTILE, Page, check_escaped, check_inert, check_whole, with_texts
from support.plans import NOW, approval, planned, proposal

from reconciler.cli.render.html_plan import render_plan
from reconciler.drift.values import UNKNOWN
from reconciler.gate.policy import Rules
from reconciler.gate.proposal import Act, Direction, Outcome, Proposal, Status


def page(plan: Proposal, rules: Rules | None = None) -> str:
    source = render_plan(plan, rules or Rules(), NOW)
    check_whole(source)
    return source


ACT = Act("aws_sqs_queue.jobs", "update", "complete", 3.0)


def card(source: str, address: str) -> str:
    """One resource's part of the page."""
    start = source.index(f"<h3>{address.replace(chr(34), '&#34;')}</h3>")
    return source[start : source.index("</details>", start)]


def test_nothing_is_fetched_and_nothing_runs() -> None:
    check_inert(page(every_kind()))


def test_every_text_of_a_hostile_plan_is_escaped() -> None:
    plan = with_texts(
        every_kind(outcome=Outcome("over", ("a", "b"), (Act("a", "b", "c", 1.0),)), approvals=(approval(),)), HOSTILE
    )
    assert isinstance(plan, Proposal)
    for status in Status:
        check_escaped(page(replace(plan, status=status)))


def test_what_nobody_asked_for_comes_first() -> None:
    source = page(every_kind())
    main = source[source.index("<main>") :]
    first, rest = main[: main.index('id="closes"')], main[main.index('id="closes"') :]
    unasked = {change.address for change in every_kind().beyond}
    assert unasked == {
        *("aws_security_group.web", "aws_cloudwatch_log_group.found", "aws_sns_topic.alerts", "aws_instance.old"),
    }
    assert "Beyond the findings" in first
    for change in every_kind().changes:
        name = f"<h3>{change.address.replace(chr(34), '&#34;')}</h3>"
        assert (name in first, name in rest) == (change.address in unasked, change.address not in unasked)
    assert "4 resources beyond the findings, which nobody asked for" in source[: source.index("<main>")]


def test_that_nothing_is_beyond_is_said() -> None:
    source = page(proposal(planned()))
    assert 'id="beyond"' not in source
    assert "Closes 1 finding<small> and does nothing beyond</small>" in source


def test_the_head_says_what_it_is_and_who_agreed() -> None:
    plan = every_kind()
    plan = replace(
        plan, approvals=(approval(digest=plan.digest, signature="s"), approval("cid", 300, digest=plan.digest))
    )
    source = page(plan)
    head = source[: source.index("<main>")]
    for passage in (
        "PROPOSED",
        "shop: 1 destroyed, 1 replaced, 4 changed, 1 created, 1 forgotten, 1 refreshed, 1 imported, 1 moved",
        '<div class="risk critical"><p><span class="chip">critical risk</span></p>',
        "<li>destroys aws_db_instance.legacy</li>",
        "<li>aws_security_group.web: open to the world</li>",
        "<dt>workspace</dt><dd>shop</dd>",
        "<dt>environment</dt><dd>production</dd>",
        "<dt>direction</dt><dd>revert: bring the cloud back to the template</dd>",
        "<dt>proposed by</dt><dd>ann</dd>",
        "<dt>created</dt><dd>2026-03-01 11:00 UTC</dd>",
        "<dt>expires</dt><dd>2026-03-02 11:00 UTC</dd>",
        f'<code class="copy">{plan.digest}</code>',
        "<dd>1 of 2<br>bob, 2026-03-01 11:55 UTC, signed, counts until 2026-03-01 15:55 UTC<br>",
        "<br>cid, 2026-03-01 07:00 UTC, does not count</dd>",
    ):
        assert passage in head


def test_an_adopted_state_says_so() -> None:
    plan = proposal(planned(actions=("refresh",)))
    source = page(replace(plan, basis=replace(plan.basis, direction=Direction.ADOPT)))
    assert "adopt: accept what the cloud says: only the state is written" in source
    assert "1 refreshed <small>taken into the state; the cloud is not written</small>" in source


def test_resources_stand_by_what_is_done_to_them_the_worst_first() -> None:
    source = page(every_kind())
    closing = source[source.index('id="closes"') :]
    assert re.findall(r'<h3 class="deed">(\d+ \w+) ', closing) == [
        *("1 destroyed", "1 replaced", "3 changed", "1 created", "1 refreshed"),
    ]


def test_a_replacement_says_why_and_what_forces_it_stands_first() -> None:
    text = card(page(every_kind()), SUBNET)
    assert "replaced because of cidr_block, vpc_id" in text
    assert re.findall(r'<p class="path"><code>([^<]*)</code>( <span class="tag">[^<]*</span>)?', text) == [
        ("cidr_block", ' <span class="tag">forces the replacement</span>'),
        ("vpc_id", ' <span class="tag">forces the replacement</span>'),
        ("tags.Name", ""),
    ]
    assert "<dd>(known after apply)</dd>" in text
    assert "<li><code>id</code> <span>now &#34;subnet-0a1b2c3d&#34;</span></li>" in text


def test_of_something_new_each_value_is_told_once_and_what_is_not_known_is_named() -> None:
    text = card(page(proposal(created(8))), "aws_instance.batch")
    assert re.findall(r'<p class="value added">([^<]*)</p>', text) == [
        f"&#34;value {n}&#34;" for n in (0, 1, 2, 4, 5, 6)
    ]
    assert "<li><code>a03</code></li>\n<li><code>a07</code></li>" in text
    assert "not set" not in text


def test_what_somebody_wrote_and_is_not_known_yet_is_not_put_aside() -> None:
    change = planned(changes=(moves("policy", policy("s3:*"), UNKNOWN),))
    text = card(page(proposal(change)), change.address)
    assert "Known only after" not in text
    assert "<del>      &#34;Action&#34;: [</del>" in text
    assert "<ins>(known after apply)</ins>" in text


def test_a_policy_is_shown_line_by_line_and_a_value_by_its_sides() -> None:
    source = page(every_kind())
    text = card(source, "aws_s3_bucket_policy.exports")
    assert "<del>        &#34;s3:*&#34;</del>" in text
    assert "<ins>        &#34;s3:GetObject&#34;</ins>" in text
    assert '<dt>before</dt><dd>90</dd></div><div class="added"><dt>after</dt><dd>30</dd>' in source


def test_secrets_are_masked() -> None:
    source = page(every_kind())
    assert "(sensitive) would change" in card(source, "aws_ssm_parameter.key")
    assert '<p class="value removed">(sensitive)</p>' in card(source, "aws_db_instance.legacy")
    assert "digest-" not in source


def test_imports_and_moves_and_findings_are_told() -> None:
    source = page(every_kind())
    assert "<dt>imported as</dt><dd>/shop/found</dd>" in card(source, "aws_cloudwatch_log_group.found")
    assert "<dt>moved from</dt><dd>aws_sns_topic.alarms</dd>" in card(source, "aws_sns_topic.alerts")
    assert "<dt>closes</dt><dd>f-gone</dd>" in card(source, "aws_db_instance.legacy")


def test_what_the_digest_covers_is_told() -> None:
    source = page(proposal())
    covers = source[source.index('id="basis"') :]
    for text in ("state serial 7, lineage lineage", "sha256:template", "sha256:lock", "sha256:plan", "of 1 resource"):
        assert text in covers


def commands(source: str) -> list[str]:
    return [each.replace("&#39;", "'").replace("&gt;", ">") for each in re.findall(r'copy command">([^<]*)<', source)]


def test_how_to_approve_exactly_this() -> None:
    plan = every_kind()
    reject = "reconciler reject 8c41d7a2 --reason 'why not'"
    assert commands(page(plan)) == [f"reconciler approve 8c41d7a2 --digest {plan.digest}", reject]
    assert commands(page(plan, Rules(require_signature=True))) == [
        f"reconciler approve 8c41d7a2 --digest {plan.digest} --sign-with ~/.ssh/id_ed25519",
        f"printf %s {plan.digest} | ssh-keygen -Y sign -n reconciler-plan -f ~/.ssh/id_ed25519 > plan.sig",
        f"reconciler approve 8c41d7a2 --digest {plan.digest} --signature plan.sig",
        reject,
    ]


@pytest.mark.parametrize("status", [Status.APPLIED, Status.FAILED, Status.STALE, Status.UNKNOWN, Status.REJECTED])
def test_what_came_of_it_stands_in_the_head(status: Status) -> None:
    source = page(every_kind(status=status, outcome=Outcome("so it ended", (f"{SUBNET}: cidr_block",), (ACT,))))
    head = source[: source.index("<main>")]
    assert "<h2>so it ended</h2>" in head
    assert "<li>module.network.aws_subnet.private[&#34;a&#34;]: cidr_block</li>" in head
    assert "<li><code>update aws_sqs_queue.jobs: complete, 3 s</code></li>" in head
    assert "reconciler approve" not in source


def test_of_many_resources_those_that_were_asked_for_are_folded_unless_something_is_destroyed() -> None:
    many = [planned(f"aws_sqs_queue.q{n}") for n in range(61)]
    plan = proposal(*many, planned("aws_db_instance.x", ("delete",)), planned("aws_vpc.rider", closes=()))
    opened = [a for tag, a in Page(page(plan)).elements if tag == "details" and "open" in a]
    assert len(opened) == 2
    assert all("open" in a for tag, a in Page(page(every_kind())).elements if tag == "details")
