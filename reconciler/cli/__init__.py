"""The command line: one file per command. Options, exit codes, progress and errors; what is shown is in ``render``."""
