"""Finds what really changed in an AWS estate: templates, state, live cloud and inventory, compared."""
