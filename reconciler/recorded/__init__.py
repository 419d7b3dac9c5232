"""The recorded side: state files, and the backends that keep them. Read only, without a lock.

Nothing here talks to a provider, interprets attributes or writes.
"""
