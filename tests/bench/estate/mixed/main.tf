# Fifty resources of thirty-odd types: the size of one service of a small team.

terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = "~> 5.0"
    }
  }
}

provider "aws" {
  region = "ap-northeast-2"

  default_tags {
    tags = { Team = "orders" }
  }
}

locals {
  name = "bench-orders"
}

resource "aws_vpc" "main" {
  cidr_block           = "10.40.0.0/16"
  enable_dns_hostnames = true
}

resource "aws_subnet" "private" {
  count             = 3
  vpc_id            = aws_vpc.main.id
  cidr_block        = cidrsubnet(aws_vpc.main.cidr_block, 8, count.index)
  availability_zone = "ap-northeast-2${element(["a", "b", "c"], count.index)}"
}

resource "aws_internet_gateway" "main" {
  vpc_id = aws_vpc.main.id
}

resource "aws_route_table" "main" {
  vpc_id = aws_vpc.main.id
}

resource "aws_route" "out" {
  route_table_id         = aws_route_table.main.id
  destination_cidr_block = "0.0.0.0/0"
  gateway_id             = aws_internet_gateway.main.id
}

resource "aws_route_table_association" "private" {
  count          = 3
  subnet_id      = aws_subnet.private[count.index].id
  route_table_id = aws_route_table.main.id
}

resource "aws_network_acl" "main" {
  vpc_id = aws_vpc.main.id
}

resource "aws_security_group" "service" {
  for_each    = toset(["web", "worker"])
  name        = "${local.name}-${each.key}"
  description = each.key
  vpc_id      = aws_vpc.main.id
}

resource "aws_security_group_rule" "https" {
  type              = "ingress"
  security_group_id = aws_security_group.service["web"].id
  protocol          = "tcp"
  from_port         = 443
  to_port           = 443
  cidr_blocks       = ["10.0.0.0/8"]
}

resource "aws_vpc_security_group_egress_rule" "worker" {
  security_group_id = aws_security_group.service["worker"].id
  ip_protocol       = "-1"
  cidr_ipv4         = "10.0.0.0/8"
}

resource "aws_eip" "out" {
  domain = "vpc"
}

resource "aws_ebs_volume" "scratch" {
  availability_zone = "ap-northeast-2a"
  size              = 8
  encrypted         = true
}

resource "aws_db_subnet_group" "main" {
  name       = local.name
  subnet_ids = aws_subnet.private[*].id
}

resource "aws_kms_key" "main" {
  description         = local.name
  enable_key_rotation = true
}

resource "aws_kms_alias" "main" {
  name          = "alias/${local.name}"
  target_key_id = aws_kms_key.main.key_id
}

resource "aws_s3_bucket" "data" {
  for_each = toset(["exports", "uploads"])
  bucket   = "${local.name}-${each.key}"
}

resource "aws_s3_bucket_versioning" "exports" {
  bucket = aws_s3_bucket.data["exports"].id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_public_access_block" "data" {
  for_each                = aws_s3_bucket.data
  bucket                  = each.value.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_dynamodb_table" "orders" {
  name         = local.name
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"

  attribute {
    name = "id"
    type = "S"
  }
}

resource "aws_sqs_queue" "work" {
  for_each                   = toset(["mail", "invoices", "dead"])
  name                       = "${local.name}-${each.key}"
  visibility_timeout_seconds = 60
}

resource "aws_sns_topic" "events" {
  name = local.name
}

resource "aws_sns_topic_subscription" "mail" {
  topic_arn = aws_sns_topic.events.arn
  protocol  = "sqs"
  endpoint  = aws_sqs_queue.work["mail"].arn
}

data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["ec2.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "service" {
  for_each           = toset(["web", "worker"])
  name               = "${local.name}-${each.key}"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}

resource "aws_iam_policy" "queues" {
  name = "${local.name}-queues"
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sqs:SendMessage", Resource = values(aws_sqs_queue.work)[*].arn }]
  })
}

resource "aws_iam_role_policy_attachment" "queues" {
  role       = aws_iam_role.service["web"].name
  policy_arn = aws_iam_policy.queues.arn
}

resource "aws_iam_role_policy" "table" {
  name = "table"
  role = aws_iam_role.service["worker"].id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "dynamodb:GetItem", Resource = aws_dynamodb_table.orders.arn }]
  })
}

resource "aws_iam_instance_profile" "web" {
  name = "${local.name}-web"
  role = aws_iam_role.service["web"].name
}

resource "aws_cloudwatch_log_group" "service" {
  for_each          = toset(["web", "worker"])
  name              = "/${local.name}/${each.key}"
  retention_in_days = 30
}

resource "aws_cloudwatch_metric_alarm" "dead" {
  alarm_name          = "${local.name}-dead"
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = 1
  metric_name         = "ApproximateNumberOfMessagesVisible"
  namespace           = "AWS/SQS"
  period              = 300
  statistic           = "Sum"
  threshold           = 0
  dimensions          = { QueueName = aws_sqs_queue.work["dead"].name }
  alarm_actions       = [aws_sns_topic.events.arn]
}

resource "aws_cloudwatch_event_rule" "nightly" {
  name                = "${local.name}-nightly"
  schedule_expression = "cron(0 3 * * ? *)"
}

resource "aws_cloudwatch_event_target" "nightly" {
  rule = aws_cloudwatch_event_rule.nightly.name
  arn  = aws_sqs_queue.work["invoices"].arn
}

resource "aws_ssm_parameter" "settings" {
  for_each = { currency = "KRW", locale = "ko_KR" }
  name     = "/${local.name}/${each.key}"
  type     = "String"
  value    = each.value
}

resource "aws_secretsmanager_secret" "signing" {
  name = "${local.name}/signing"
}

resource "aws_secretsmanager_secret_version" "signing" {
  secret_id     = aws_secretsmanager_secret.signing.id
  secret_string = "not a secret: only ever kept by an emulator"
}

resource "aws_route53_zone" "main" {
  name = "${local.name}.example.com"
}

resource "aws_route53_record" "www" {
  zone_id = aws_route53_zone.main.zone_id
  name    = "www"
  type    = "A"
  ttl     = 300
  records = [aws_eip.out.public_ip]
}

resource "aws_ecr_repository" "service" {
  name = local.name
}

resource "aws_ecs_cluster" "main" {
  name = local.name
}
