locals {
  suffix      = var.fifo ? ".fifo" : ""
  dead_letter = var.max_receive_count == null ? 0 : 1
}

resource "aws_sqs_queue" "this" {
  name                        = "${var.name}${local.suffix}"
  fifo_queue                  = var.fifo ? true : null
  content_based_deduplication = var.fifo ? true : null
  visibility_timeout_seconds  = var.visibility_timeout
  message_retention_seconds   = var.retention_days * 24 * 3600
  sqs_managed_sse_enabled     = true

  # Set by the resource below, so that both queues can be made at the same time.
  lifecycle {
    ignore_changes = [redrive_policy]
  }
}

resource "aws_sqs_queue" "dead_letter" {
  count = local.dead_letter

  name                      = "${var.name}-dead${local.suffix}"
  fifo_queue                = var.fifo ? true : null
  message_retention_seconds = 14 * 24 * 3600
  sqs_managed_sse_enabled   = true
}

resource "aws_sqs_queue_redrive_policy" "dead_letter" {
  count = local.dead_letter

  queue_url = aws_sqs_queue.this.id
  redrive_policy = jsonencode({
    deadLetterTargetArn = aws_sqs_queue.dead_letter[0].arn
    maxReceiveCount     = var.max_receive_count
  })
}

resource "aws_sqs_queue_policy" "publishers" {
  count = length(var.publisher_arns) > 0 ? 1 : 0

  queue_url = aws_sqs_queue.this.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Sid       = "TopicsSend"
      Effect    = "Allow"
      Principal = { Service = "sns.amazonaws.com" }
      Action    = "sqs:SendMessage"
      Resource  = aws_sqs_queue.this.arn
      Condition = { ArnEquals = { "aws:SourceArn" = var.publisher_arns } }
    }]
  })
}
