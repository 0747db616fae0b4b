"""Requests that wait: queues, jobs and their results, batches of a worker, and bulk."""
