"""The pure core: what the four sides say, how they are compared, and what that means.

Functions of values with the standard library only. No I/O, no clock, no logging, no third-party import.
"""
