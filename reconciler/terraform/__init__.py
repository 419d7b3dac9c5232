"""The terraform command and the files it works with: mirrors, provider binaries, work copies, its configuration.

Everything that starts ``terraform`` (or ``tofu``) is here. What its results mean is decided elsewhere; state files
are read by ``recorded``, templates by ``desired``.
"""
