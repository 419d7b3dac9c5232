"""HCL expressions: their tree, and what they are worth where that can be told without Terraform.

A value that cannot be told exactly is UNKNOWN, never a guess. Nothing here knows files, blocks or modules.
"""
