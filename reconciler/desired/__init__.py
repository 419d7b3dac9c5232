"""The desired side: Terraform templates read into :class:`reconciler.drift.snapshot.Template`.

Files, syntax, modules, variables and the evaluation of expressions belong here. Nothing here asks the cloud,
starts Terraform, or writes a file.
"""
