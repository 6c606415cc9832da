"""A small flow that every test of the flow language may change, and where something stands in it."""

from __future__ import annotations

SMALL = """\
flow: small
version: 3
label: A small one
languages: [en]
complete: [place, service]
groups:
  goods: [theft, antisocial]
lines:
  greeting: {en: "Thanks. {question}[1: SUPPORT for someone to talk to.]"}
  noted: {en: "[1:Thanks. ]{question}"}
  added: {en: "Added."}
  stop: {en: "No more texts."}
  withdrawn: {en: "Nothing is passed on."}
  danger: {en: "Ring 999 or press 55. {question}"}
  safe: {en: "Thanks."}
  support: {en: "Ring {services}. {question}"}
  no_services: {en: "No number now. {question}"}
  handover: {en: "A person may answer. {question}"}
  handover_off: {en: "All is read. {question}"}
  offtopic: {en: "Please ask elsewhere."}
  child: {en: "Ring 0800 1111. {question}"}
  confidential: {en: "A small team reads it. {question}"}
  deleted: {en: "Delete the thread. {question}"}
  which: {en: "{name}: {options}?"}
  wrong: {en: "Which one? {options}"}
  switched: {en: "English. {question}"}
  unsure: {en: "Pass it on? 1 yes 2 not yet"}
  not_yet: {en: "All right."}
  quiet: {en: "Just 1 or 2. {question}"}
  not_your_fault: {en: "It is not your fault."}
keywords:
  stop: {en: [stop]}
  start: {en: [start]}
  danger: {en: [help]}
  skip: {en: [skip]}
  back: {en: [back]}
  reword: {en: ["?"]}
  thanks: {en: [thanks]}
  support: {en: [support]}
  done: {en: [done]}
  language: {en: [english]}
  delete: {en: [delete]}
  withdraw: {en: [forget it]}
  yes: {en: [yes, y]}
  no: {en: [no, n]}
topics:
  - id: who
    words: {en: [who is this]}
    text: {en: "A team. {question}"}
order:
  - when: {quiet: yes}
    ask: [near]
  - when: {urgency: emergency}
    ask: [where]
  - ask: [where, what, side, check]
steps:
  - id: where
    kind: place
    text: {en: "Where?"}
    again: {en: "Which place?"}
    short: {en: "Where?"}
  - id: what
    kind: account
    text:
      - when: {role: witness}
        en: "What did you see?"
      - en: "What happened?"
    again: {en: "A few words?"}
    short: {en: "What?"}
  - id: side
    kind: choice
    asks: side
    when: {not: {urgency: past}}
    text: {en: "Which side? 1 left 2 right"}
    again: {en: "1 left 2 right"}
    short: {en: "1 left 2 right?"}
    choices:
      - words: {en: [left, on]}
        to: near
      - words: {en: [right, off]}
        sets: {still_there: no}
  - id: near
    kind: yes_no
    asks: suspect
    slot: still_there
    minutes: 1.5
    text: {en: "Near? 1 yes 2 no"}
    again: {en: "1 yes 2 no"}
    short: {en: "1 yes 2 no?"}
  - id: check
    kind: playback
    repeats:
      - slot: place
        name: {en: place}
        unnamed: {en: the place}
    text: {en: "{repeat}? 1 yes 2 no"}
    again: {en: "1 yes or 2 no"}
    short: {en: "Right? 1 yes 2 no"}
  - id: done
    kind: end
    ends: complete
    text: {en: "Ref {reference}."}
"""


def changed(old: str, new: str, source: str = SMALL) -> str:
    """The small flow with one thing changed."""
    assert old in source
    return source.replace(old, new, 1)


def where(source: str, needle: str, inside: str = "") -> tuple[int, int]:
    """Line and column, from 1, where a piece of a file begins; of a piece `inside` it where given."""
    offset = source.index(needle) + (needle.index(inside) if inside else 0)
    before = source[:offset]
    return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1
