"""Amazon Lex V2's own shapes and operations, for the clients that speak them."""
