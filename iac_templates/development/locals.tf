locals {
  environment = "development"
  name        = "nuri-dev"

  tags = {
    Project     = "storefront"
    Environment = local.environment
    Owner       = var.owner
    ManagedBy   = "terraform"
  }
}
