owner  = "storefront-developers"
domain = "dev.nuri-market.example"

queues = {
  orders = {}
  mail   = { visibility_timeout = 30, max_receive_count = 5 }
}
