locals {
  environment = "production"
  name        = "nuri-prod"

  tags = {
    Project     = "storefront"
    Environment = local.environment
    Owner       = var.owner
    ManagedBy   = "terraform"
  }
}
