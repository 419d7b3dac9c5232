"""How many of an estate's resources can be adopted so that a plan changes nothing, beside Terraform's own generator."""
