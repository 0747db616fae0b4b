"""Measuring served models on data of one's own, through the services that answer requests.

What is measured is what a caller gets: the texts around the model, the decision rule, the filters.
"""
