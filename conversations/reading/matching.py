"""One text while patterns are tried on it, step by step."""

from __future__ import annotations

from typing import Final

from conversations.reading.normal import SENTENCE, Words

WORD, MAYBE, GAP, NOT, NOT_BEFORE, BEGIN, END = range(7)
"""What a step of a pattern is: a word, one that may be missing, words between, a word that must not follow or not come
before, the ends of the text."""

Steps = tuple[tuple[int, int], ...]
"""The steps of a pattern: what each is, and the number of its words or how many words may stand between."""

_BARS_AFTER: Final = frozenset({NOT, END})
_BARS_BEFORE: Final = frozenset({NOT, NOT_BEFORE, BEGIN})
_BUDGET: Final = 60_000


class Match:
    """One text while patterns are tried on it. Steps are counted, so that no text takes long."""

    __slots__ = ("_breaks", "_end", "_fillers", "_keys", "_left")

    def __init__(self, words: Words, keys: list[frozenset[int]], fillers: list[bool]) -> None:
        self._keys = keys
        self._breaks = words.breaks
        self._fillers = fillers
        self._end = len(keys)
        self._left = _BUDGET

    def around(self, steps: Steps, anchor: int, index: int) -> tuple[int, int]:
        """The words of a match whose step `anchor` is word `index`; (-1, -1) for none."""
        last = self._forward(steps, anchor + 1, index + 1) if anchor + 1 < len(steps) else index + 1
        if last < 0:
            return -1, -1
        first = self._back(steps, anchor - 1, index - 1) if anchor else index
        return (first, last) if first >= 0 else (-1, -1)

    def _forward(self, steps: Steps, at: int, index: int) -> int:
        """The word after the last of a match of the steps from `at` on, from word `index` on; -1 for none."""
        while at < len(steps) and self._left > 0:
            self._left -= 1
            kind, number = steps[at]
            if kind == GAP:
                return self._skip_forward(steps, at + 1, index, number)
            if kind in _BARS_AFTER:
                if self._is_barred_after(kind, number, index):
                    return -1
                at += 1
                continue
            found, passed = -1, False
            if index < self._end and self._breaks[index] < SENTENCE:
                passed = self._fillers[index]
                if number in self._keys[index]:
                    if kind == WORD and not passed:
                        at, index = at + 1, index + 1
                        continue
                    found = self._forward(steps, at + 1, index + 1)
            if found < 0 and kind == MAYBE:
                found = self._forward(steps, at + 1, index)
            if found >= 0 or not passed:
                return found
            index += 1
        return index if at == len(steps) else -1

    def _back(self, steps: Steps, at: int, index: int) -> int:
        """The first word of a match of the steps up to `at`, from word `index` back; -1 for none."""
        while at >= 0 and self._left > 0:
            self._left -= 1
            kind, number = steps[at]
            if kind == GAP:
                return self._skip_back(steps, at - 1, index, number)
            if kind in _BARS_BEFORE:
                if self._is_barred_before(kind, number, index):
                    return -1
                at -= 1
                continue
            found, passed = -1, False
            if index >= 0 and self._breaks[index + 1] < SENTENCE:
                passed = self._fillers[index]
                if number in self._keys[index]:
                    if kind == WORD and not passed:
                        at, index = at - 1, index - 1
                        continue
                    found = self._back(steps, at - 1, index - 1)
            if found < 0 and kind == MAYBE:
                found = self._back(steps, at - 1, index)
            if found >= 0 or not passed:
                return found
            index -= 1
        return index + 1 if at < 0 else -1

    def _is_barred_after(self, kind: int, number: int, index: int) -> bool:
        """Whether a step that is no word forbids a match that ends before word `index`."""
        if kind == END:
            return not all(self._fillers[index:])
        return index < self._end and self._breaks[index] < SENTENCE and number in self._keys[index]

    def _is_barred_before(self, kind: int, number: int, index: int) -> bool:
        """Whether a step that is no word forbids a match that begins after word `index`."""
        if kind == BEGIN:
            return not all(self._fillers[: index + 1])
        if kind == NOT:
            return index + 1 < self._end and number in self._keys[index + 1]
        return index >= 0 and self._breaks[index + 1] < SENTENCE and number in self._keys[index]

    def _skip_forward(self, steps: Steps, at: int, index: int, most: int) -> int:
        kind, number = steps[at] if at < len(steps) else (END, 0)
        end, breaks, keys, fillers = self._end, self._breaks, self._keys, self._fillers
        for here in range(index, index + most + 1):
            closed = here >= end or breaks[here] >= SENTENCE
            if kind != WORD or (not closed and (number in keys[here] or fillers[here])):
                found = self._forward(steps, at, here)
                if found >= 0:
                    return found
            if closed:
                return -1
        return -1

    def _skip_back(self, steps: Steps, at: int, index: int, most: int) -> int:
        kind, number = steps[at] if at >= 0 else (BEGIN, 0)
        breaks, keys, fillers = self._breaks, self._keys, self._fillers
        for here in range(index, index - most - 1, -1):
            closed = here < 0 or breaks[here + 1] >= SENTENCE
            if kind != WORD or (not closed and (number in keys[here] or fillers[here])):
                found = self._back(steps, at, here)
                if found >= 0:
                    return found
            if closed:
                return -1
        return -1
