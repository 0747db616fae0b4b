"""Requests by HTTP: from an event of API Gateway, or a server's, to its response."""
