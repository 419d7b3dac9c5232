"""The provider protocol's messages: minimal definitions of our own and the code that protoc makes of them.

After a change of a ``.proto`` file, from the root of the checkout::

    .venv/bin/python -m reconciler.observed.provider.wire.generate

Field numbers: https://developer.hashicorp.com/terraform/plugin/terraform-plugin-protocol
"""
