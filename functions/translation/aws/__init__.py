"""Amazon Translate's own shapes and operations, for the clients that speak them."""
