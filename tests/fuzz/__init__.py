"""Inputs altered by chance, the same for the same seed: ``make fuzz``. What each must lead to is in ``surfaces``."""
