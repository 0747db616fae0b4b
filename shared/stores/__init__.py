"""Records that outlive a process: in DynamoDB and S3, or in a file of SQLite."""
