"""Embedded AWS and the example estate, for the demo and the tests: nothing a production host needs.

This package plays the cloud, the operator who applies, and the person in the console; it never looks for drift.
"""
