output "arn" {
  value = aws_sqs_queue.this.arn
}

output "name" {
  value = aws_sqs_queue.this.name
}

output "dead_letter_name" {
  value = one(aws_sqs_queue.dead_letter[*].name)
}
