"""SQS entry of the recommendation service: requests, and streams of events."""

from functions.recommendation.schemas import QueueMessage
from functions.recommendation.service import SERVICE, answer_messages, get_service
from shared.batch import sqs_handler

handler = sqs_handler(SERVICE, QueueMessage, answer_messages, preload=get_service)
