"""Reads what passengers really text: place, train, acts, urgency, people, language and intent, each with its span."""

from conversations.reading.context import context_of
from conversations.reading.knowledge import warm
from conversations.reading.model import Context, Correction, Reading, Value
from conversations.reading.reading import read

__all__ = ["Context", "Correction", "Reading", "Value", "context_of", "read", "warm"]
