locals {
  # Built by `make package` of the application's own repository; the example carries a stand-in.
  package = "${path.module}/functions/handler.zip"

  queue_readers = { for name, function in var.functions : name => function.queue if function.queue != null }
}

resource "aws_cloudwatch_log_group" "function" {
  for_each = var.functions

  name              = "/aws/lambda/${var.name}-${each.key}"
  retention_in_days = var.log_retention_days
}

resource "aws_lambda_function" "this" {
  for_each = var.functions

  function_name    = "${var.name}-${each.key}"
  description      = "Storefront: ${each.key}"
  role             = aws_iam_role.this["function"].arn
  runtime          = "python3.12"
  handler          = "handler.handle"
  filename         = local.package
  source_code_hash = filebase64sha256(local.package)
  timeout          = each.value.timeout
  memory_size      = each.value.memory_mb

  environment {
    variables = merge({ LOG_LEVEL = "INFO" }, each.value.environment)
  }

  tracing_config {
    mode = "Active"
  }

  depends_on = [aws_cloudwatch_log_group.function]
}

resource "aws_lambda_event_source_mapping" "queue" {
  for_each = local.queue_readers

  function_name    = aws_lambda_function.this[each.key].arn
  event_source_arn = module.queue[each.value].arn
  batch_size       = 10
}
