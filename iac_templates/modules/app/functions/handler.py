"""Stand-in for the storefront's functions: the example estate needs something to deploy."""


def handle(event, context):
    """Acknowledge every record."""
    return {"handled": len(event.get("Records", []))}
