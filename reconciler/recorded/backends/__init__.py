"""Where states are kept: one module per kind of backend, and the registry that picks one.

Arguments, defaults and variables are those of Terraform's own backends. Nothing is locked and nothing written.
"""
