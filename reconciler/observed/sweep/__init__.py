"""What AWS lists: every resource of the types we know, page by page, without reading each one.

A list that could not be read to its end is never a shorter list: it is unknown, with a reason.
"""
