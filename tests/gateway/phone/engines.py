"""A stand-in for the gateway in this process: it asks three questions, and texts by itself after a silence."""

from __future__ import annotations

from dataclasses import dataclass, field

from gateway.phone.engine import Exchange, Standing
from handlers.ports import InboundText

QUIET = 120.0
QUESTIONS = (("place", "location"), ("train", "train"), ("done", None))


@dataclass
class Conversation:
    """What one phone said so far; a text of ours that is due, and those that went by themselves."""

    said: list[tuple[float, str]] = field(default_factory=list)
    due_at: float | None = None
    sent: list[str] = field(default_factory=list)


class ThreeQuestions:
    """Keeps the contract `gateway.phone.engine.Engine`."""

    first_address = "sms:61016"

    def __init__(self) -> None:
        self.conversations: dict[Exchange, Conversation] = {}
        self.taken: list[InboundText] = []
        self.timers: list[tuple[float, str]] = []

    def takes(self, medium: str, recipient: str) -> bool:
        return (medium, recipient) in {("sms", "61016"), ("sms", "62022"), ("whatsapp", "61016")}

    def receive(self, text: InboundText, at: float) -> str | None:
        self.taken.append(text)
        exchange = Exchange(text.medium, text.sender, text.recipient)
        conversation = self.conversations.setdefault(exchange, Conversation())
        conversation.said.append((at, text.body))
        if text.body == "STOP":
            conversation.due_at = None
            return None
        conversation.due_at = at + QUIET
        return f"{self._step(conversation)[0]}?"

    def run_timers(self, until: float) -> None:
        due = [(one.due_at, key.sender, one) for key, one in self.conversations.items() if one.due_at is not None]
        for at, sender, conversation in sorted(due, key=lambda timer: timer[0]):
            if at <= until:
                self.timers.append((at, sender))
                conversation.due_at = None
                conversation.sent.append(f"still there? {len(conversation.said)}")

    def sent(self, exchange: Exchange) -> list[str]:
        conversation = self.conversations.get(exchange, Conversation())
        texts, conversation.sent = conversation.sent, []
        return texts

    def standing(self, exchange: Exchange) -> Standing:
        if exchange not in self.conversations:
            return Standing()
        conversation = self.conversations[exchange]
        step, asks = self._step(conversation)
        ended = "complete" if step == "done" else None
        return Standing(step, asks, ended, {"account": [body for _, body in conversation.said]})

    @staticmethod
    def _step(conversation: Conversation) -> tuple[str, str | None]:
        return QUESTIONS[min(len(conversation.said), len(QUESTIONS)) - 1]
