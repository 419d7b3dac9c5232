"""The provider host: starts Terraform provider binaries, keeps them warm, and reads recorded resources through them.

It knows the plugin protocol and no cloud; only the table of error texts in :mod:`.diagnose` names AWS.
"""
