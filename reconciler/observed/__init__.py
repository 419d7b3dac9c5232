"""What the cloud holds now: through Terraform providers that we drive ourselves, and through AWS's own API.

Nothing here compares, stores or decides; what could not be read is said to be unread, with a reason.
"""
