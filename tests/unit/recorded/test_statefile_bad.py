"""Every file of ``fixtures/bad/tfstate`` gets its own error: at a line, with a message, and without what it holds.

``canary`` and ``secret`` stand in the files where a secret would.
"""

from __future__ import annotations

import traceback
from pathlib import Path

import pytest

from reconciler.errors import StateError
from reconciler.recorded.statefile import read_state

BAD = Path(__file__).parents[2] / "fixtures" / "bad" / "tfstate"

# File: line, and message; RESOURCE and INSTANCE stand for the paths of the only ones.
EXPECTED = {
    "array": (1, "expected `object`, got `array`"),
    "attribute_bad_escape": (17, "malformed JSON: invalid escaped character"),
    "attribute_control_character": (17, "malformed JSON: invalid character"),
    "attribute_infinity": (17, "malformed JSON: invalid character"),
    "attribute_leading_zero": (17, "malformed JSON: invalid number"),
    "attribute_lone_low_surrogate": (17, "malformed JSON: invalid utf-16 surrogate pair"),
    "attribute_lone_surrogate": (17, "malformed JSON: unexpected end of hex escape"),
    "attribute_minus_infinity": (17, "malformed JSON: invalid character"),
    "attribute_nan": (17, "malformed JSON: invalid character"),
    "attribute_nul": (17, "a text holds a NUL character"),
    "attribute_number_1e400": (14, "INSTANCE[...][...]: number out of range"),
    "attribute_single_quotes": (17, "malformed JSON: invalid character"),
    "attribute_unterminated": (17, "malformed JSON: invalid character"),
    "attributes_flat_number": (14, "INSTANCE.attributes_flat[...]: expected `str`, got `int`"),
    "attributes_list": (14, "INSTANCE.attributes: expected an object"),
    "attributes_null": (14, "INSTANCE.attributes: expected an object"),
    "attributes_text": (14, "INSTANCE.attributes: expected an object"),
    "byte_order_mark": (1, "malformed JSON: invalid character"),
    "cloudformation": (1, "not a Terraform state: there is no version"),
    "colon_in_field": (1, "the name of a field holds a colon, as none of Terraform's does"),
    "cut_off": (19, "the JSON text ends too early"),
    "dependencies_numbers": (14, "INSTANCE.dependencies[0]: expected `str`, got `int`"),
    "dependencies_text": (14, "INSTANCE.dependencies: expected `array | null`, got `str`"),
    "deposed_number": (14, "INSTANCE.deposed: expected `str | null`, got `int`"),
    "duplicate_deposed": (1, "aws_sqs_queue.q (deposed 0000000a) stands twice in the state"),
    "duplicate_instance": (1, "aws_sqs_queue.q stands twice in the state"),
    "duplicate_key_attributes": (14, "INSTANCE: an object holds the same key twice"),
    "duplicate_key_balanced": (14, "INSTANCE: an object holds the same key twice"),
    "duplicate_key_deep": (14, "INSTANCE: an object holds the same key twice"),
    "duplicate_key_escaped": (14, "INSTANCE: an object holds the same key twice"),
    "duplicate_key_instance": (14, "INSTANCE: an object holds the same key twice"),
    "duplicate_key_instances": (8, "RESOURCE: an object holds the same key twice"),
    "duplicate_key_output": (6, "outputs: an object holds the same key twice"),
    "duplicate_key_resource": (8, "RESOURCE: an object holds the same key twice"),
    "duplicate_key_resources": (1, "an object holds the same key twice"),
    "duplicate_key_top": (1, "an object holds the same key twice"),
    "duplicate_key_unknown_field": (11, "RESOURCE.later: an object holds the same key twice"),
    "duplicate_resource": (1, "aws_sqs_queue.q stands twice in the state"),
    "encrypted": (1, "the state is encrypted"),
    "foreign": (1, "not a Terraform state: there is no version"),
    "gzip": (1, "malformed JSON: invalid character"),
    "html": (1, "malformed JSON: invalid character"),
    "index_key_float": (14, "INSTANCE.index_key: expected `int | str | null`, got `float`"),
    "index_key_huge": (14, "INSTANCE.index_key: expected a text or a number from 0"),
    "index_key_negative": (14, "INSTANCE.index_key: expected a text or a number from 0"),
    "index_key_object": (14, "INSTANCE.index_key: expected `int | str | null`, got `object`"),
    "index_key_true": (14, "INSTANCE.index_key: expected `int | str | null`, got `bool`"),
    "instance_text": (14, "INSTANCE: expected `object`, got `str`"),
    "instances_object": (13, "RESOURCE.instances: expected `array | null`, got `object`"),
    "lineage_number": (5, "lineage: expected `str | null`, got `int`"),
    "merge_conflict": (4, "malformed JSON: object keys must be strings"),
    "mode_missing": (8, "RESOURCE: object missing required field `mode`"),
    "mode_number": (8, "RESOURCE.mode: expected `str`, got `int`"),
    "mode_unknown": (8, "RESOURCE.mode: expected managed or data"),
    "module_address_data": (8, "RESOURCE.module: expected the address of a module instance"),
    "module_address_huge_key": (8, "RESOURCE.module: expected the address of a module instance"),
    "module_address_no_module": (8, "RESOURCE.module: expected the address of a module instance"),
    "module_address_nul": (8, "RESOURCE.module: expected the address of a module instance"),
    "module_address_open": (8, "RESOURCE.module: expected the address of a module instance"),
    "module_address_surrogate": (8, "RESOURCE.module: expected the address of a module instance"),
    "name_empty": (8, "RESOURCE.name: expected a name"),
    "name_missing": (8, "RESOURCE: object missing required field `name`"),
    "name_number": (8, "RESOURCE.name: expected `str`, got `int`"),
    "name_with_space": (8, "RESOURCE.name: expected a name"),
    "not_utf8": (14, "INSTANCE: the text is not UTF-8"),
    "plan": (1, "not a Terraform state: there is no version"),
    "private_bad_padding": (14, "INSTANCE.private: expected base64"),
    "private_not_base64": (14, "INSTANCE.private: expected base64"),
    "private_number": (14, "INSTANCE.private: expected `str | null`, got `int`"),
    "provider_garbage": (8, "RESOURCE.provider: expected the address of a provider configuration"),
    "provider_keyless_alias": (8, "RESOURCE.provider: expected the address of a provider configuration"),
    "provider_legacy_traversal": (8, "RESOURCE.provider: expected the address of a provider configuration"),
    "provider_missing": (8, "RESOURCE.provider: expected the address of a provider configuration"),
    "provider_number": (8, "RESOURCE.provider: expected `str | null`, got `int`"),
    "provider_short": (8, "RESOURCE.provider: expected the address of a provider configuration"),
    "provider_traversal": (8, "RESOURCE.provider: expected the address of a provider configuration"),
    "provider_two_aliases": (8, "RESOURCE.provider: expected the address of a provider configuration"),
    "resource_text": (8, "RESOURCE: expected `object`, got `str`"),
    "resources_object": (7, "resources: expected `array | null`, got `object`"),
    "schema_version_negative": (14, "INSTANCE.schema_version: expected a version number"),
    "schema_version_text": (14, "INSTANCE.schema_version: expected `int`, got `str`"),
    "sensitive_attribute_as_index": (14, "INSTANCE.sensitive_attributes[0]: expected a path of attributes and indexes"),
    "sensitive_bare_index": (14, "INSTANCE.sensitive_attributes[0]: expected a path of attributes and indexes"),
    "sensitive_empty_path": (14, "INSTANCE.sensitive_attributes[0]: expected a path of attributes and indexes"),
    "sensitive_flat": (14, "INSTANCE.sensitive_attributes[0]: expected `array`, got `object`"),
    "sensitive_index_number_as_text": (
        14,
        "INSTANCE.sensitive_attributes[0]: expected a path of attributes and indexes",
    ),
    "sensitive_index_text_as_number": (
        14,
        "INSTANCE.sensitive_attributes[0]: expected a path of attributes and indexes",
    ),
    "sensitive_index_true": (14, "INSTANCE.sensitive_attributes[0]: expected a path of attributes and indexes"),
    "sensitive_index_unknown_type": (14, "INSTANCE.sensitive_attributes[0]: expected a path of attributes and indexes"),
    "sensitive_index_without_type": (
        14,
        "INSTANCE.sensitive_attributes[0][1].value: object missing required field `type`",
    ),
    "sensitive_no_value": (14, "INSTANCE.sensitive_attributes[0][0]: object missing required field `value`"),
    "sensitive_number_name": (14, "INSTANCE.sensitive_attributes[0][0].value: expected `str | object`, got `int`"),
    "sensitive_object": (14, "INSTANCE.sensitive_attributes: expected `array | null`, got `object`"),
    "sensitive_unknown_step": (14, "INSTANCE.sensitive_attributes[0]: expected a path of attributes and indexes"),
    "serial_2_63": (4, "serial: expected a number from 0 to 2^63-1"),
    "serial_2_64": (4, "serial: expected a number from 0 to 2^63-1"),
    "serial_missing": (1, "the state has no serial"),
    "serial_negative": (4, "serial: expected a number from 0 to 2^63-1"),
    "serial_text": (4, "serial: expected `int`, got `str`"),
    "status_unknown": (14, "INSTANCE.status: expected nothing or tainted"),
    "terraform_version_number": (3, "terraform_version: expected `str | null`, got `float`"),
    "text": (1, "expected `object`, got `str`"),
    "trailing": (28, "malformed JSON: trailing characters"),
    "type_missing": (8, "RESOURCE: object missing required field `type`"),
    "type_number": (8, "RESOURCE.type: expected `str`, got `int`"),
    "type_module": (8, "RESOURCE.type: expected a name"),
    "type_with_dot": (8, "RESOURCE.type: expected a name"),
    "utf16": (1, "malformed JSON: invalid character"),
    "version_0": (2, "version: not the version of a Terraform state"),
    "version_1": (2, "version: the state has version 1, which Terraform wrote before 0.12"),
    "version_3": (2, "version: the state has version 3, which Terraform wrote before 0.12"),
    "version_5": (2, "version: the state is newer than version 4, the last one known"),
    "version_float": (2, "version: expected `int`, got `float`"),
    "version_negative": (2, "version: not the version of a Terraform state"),
    "version_null": (2, "version: expected `int`, got `null`"),
    "version_text": (2, "version: expected `int`, got `str`"),
    "version_true": (2, "version: expected `int`, got `bool`"),
    "whitespace": (3, "the JSON text ends too early"),
}


def test_every_bad_file_has_an_expected_error() -> None:
    assert {path.stem for path in BAD.iterdir()} == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_bad_file(name: str) -> None:
    line, message = EXPECTED[name]
    path = BAD / f"{name}.tfstate"
    with pytest.raises(StateError) as raised:
        read_state(path.read_bytes(), location="here.tfstate")
    error = raised.value
    assert error.message == message.replace("INSTANCE", "resources[0].instances[0]").replace("RESOURCE", "resources[0]")
    assert error.position is not None
    assert (error.position.file, error.position.line) == ("here.tfstate", line)
    assert "\n" not in str(error)
    shown = "".join(traceback.format_exception(error)) + str(error.hint)
    source_lines = "".join(traceback.format_tb(error.__traceback__))
    assert "canary" not in shown.replace(source_lines, "")
    assert "12345" not in shown.replace(source_lines, "")
