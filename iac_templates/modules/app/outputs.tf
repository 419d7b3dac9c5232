output "web_security_group_id" {
  value = aws_security_group.web.id
}

output "queue_names" {
  value = { for key, queue in module.queue : key => queue.name }
}

output "dead_letter_queue_names" {
  value = { for key, queue in module.queue : key => queue.dead_letter_name if var.queues[key].max_receive_count != null }
}

output "function_names" {
  value = { for key, function in aws_lambda_function.this : key => function.function_name }
}

output "function_log_groups" {
  value = { for key, group in aws_cloudwatch_log_group.function : key => group.name }
}
