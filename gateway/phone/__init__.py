"""The phone in a terminal: a chat with a running gateway, or conversations played in process."""
