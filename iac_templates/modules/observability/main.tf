data "aws_caller_identity" "current" {}
data "aws_region" "current" {}

resource "aws_sns_topic" "alerts" {
  name         = "${var.name}-alerts"
  display_name = "On-call"
}

resource "aws_sns_topic_subscription" "email" {
  for_each = var.alert_emails

  topic_arn = aws_sns_topic.alerts.arn
  protocol  = "email"
  endpoint  = each.key
}

resource "aws_cloudwatch_log_group" "this" {
  for_each = var.log_groups

  name              = "/${var.name}/${each.key}"
  retention_in_days = each.value
}

resource "aws_cloudwatch_log_metric_filter" "errors" {
  for_each = var.error_filters

  name           = "${var.name}-${each.key}-errors"
  log_group_name = each.value
  pattern        = "ERROR"

  metric_transformation {
    name      = "${each.key}-errors"
    namespace = "Storefront/${var.name}"
    value     = "1"
  }
}

resource "aws_cloudwatch_metric_alarm" "backlog" {
  for_each = var.queues

  alarm_name          = "${each.key}-backlog"
  alarm_description   = "Messages wait longer than they should"
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateNumberOfMessagesVisible"
  dimensions          = { QueueName = each.key }
  statistic           = "Maximum"
  period              = 300
  evaluation_periods  = 3
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alerts.arn]
  ok_actions          = [aws_sns_topic.alerts.arn]
}

resource "aws_cloudwatch_metric_alarm" "function_errors" {
  for_each = var.functions

  alarm_name          = "${each.key}-errors"
  alarm_description   = "The function fails"
  namespace           = "AWS/Lambda"
  metric_name         = "Errors"
  dimensions          = { FunctionName = each.key }
  statistic           = "Sum"
  period              = 60
  evaluation_periods  = 5
  datapoints_to_alarm = 3
  comparison_operator = "GreaterThanOrEqualToThreshold"
  threshold           = 1
  treat_missing_data  = "notBreaching"
  alarm_actions       = [aws_sns_topic.alerts.arn]
}

resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = var.name
  dashboard_body = jsonencode({
    widgets = [
      for index, queue in sort(keys(var.queues)) : {
        type   = "metric"
        x      = 0
        y      = index * 6
        width  = 12
        height = 6
        properties = {
          title   = queue
          region  = data.aws_region.current.name
          metrics = [["AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", queue]]
        }
      }
    ]
  })
}
