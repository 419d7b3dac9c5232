module "queue" {
  source   = "./queue"
  for_each = var.queues

  name               = "${var.name}-${each.key}"
  fifo               = each.value.fifo
  visibility_timeout = each.value.visibility_timeout
  retention_days     = each.value.retention_days
  max_receive_count  = each.value.max_receive_count
  publisher_arns     = each.key == "orders" ? [aws_sns_topic.orders.arn] : []
}

resource "aws_sns_topic" "orders" {
  name              = "${var.name}-orders"
  display_name      = "Order events"
  kms_master_key_id = "alias/aws/sns"
}

resource "aws_sns_topic_policy" "orders" {
  arn = aws_sns_topic.orders.arn
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "WorkersPublish"
      Effect    = "Allow"
      Principal = { AWS = aws_iam_role.this["task"].arn }
      Action    = "SNS:Publish"
      Resource  = aws_sns_topic.orders.arn
    }]
  })
}

resource "aws_sns_topic_subscription" "orders_queue" {
  topic_arn            = aws_sns_topic.orders.arn
  protocol             = "sqs"
  endpoint             = module.queue["orders"].arn
  raw_message_delivery = true
}

resource "aws_cloudwatch_event_rule" "schedule" {
  for_each = var.schedules

  name                = "${var.name}-${each.key}"
  description         = "Runs ${each.value.function}"
  schedule_expression = each.value.expression
}

resource "aws_cloudwatch_event_target" "schedule" {
  for_each = var.schedules

  rule      = aws_cloudwatch_event_rule.schedule[each.key].name
  target_id = each.value.function
  arn       = aws_lambda_function.this[each.value.function].arn
}

resource "aws_lambda_permission" "schedule" {
  for_each = var.schedules

  statement_id  = "allow-schedule-${each.key}"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.this[each.value.function].function_name
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.schedule[each.key].arn
}
