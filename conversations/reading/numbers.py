"""Numbers in words, English and Welsh."""

from __future__ import annotations

from typing import Final

NUMBERS: Final = {
    word: value
    for value, forms in enumerate(
        [
            "zero",
            "one un",
            "two dau dwy ddau ddwy",
            "three tri tair dri",
            "four pedwar pedair bedwar bedair",
            "five pump pum",
            "six chwech chwe",
            "seven saith",
            "eight wyth",
            "nine naw",
            "ten deg ddeg",
            "eleven un-ar-ddeg unarddeg",
            "twelve deuddeg ddeuddeg",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
            "twenty ugain hugain",
        ]
    )
    for word in forms.split()
} | {"thirty": 30, "forty": 40, "fifty": 50, "twentyfive": 25, "quarter": 15, "chwarter": 15, "qtr": 15, "half": 30}
"""Up to fifty, with the parts of an hour, in minutes."""


def number(word: str) -> int | None:
    """The value of a number in figures or words up to fifty, None for others."""
    if word.isascii() and word.isdigit() and len(word) <= 4:
        return int(word)
    return NUMBERS.get(word)
