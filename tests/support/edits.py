"""Edits of a resource's block: what it says, what it should say, and the changes between."""

from __future__ import annotations

from reconciler.drift.finding import Change
from reconciler.drift.schema import Attribute, Block, NestedBlock, Nesting
from reconciler.drift.values import Value, parse_path

TEXT = Attribute(type="string", optional=True)
RULE = Block(
    {"port": Attribute(type="number", required=True), "cidr": TEXT, "id": Attribute(type="string", computed=True)}
)
INGRESS = ["set", ["object", {"from_port": "number", "cidr_blocks": ["list", "string"], "self": "bool"}]]
SCHEMA = Block(
    {
        "name": Attribute(type="string", required=True),
        "size": Attribute(type="number", optional=True),
        "text": TEXT,
        "longer_name_of_it": TEXT,
        "policy": TEXT,
        "filled": Attribute(type="string", optional=True, computed=True),
        "arn": Attribute(type="string", computed=True),
        "tags": Attribute(type=["map", "string"], optional=True),
        "tags_all": Attribute(type=["map", "string"], optional=True, computed=True),
        "zones": Attribute(type=["set", "string"], optional=True),
        "steps": Attribute(type=["list", "string"], optional=True),
        "ingress": Attribute(type=INGRESS, optional=True, computed=True),
    },
    {
        "rule": NestedBlock(Nesting.SET, RULE),
        "stage": NestedBlock(Nesting.LIST, RULE),
        "limits": NestedBlock(Nesting.LIST, Block({"most": Attribute(type="number", optional=True)})),
    },
)


def change(path: str, before: Value, after: Value, *, configured: bool = True, is_set: bool = False) -> Change:
    sides = ((), ()) if is_set else (None, None)
    return Change(parse_path(path), before, after, configured, added=sides[0], removed=sides[1])


CASES = [
    # an argument's value, its comment where it was
    ("  size = 1\n", "  size = 90\n", [change("size", 1, 90)]),
    ("  size = 60 * 60\n", "  size = 90\n", [change("size", 3600, 90)]),
    (
        '  name = "a"   # why\n  size = 60000 # s\n',
        '  name = "a"   # why\n  size = 9     # s\n',
        [change("size", 60000, 9)],
    ),
    ('  text = "a"\n', '  text = "$${b} \\"c\\""\n', [change("text", "a", '${b} "c"')]),
    ("  text = <<EOT\none\nEOT\n", "  text = <<EOT\none\ntwo\nEOT\n", [change("text", "one\n", "one\ntwo\n")]),
    # an argument that comes, below the last one before any block
    (
        '  name = "a"\n\n  rule {\n    port = 1\n  }\n',
        '  name = "a"\n  size = 3\n\n  rule {\n    port = 1\n  }\n',
        [change("size", None, 3, configured=False)],
    ),
    (
        '  name = "a" # x\n',
        '  name = "a" # x\n\n  longer_name_of_it = "b"\n',
        [change("longer_name_of_it", None, "b", configured=False)],
    ),
    (
        '  longer_name_of_it = "b"\n',
        '  longer_name_of_it = "b"\n  size              = 1\n',
        [change("size", None, 1, configured=False)],
    ),
    ("", "  size = 1\n", [change("size", None, 1, configured=False)]),
    (
        "  rule {\n    port = 1\n  }\n",
        "  size = 1\n\n  rule {\n    port = 1\n  }\n",
        [change("size", None, 1, configured=False)],
    ),
    # an argument that goes
    ('  name = "a"\n  size = 1 # gone\n  text = "b"\n', '  name = "a"\n  text = "b"\n', [change("size", 1, None)]),
    ('  name = "a"\n\n  size = 1\n\n  text = "b"\n', '  name = "a"\n\n  text = "b"\n', [change("size", 1, None)]),
    # maps
    ('  tags = { A = "1", B = "2" }\n', '  tags = { A = "1", B = "3" }\n', [change("tags.B", "2", "3")]),
    ('  tags = { A = "1", B = "2" }\n', '  tags = { B = "2" }\n', [change("tags.A", "1", None)]),
    ('  tags = { A = "1", B = "2" }\n', '  tags = { A = "1" }\n', [change("tags.B", "2", None)]),
    ('  tags = { A = "1" }\n', '  tags = { A = "1", "b c" = "2" }\n', [change('tags["b c"]', None, "2")]),
    ("  tags = {}\n", '  tags = { A = "1" }\n', [change("tags.A", None, "1")]),
    (
        '  tags = {\n    Long = "1" # one\n    B    = var.x\n  }\n  variable = 1\n'.replace("  variable = 1\n", ""),
        '  tags = {\n    Long = "1" # one\n    B    = var.x\n    C    = "2"\n  }\n',
        [change("tags.C", None, "2")],
    ),
    (
        '  tags = {\n    A = "1",\n    B = "2",\n  }\n',
        '  tags = {\n    A = "1",\n    B = "2",\n    C = "3",\n  }\n',
        [change("tags.C", None, "3")],
    ),
    (
        '  tags = {\n    A = "1"\n    B = "2" # b\n  }\n',
        '  tags = {\n    A = "1"\n  }\n',
        [change("tags.B", "2", None)],
    ),
    (
        '  tags = merge(local.t, { A = "1" })\n',
        '  tags = merge(local.t, { A = "2" })\n',
        [change("tags.A", "1", "2")],
    ),
    (
        '  tags = merge(local.t, { A = "1" })\n',
        '  tags = merge(local.t, { A = "1", N = "2" })\n',
        [change("tags.N", None, "2")],
    ),
    (
        '  name = "a"\n',
        '  name = "a"\n\n  tags = {\n    Team = "x"\n  }\n'.replace("\n\n  tags", "\n  tags"),
        [change("tags.Team", None, "x", configured=False)],
    ),
    # lists and sets
    ('  steps = ["a", "b"]\n', '  steps = ["a", "c"]\n', [change("steps[1]", "b", "c")]),
    (
        '  steps = ["a", "b", "c"]\n',
        '  steps = ["b", "c", "d"]\n',
        [change("steps", ["a", "b", "c"], ["b", "c", "d"])],
    ),
    (
        '  zones = ["a", local.z]\n',
        '  zones = ["c", local.z]\n',
        [change("zones", ["a", "b"], ["b", "c"], is_set=True)],
    ),
    (
        '  zones = toset([\n    "a",\n    "b", # b\n  ])\n',
        '  zones = toset([\n    "a",\n    "b", # b\n    "c",\n  ])\n',
        [change("zones", ["a", "b"], ["a", "b", "c"], is_set=True)],
    ),
    (
        '  zones = [\n    "a",\n    "b"\n  ]\n',
        '  zones = [\n    "a",\n    "b",\n    "c"\n  ]\n',
        [change("zones", ["a", "b"], ["a", "b", "c"], is_set=True)],
    ),
    # documents
    (
        '  policy = jsonencode({\n    Statement = [{ Action = "a", Resource = local.arn }]\n  })\n',
        '  policy = jsonencode({\n    Statement = [{ Action = ["a", "b"], Resource = local.arn }]\n  })\n',
        [
            change(
                "policy",
                '{"Statement":[{"Action":"a","Resource":"r"}]}',
                '{"Statement":[{"Action":["a","b"],"Resource":"r"}]}',
            )
        ],
    ),
    # blocks
    (
        "  limits {\n    most = 1 # m\n  }\n",
        "  limits {\n    most = 2 # m\n  }\n",
        [change("limits[0].most", 1, 2)],
    ),
    (
        "  rule {\n    port = 1\n    cidr = local.c\n  }\n  rule {\n    port = 2\n  }\n",
        "  rule {\n    port = 1\n    cidr = local.c\n  }\n  rule {\n    port = 3\n  }\n",
        [
            change(
                "rule",
                [{"port": 1, "cidr": "c", "id": "i"}, {"port": 2, "cidr": "", "id": "j"}],
                [{"port": 1, "cidr": "c", "id": "i"}, {"port": 3, "cidr": "", "id": "k"}],
                is_set=True,
            )
        ],
    ),
    (
        "  rule {\n    port = 1\n  }\n",
        '  rule {\n    port = 1\n  }\n\n  rule {\n    port = 2\n    cidr = "d"\n  }\n',
        [
            change(
                "rule",
                [{"port": 1, "cidr": "", "id": "i"}],
                [{"port": 1, "cidr": "", "id": "i"}, {"port": 2, "cidr": "d", "id": "j"}],
                is_set=True,
            )
        ],
    ),
    (
        "  rule {\n    port = 1\n  }\n\n  # two\n  rule {\n    port = 2\n  }\n",
        "  rule {\n    port = 1\n  }\n\n  # two\n",
        [change("rule", [{"port": 1, "cidr": ""}, {"port": 2, "cidr": ""}], [{"port": 1, "cidr": ""}], is_set=True)],
    ),
    (
        '  name = "a"\n',
        '  name = "a"\n\n  rule {\n    port = 2\n  }\n',
        [change("rule", [], [{"port": 2, "cidr": "", "id": "j"}], is_set=True, configured=False)],
    ),
    (
        "  ingress {\n    from_port = 22\n  }\n",
        (
            "  ingress {\n    from_port = 22\n  }\n\n"
            '  ingress {\n    cidr_blocks = ["0.0.0.0/0"]\n    from_port   = 0\n  }\n'
        ),
        [
            change(
                "ingress",
                [{"from_port": 22, "cidr_blocks": [], "self": False}],
                [
                    {"from_port": 22, "cidr_blocks": [], "self": False},
                    {"from_port": 0, "cidr_blocks": ["0.0.0.0/0"], "self": False},
                ],
                is_set=True,
            )
        ],
    ),
]
