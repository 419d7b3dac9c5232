terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
      # CloudFront takes its certificates from us-east-1 only.
      configuration_aliases = [aws.us_east_1]
    }
  }
}
