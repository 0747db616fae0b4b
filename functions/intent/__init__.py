"""Chatbot intent: what does this customer message want?"""
