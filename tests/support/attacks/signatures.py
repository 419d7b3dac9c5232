"""Where an approval has to be signed: nobody signs, somebody else, something else, or for something else."""

from __future__ import annotations

from collections.abc import Callable

from support.attacks import ALTERED, Attack
from support.attacks.scene import Scene
from support.command import Done

_TEMPLATE = "of another plan"


def _brought(by: str, signature: Callable[[Scene], str]) -> Callable[[Scene], Done]:
    """Somebody approves with a signature that they have brought along."""

    def act(scene: Scene) -> Done:
        scene.require_signatures()
        file = scene.stage.installation.folder / "signature"
        file.write_text(signature(scene))
        return scene.run("approve", scene.another(), "--signature", str(file), by=by)

    return act


def _unsigned(scene: Scene) -> Done:
    scene.require_signatures()
    return scene.run("approve", scene.another(), by="bob")


def _from_before(scene: Scene) -> Done:
    scene.require_signatures()
    return scene.apply()


def _loose(mode: int, name: str) -> Callable[[Scene], Done]:
    def act(scene: Scene) -> Done:
        (scene.keys / name).chmod(mode)
        return _brought("bob", lambda s: s.signed(s.digest))(scene)

    return act


def _with_the_master_key(signature: Callable[[Scene], str], by: str = "bob") -> Callable[[Scene], Done]:
    """Who has master key and database keeps approvals as the program does, with whatever signature they can make."""

    def act(scene: Scene) -> Done:
        scene.require_signatures()
        return scene.apply(scene.another(by, signature=signature(scene)))

    return act


def _approved(scene: Scene) -> str:
    scene.require_signatures()
    return scene.another("bob", signature=scene.signed(scene.digest))


def _key_withdrawn(scene: Scene) -> Done:
    plan = _approved(scene)
    (scene.keys / "signers").write_text("")
    return scene.apply(plan)


def _taken_off_by_hand(scene: Scene) -> Done:
    plan = _approved(scene)
    scene.sql("UPDATE plan_approvals SET signature = NULL WHERE plan_id = %(other)s::uuid", other=plan)
    return scene.apply(plan)


def _none(scene: Scene) -> str:
    return f"-----BEGIN SSH SIGNATURE-----\n{scene.digest}\n-----END SSH SIGNATURE-----\n"


def _of_another_plan(scene: Scene) -> str:
    return scene.signed(scene.digest_resting_on(_TEMPLATE))


_NOT_BOBS = "signature: it is no signature of bob over this plan"
_NOT_IN_FORCE = "approvals: 0 of 1 approvals are in force"
SIGNATURES = [
    Attack("none", _unsigned, 4, "require_signature: an approval here has to be signed"),
    Attack("no signature in its place", _brought("bob", _none), 4, _NOT_BOBS),
    Attack("by a key that nobody knows", _brought("bob", lambda s: s.signed(s.digest, "eva")), 4, _NOT_BOBS),
    Attack("over another text", _brought("bob", lambda s: s.signed("sha256:0")), 4, _NOT_BOBS),
    Attack("over another plan's digest", _brought("bob", _of_another_plan), 4, _NOT_BOBS),
    Attack("for another purpose", _brought("bob", lambda s: s.signed(s.digest, namespace="git")), 4, _NOT_BOBS),
    Attack("of somebody else", _brought("cid", lambda s: s.signed(s.digest)), 4, "it is no signature of cid over"),
    Attack("the list of signers is writable", _loose(0o666, "signers"), 1, "can be written by others"),
    Attack("its folder is writable", _loose(0o777, "."), 1, "can be written by others"),
    Attack("an approval of before they were asked for", _from_before, 4, _NOT_IN_FORCE),
    Attack("the key was withdrawn since", _key_withdrawn, 4, _NOT_IN_FORCE),
    Attack("taken off by hand", _taken_off_by_hand, 1, ALTERED),
    Attack("with the master key: none", _with_the_master_key(_none), 4, _NOT_IN_FORCE),
    Attack(
        "with the master key: by another key",
        _with_the_master_key(lambda s: s.signed(s.digest, "eva")),
        4,
        _NOT_IN_FORCE,
    ),
    Attack("with the master key: another plan's", _with_the_master_key(_of_another_plan), 4, _NOT_IN_FORCE),
    Attack(
        "with the master key: somebody else's",
        _with_the_master_key(lambda s: s.signed(s.digest), "cid"),
        4,
        _NOT_IN_FORCE,
    ),
]
