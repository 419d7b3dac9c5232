"""What is found of changes made by hand, beside what Terraform says of them: two estates, every change, one table.

Nothing here is a test; ``make accuracy`` runs it and writes ``docs/accuracy-table.md``.
"""
