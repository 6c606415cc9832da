"""Phones at the stand-in for the carrier, as tests use them: told what to text, they say what they were answered."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from gateway.standin.delivery import Delivery
from gateway.standin.network import Carried, Network, Text, Weather
from gateway.standin.rest import Carrier

_MESSAGE = re.compile(r"<Message[^>]*>(.*?)</Message>", re.DOTALL)


def words_of(carried: Carried) -> str | None:
    """What the phone reads: empty where nothing was said, None where nobody answered or the text was dropped."""
    if carried.done is None or carried.done.body is None:
        return None
    return "".join(_MESSAGE.findall(carried.done.body.decode()))


@dataclass
class Phones:
    """A crowd under one weather; `carried` is all that became of its texts."""

    carrier: Carrier
    delivery: Delivery
    weather: Weather = field(default_factory=Weather)
    seed: int = 1
    carried: list[Carried] = field(default_factory=list)

    def text(self, *texts: Text) -> list[Carried]:
        """Sends them; what became of each delivery, in order."""
        done = list(Network(self.carrier, self.delivery, self.weather, self.seed).carry(texts))
        self.carried += done
        return done

    @property
    def dropped(self) -> list[str]:
        """The ids of texts that only the carrier's list has."""
        return [each.message.sid for each in self.carried if each.done is None]
