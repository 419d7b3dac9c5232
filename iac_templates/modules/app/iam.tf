locals {
  principals = {
    function  = "lambda.amazonaws.com"
    task      = "ecs-tasks.amazonaws.com"
    execution = "ecs-tasks.amazonaws.com"
  }
}

data "aws_iam_policy_document" "trust" {
  for_each = local.principals

  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = [each.value]
    }
  }
}

resource "aws_iam_role" "this" {
  for_each = local.principals

  name               = "${var.name}-${each.key}"
  description        = "Assumed by ${each.value}"
  path               = "/storefront/"
  assume_role_policy = data.aws_iam_policy_document.trust[each.key].json
}

resource "aws_iam_role_policy_attachment" "function_vpc" {
  role       = aws_iam_role.this["function"].name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaVPCAccessExecutionRole"
}

resource "aws_iam_role_policy_attachment" "execution" {
  role       = aws_iam_role.this["execution"].name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
}

resource "aws_iam_policy" "orders" {
  name        = "${var.name}-orders"
  path        = "/storefront/"
  description = "Read and write orders, nothing else"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "Tables"
        Effect   = "Allow"
        Action   = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:Query"]
        Resource = flatten([for arn in values(var.table_arns) : [arn, "${arn}/index/*"]])
      },
      {
        Sid      = "Uploads"
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:PutObject"]
        Resource = "${var.upload_bucket_arn}/*"
      },
    ]
  })
}

resource "aws_iam_role_policy_attachment" "orders" {
  for_each = toset(["function", "task"])

  role       = aws_iam_role.this[each.key].name
  policy_arn = aws_iam_policy.orders.arn
}

resource "aws_iam_role_policy" "queues" {
  name = "consume-queues"
  role = aws_iam_role.this["function"].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Effect   = "Allow"
        Action   = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes"]
        Resource = [for queue in module.queue : queue.arn]
      },
      {
        Effect   = "Allow"
        Action   = "ssm:GetParameter"
        Resource = var.webhook_parameter_arn
      },
    ]
  })
}
