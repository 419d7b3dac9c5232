# Many resources of types that are cheap to read, as large estates have them: how the cost of a resource grows.

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.0"
    }
  }
}

variable "name" {
  type = string
}

variable "resources" {
  type = number
}

provider "aws" {
  region = "ap-northeast-2"
}

resource "aws_ssm_parameter" "setting" {
  count = floor(var.resources * 0.4)
  name  = "/${var.name}/${count.index}"
  type  = "String"
  value = "value ${count.index}"
}

resource "aws_cloudwatch_log_group" "service" {
  count             = floor(var.resources * 0.4)
  name              = "/${var.name}/${count.index}"
  retention_in_days = 30
}

resource "aws_sqs_queue" "work" {
  count                      = floor(var.resources * 0.2)
  name                       = "${var.name}-${count.index}"
  visibility_timeout_seconds = 60
}
