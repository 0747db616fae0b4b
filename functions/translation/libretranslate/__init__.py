"""LibreTranslate's own shapes and routes, for the clients that speak them."""
