"""Running the functions on one machine, with no AWS: demo, server, OpenAPI documents."""
