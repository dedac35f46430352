"""Tables and statements of the chatbot service."""
