owner  = "storefront-platform"
domain = "stg.nuri-market.example"

queues = {
  orders  = { visibility_timeout = 90 }
  mail    = { visibility_timeout = 30, max_receive_count = 5 }
  invoice = { retention_days = 7 }
}

alert_emails = ["storefront-staging@nuri-market.example"]
