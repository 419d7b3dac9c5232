"""What a scan costs, beside what Terraform and plain tools cost in the same run: ``make bench``.

Nothing here asserts a time. Figures go to the terminal and to ``.bench/``; docs/performance.md says what they mean.
"""
