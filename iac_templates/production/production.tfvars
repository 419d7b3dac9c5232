# Passed with -var-file: production takes nothing by itself.
owner  = "storefront-platform"
domain = "nuri-market.example"

queues = {
  # An order is tried until it is booked: it has no dead letter queue.
  orders    = { visibility_timeout = 120, retention_days = 14 }
  mail      = { visibility_timeout = 30, max_receive_count = 5 }
  thumbnail = { visibility_timeout = 300, max_receive_count = 3 }
  ledger    = { fifo = true, retention_days = 14, max_receive_count = 10 }
}

alert_emails = ["oncall@nuri-market.example", "storefront-leads@nuri-market.example"]
