"""The daemon: when each workspace is scanned, what systemd is told, what is logged.

It holds no knowledge of drift: a pass is one call of the application that the wiring opens.
"""
