"""Changes of template files that touch nothing but what they are about: comments, order and spaces stay.

Texts come in and texts go out; nothing is read from a disk or written to one.
"""
