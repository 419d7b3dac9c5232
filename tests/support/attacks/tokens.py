"""Who has no token, somebody else's, one of before, or one that is not enough."""

from __future__ import annotations

from support.attacks import Attack
from support.attacks.scene import Scene
from support.command import Done


def _forged(scene: Scene) -> Done:
    return scene.run("apply", scene.plan, token=f"rec_{'0' * 12}_{'x' * 43}")


def _id_of_one_secret_of_another(scene: Scene) -> Done:
    oli, vic = scene.stage.tokens["oli"], scene.stage.tokens["vic"]
    return scene.run("apply", scene.plan, token=oli[:17] + vic[17:])


def _of_before_its_renewal(scene: Scene) -> Done:
    assert scene.run("users", "token", "oli", by="oli").code == 0
    return scene.apply()


def _of_who_was_disabled_since(scene: Scene) -> Done:
    assert scene.run("users", "disable", "oli", by="dan").code == 0
    return scene.apply()


def _in_a_file_that_others_read(scene: Scene) -> Done:
    file = scene.stage.installation.folder / "token"
    file.write_text(scene.stage.tokens["oli"])
    file.chmod(0o644)
    return scene.run("apply", scene.plan, "--token-file", str(file))


def _a_second_first_admin(scene: Scene) -> Done:
    scene.sql("DELETE FROM users")
    return scene.run("users", "add", "eva", "--role", "admin")


TOKENS = [
    Attack("none", lambda s: s.run("apply", s.plan), 4, "token: no token was given"),
    Attack("forged", _forged, 4, "token: the token is nobody's"),
    Attack("SQL in its place", lambda s: s.run("apply", s.plan, token="' OR role = 'admin' --"), 4, "token: the token"),
    Attack("id of one, secret of another", _id_of_one_secret_of_another, 4, "token: the token is nobody's"),
    Attack("expired", lambda s: s.run("approve", s.another(), by="hal"), 4, "token: the token of hal has expired"),
    Attack("of before its renewal", _of_before_its_renewal, 4, "token: the token is nobody's"),
    Attack("of somebody disabled", lambda s: s.run("approve", s.another(), by="gus"), 4, "inactive: gus is disabled"),
    Attack("of who was disabled since", _of_who_was_disabled_since, 4, "inactive: oli is disabled"),
    Attack("in a file that others read", _in_a_file_that_others_read, 1, "others can read the token"),
    Attack("a viewer proposes", lambda s: s.run("plan", "shop", by="vic"), 4, "role: vic is viewer"),
    Attack("a viewer applies", lambda s: s.apply(by="vic"), 4, "role: vic is viewer"),
    Attack("an operator approves", lambda s: s.run("approve", s.another(), by="oli"), 4, "role: oli is operator"),
    Attack("an operator of elsewhere applies", lambda s: s.apply(by="eve"), 4, "environment: eve is operator in other"),
    Attack("an approver of elsewhere", lambda s: s.run("approve", s.another(), by="fay"), 4, "environment: fay is"),
    Attack("an approver makes an admin", lambda s: s.add("eva", "admin", by="bob"), 4, "role: bob is approver"),
    Attack("an approver takes an admin's", lambda s: s.run("users", "token", "dan", by="bob"), 4, "role: bob is"),
    Attack(
        "who is disabled renews", lambda s: s.run("users", "token", "gus", by="gus"), 4, "inactive: gus is disabled"
    ),
    Attack("the first admin comes twice", lambda s: s.add("eva", "admin"), 4, "token: no token was given"),
    Attack("the first admin of emptied rows", _a_second_first_admin, 4, "token: no token was given"),
]
