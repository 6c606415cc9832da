"""What each place is to the report: where it happened, where the train comes from, goes to and stops next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from conversations.reading.answers import is_put_right
from conversations.reading.cues import AT, BETWEEN, DROP, FROM, NEXT, TO, cues
from conversations.reading.files import listed
from conversations.reading.following import is_ages_ago, is_decoy, next_follows, on_clothes
from conversations.reading.gazetteer import gazetteer
from conversations.reading.moves import got_off
from conversations.reading.names import STATION
from conversations.reading.normal import PART, SENTENCE, WORD, Words
from conversations.reading.numbers import NUMBERS
from conversations.reading.parts import BARE, CLEAR, PLAIN, Role
from conversations.reading.persons import REPORTER, SUSPECT, boarded_by_another, is_home, is_name, is_of_car, is_origin
from conversations.reading.places import Mention

_FAR, _LONGEST_CUE = 11, 4

_STRONG_AT: Final = listed("roles.strong_at")
_WELSH_TO: Final = frozenset({"i", "am", "tua", "at", "tuag"})
_PAIR: Final = listed("roles.pair")
_BETWEEN: Final = listed("roles.between")
_AND: Final = listed("roles.and")
_WALKED: Final = listed("roles.walked")


def assign(words: Words, mentions: Sequence[Mention], welsh: bool, asks: str | None) -> list[Role]:
    """The part of each mention, in the order of the text."""
    roles: list[Role] = []
    kept = list(mentions)
    for index, mention in enumerate(kept):
        before = kept[index - 1] if index else None
        after = kept[index + 1] if index + 1 < len(kept) else None
        role = _between(words, before, mention, after, roles) or _pair(words, before, mention, after, roles)
        roles.append(role or _cued(words, mention, welsh, asks, alone=len(kept) == 1))
    return _put_right(words, _listed(words, roles))


def _put_right(words: Words, roles: list[Role]) -> list[Role]:
    """ "from X, no sorry Y": the second is what the first was."""
    out = list(roles)
    for index in range(1, len(out)):
        one, other = out[index - 1], out[index]
        if (
            one.role != DROP
            and (other.rule == "place.fragment" or other.role == one.role)
            and is_put_right(words, _past_train(words, one.mention.last), other.mention.first)
        ):
            out[index - 1] = Role(one.mention, DROP, CLEAR, "place.put_right")
            out[index] = Role(other.mention, one.role, one.strength, one.rule)
    return out


def _past_train(words: Words, index: int) -> int:
    """The word after "train" and the like."""
    return index + (words.words[index : index + 1] == ("train",))


def _gap_words(words: Words, first: Mention, second: Mention) -> list[str]:
    return [w for w in words.words[first.last : second.first] if w not in STATION]


def _between(
    words: Words, before: Mention | None, mention: Mention, after: Mention | None, roles: list[Role]
) -> Role | None:
    def opened(m: Mention) -> bool:
        return any(w in _BETWEEN for w in words.words[max(0, m.first - 3) : m.first])

    if before is not None and roles and roles[-1].role == BETWEEN and sum(r.role == BETWEEN for r in roles) % 2:
        return Role(mention, BETWEEN, CLEAR, "place.between")
    if after is not None and opened(mention):
        gap = _gap_words(words, mention, after)
        if gap and all(w in _AND or w in {"the", "y"} for w in gap):
            return Role(mention, BETWEEN, CLEAR, "place.between")
        return Role(mention, DROP, PLAIN, "place.unfinished")
    return None


def _is_pair(words: Words, first: Mention, second: Mention) -> bool:
    gap = _gap_words(words, first, second)
    if not gap:
        marks = words.gaps[second.first] if second.first < len(words) else ""
        return second.first == first.last and marks.strip() in {"-", "\u2013", "\u2014", "->", "/"}
    return all(w in _PAIR for w in gap) and len(gap) <= 2 and words.breaks[second.first] < SENTENCE


def _pair(
    words: Words, before: Mention | None, mention: Mention, after: Mention | None, roles: list[Role]
) -> Role | None:
    if after is not None and _is_pair(words, mention, after):
        cue, _ = _cue(words, mention)
        if cue in {None, FROM, TO} or (cue == AT and _weak_cue(words, mention)):
            return Role(mention, FROM, CLEAR, "place.pair")
    if before is not None and roles and roles[-1].role == FROM and _is_pair(words, before, mention):
        return Role(mention, TO, CLEAR, "place.pair")
    return None


def _weak_cue(words: Words, mention: Mention) -> bool:
    return mention.first > 0 and words.words[mention.first - 1] in {"in", "around", "was", "stopped", "at", "station"}


def _context(words: Words, mention: Mention) -> list[str]:
    """The words before, nearest first, without those skipped; a comma ends it once something is there."""
    skip = cues().skip
    found: list[str] = []
    index = mention.first - 1
    while index >= 0 and mention.first - index <= _FAR and len(found) < _LONGEST_CUE:
        if words.breaks[index + 1] >= SENTENCE or (words.breaks[index + 1] == PART and found):
            break
        word = words.words[index]
        number = word.isdigit() or (len(word) <= 2 and word[:1].isdigit())
        if number and index and words.words[index - 1] in {"platform", "plat", "platfform", "plats", "pl"}:
            index -= 1
            continue
        if word not in skip:
            found.append(word)
        index -= 1
    return found


def _cue(words: Words, mention: Mention) -> tuple[str | None, tuple[str, ...]]:
    before = _context(words, mention)
    comma = mention.first > 0 and words.breaks[mention.first] == PART
    for length in range(min(_LONGEST_CUE, len(before)), 0, -1):
        phrase = tuple(reversed(before[:length]))
        role = cues().phrases.get(phrase)
        if role is not None:
            if comma and not (role == NEXT or phrase[-1] in {"platform", "platfform", "station", "stn"}):
                return None, ()
            return role, phrase
    return None, ()


def _cued(words: Words, mention: Mention, welsh: bool, asks: str | None, alone: bool) -> Role:
    cue, phrase = _cue(words, mention)
    if phrase == ("i",) and words.words[max(0, mention.first - 2)] in _OF_ME:
        cue, phrase = None, ()
    plain = _by_what_follows(words, mention, cue is not None) or _of_a_person(words, mention, cue, phrase, welsh)
    if plain is not None:
        return plain
    moved = _moved(words, mention, phrase)
    if moved is not None:
        return moved
    if phrase == ("left",) and _sets_out(words, mention):
        return Role(mention, FROM, CLEAR, "place.left")
    if phrase == ("out", "of") and _WALKED & set(words.words[max(0, mention.first - 4) : mention.first]):
        return Role(mention, AT, CLEAR, "place.just_out_of")
    if cue is not None and mention.form in gazetteer().ordinary and _is_plain_word(words, mention, phrase):
        return Role(mention, DROP, BARE, "place.ordinary_word")
    if cue is not None and not (
        cue == TO and phrase[0] in {"i", "am", "tua"} and not (welsh or _mutated(words, mention))
    ):
        if cue == TO and phrase == ("at",):
            cue = AT
        if cue == AT and _train_follows(words, mention) and not _STRONG_AT & set(phrase):
            return Role(mention, TO, PLAIN, "place.train_to")
        strength = CLEAR if cue != AT or _STRONG_AT & set(phrase) else PLAIN
        return Role(mention, cue, strength, f"place.{cue}")
    return _bare(words, mention, asks, alone)


def _sets_out(words: Words, mention: Mention) -> bool:
    """ "it left Euston at ten past eight", "I left Euston on the sleeper", not "just left Euston"."""
    after = words.words[mention.last : mention.last + 2]
    if (
        mention.last >= len(words)
        or words.breaks[mention.last] != WORD
        or words.words[max(0, mention.first - 2)] == "just"
    ):
        return False
    at_time = after[:1] == ("at",) and (after[-1][:1].isdigit() or after[-1] in NUMBERS)
    return at_time or after == ("on", "the")


def _moved(words: Words, mention: Mention, phrase: tuple[str, ...]) -> Role | None:
    """Where somebody got off, or where the train goes."""
    if phrase == ("goes", "to") and _train_goes(words, mention):
        return Role(mention, TO, CLEAR, "place.train_goes")
    return got_off(words, mention) if phrase == ("at",) else None


def _train_goes(words: Words, mention: Mention) -> bool:
    """ "the train goes to X", "it goes to X", not "he goes to X"."""
    before = words.words[max(0, mention.first - 12) : max(0, mention.first - 2)]
    who = next((w for w in reversed(before) if w in _TRAINS or w in SUSPECT or w in REPORTER), "")
    return who in _TRAINS


_TRAINS: Final = frozenset({"train", "it", "tram", "one", "service", "tube", "which"})
_OF_ME: Final = listed("roles.of_me")
"""Welsh words after which "i" is the reporter and not "to": "arna i"."""


def _mutated(words: Words, mention: Mention) -> bool:
    """ "i Gaer": a Welsh name after a Welsh word, whatever else the text is in."""
    return mention.score >= 99.5 and not mention.form.startswith(words.words[mention.first])


def _of_a_person(words: Words, mention: Mention, cue: str | None, phrase: tuple[str, ...], welsh: bool) -> Role | None:
    """A name, or where somebody lives or comes from: no place of the report."""
    if is_name(words, mention) or is_of_car(words, mention) or (phrase == ("in",) and is_home(words, mention)):
        return Role(mention, DROP, PLAIN, "place.person")
    if cue == FROM and not welsh and is_origin(words, mention):
        return Role(mention, DROP, PLAIN, "place.person_from")
    if cue == FROM and boarded_by_another(words, mention, phrase):
        return Role(mention, DROP, CLEAR, "place.suspect_moved")
    return None


_WEAK_CUES: Final = listed("roles.weak_cues")
_VERBS: Final = listed("roles.verbs")
_ARTICLES: Final = listed("roles.articles")


def _is_plain_word(words: Words, mention: Mention, phrase: tuple[str, ...]) -> bool:
    """Whether a name that is an ordinary word is just that: "was reading", "in march", "to settle", "at the bank"."""
    follows = words.words[mention.last] if mention.last < len(words) and words.breaks[mention.last] == WORD else ""
    if follows in STATION or follows in {"train", "tube", "metro", "platform", "direction", "bound"}:
        return False
    if phrase[-1:] == ("for",) and words.words[max(0, mention.first - 2)] in _TRAINS | {"bound", "headed"}:
        return False
    before = words.words[mention.first - 1] if mention.first else ""
    if before in _ARTICLES and mention.form != "oval":
        return True
    if mention.form in {"uni", "university"}:
        return True
    if phrase[-1:] == ("in",) and mention.form == "march":
        return True
    if phrase[-1:] == ("to",) and mention.form in _VERBS and follows not in _AFTER_NAME:
        return not words.words[mention.first - 2][:1].isdigit() or mention.first < 2
    return len(phrase) == 1 and phrase[0] in _WEAK_CUES


_AFTER_NAME: Final = frozenset({"", "from", "train", "and", "on", "at"}) | listed("coach.coach")
"""What may follow a name that is a verb as well: "to hull coach a"."""

_TAKEN_BACK: Final = frozenset({"not", "isnt", "wasnt", "nid"})


def _by_what_follows(words: Words, mention: Mention, cued: bool) -> Role | None:
    """ "X shirt", "X next", "X was ages ago"."""
    after = words.words[mention.last : mention.last + 4]
    joined = mention.last < len(words) and words.breaks[mention.last] == WORD
    if joined and (is_decoy(after, cued) or after[:2] == ("side", "of") or on_clothes(words, mention)):
        return Role(mention, DROP, CLEAR, "place.decoy")
    if next_follows(words, mention):
        return Role(mention, NEXT, CLEAR, "place.next")
    if joined and after[:1] == ("line",) and after[1:2] not in _LINE_TRAIN:
        return Role(mention, DROP, CLEAR, "place.line_to")
    if is_ages_ago(after):
        return Role(mention, DROP, CLEAR, "place.passed_long_ago")
    return None


_LINE_TRAIN: Final = (("train",), ("tram",), ("tube",), ("metro",), ("platform",))


def _bare(words: Words, mention: Mention, asks: str | None, alone: bool) -> Role:
    """A name without a cue: a train's destination, an answer, or a fragment that says where."""
    stationed = any(w in STATION for w in words.words[mention.last : mention.last + 1]) and not _train_station(
        words, mention
    )
    before = words.words[mention.first - 1] if mention.first else ""
    close = mention.first > 0 and words.breaks[mention.first] < PART
    if _train_follows(words, mention) or (close and before in {"train", "tren", "trên"} and not stationed):
        return Role(mention, TO, PLAIN, "place.train_to")
    if asks == "location":
        return Role(mention, AT, CLEAR, "place.answer")
    if asks == "train":
        return Role(mention, TO, PLAIN, "place.answer")
    if not stationed and (_timed(words, mention) or _of_coach(words, mention)):
        return Role(mention, TO, PLAIN, "place.timed_to")
    if before in {"line", "tube", "dlr", "metro"} and words.breaks[mention.first] < SENTENCE:
        return Role(mention, AT, PLAIN, "place.after_line")
    if mention.form in gazetteer().ordinary and _by_itself(words, mention):
        return Role(mention, AT, BARE, "place.fragment")
    if mention.form in gazetteer().ordinary and not (
        stationed or (alone and len(words) <= mention.last - mention.first + 1)
    ):
        if _platform_follows(words, mention):
            return Role(mention, AT, PLAIN, "place.fragment")
        return Role(mention, DROP, BARE, "place.ordinary_word")
    return Role(mention, AT, PLAIN if stationed else BARE, "place.fragment")


def _by_itself(words: Words, mention: Mention) -> bool:
    """Whether the name is a sentence of its own: ". Oval", or closes one with a capital letter: ", Ely."."""
    ends = mention.last == len(words) or words.breaks[mention.last] >= SENTENCE or words.words[mention.last] == "not"
    capital = words.text[words.starts[mention.first]].isupper() and not words.text.isupper()
    apart = capital and mention.last < len(words) and words.breaks[mention.first] >= PART == words.breaks[mention.last]
    return apart or (ends and words.breaks[mention.first] >= (PART if capital else SENTENCE))


def _platform_follows(words: Words, mention: Mention) -> bool:
    return bool({"platform", "station", "platfform"} & set(words.words[mention.last : mention.last + 2]))


_TRAIN_STATIONS: Final = {("train", "station"), ("train", "stn"), ("tube", "station")}


def _train_station(words: Words, mention: Mention) -> bool:
    return words.words[mention.last : mention.last + 2] in _TRAIN_STATIONS


def _train_follows(words: Words, mention: Mention) -> bool:
    if mention.last >= len(words) or words.breaks[mention.last] >= PART or _train_station(words, mention):
        return False
    word = words.words[mention.last]
    if word in {"metro", "tube", "tram", "line", "way"}:
        return words.words[mention.last + 1 : mention.last + 2] == ("train",)
    begins = mention.first == 0 or words.breaks[mention.first] >= PART
    if word == "one" and not begins and words.words[mention.first - 1] not in _THE_ONE:
        return False
    return word in cues().trains


_THE_ONE: Final = frozenset({"the", "that", "this", "my", "our", "its"})


def _timed(words: Words, mention: Mention) -> bool:
    """ "the 1805 brighton": a time right before, with an article before that; four figures need none."""
    index = mention.first - 1
    if index < 0 or words.breaks[mention.first] != WORD:
        return False
    before = words.words[index - 1] if index and words.breaks[index] < PART else ""
    if words.words[index].isdigit() and len(words.words[index]) == 4 and before in {"", "on"}:
        return True
    if not index:
        return False
    digits = words.words[index].isdigit()
    if digits and len(words.words[index]) == 2 and words.gaps[index] in {":", "."}:
        index -= 1
    return digits and len(words.words[index]) in {2, 4} and words.words[index - 1] in {"the", "my"}


def _of_coach(words: Words, mention: Mention) -> bool:
    """ "coach 5 of the Okehampton"."""
    before = words.words[max(0, mention.first - 5) : mention.first]
    return before[-2:] in _OF_THE and bool(_COACH & set(before))


_COACH: Final = listed("coach.coach")
_OF_THE: Final = (("of", "the"), ("on", "the"), ("of", "my"))


def is_taken_back(words: Words, mention: Mention) -> bool:
    """Whether "not" stands right before a place."""
    return mention.first > 0 and words.words[mention.first - 1] in _TAKEN_BACK


def _listed(words: Words, roles: list[Role]) -> list[Role]:
    """ "calling at A, B and C": what is true of the first is true of the list; "not A, B" is one of them."""
    out: list[Role] = []
    for role in roles:
        if out and out[-1].role == DROP and out[-1].rule == "place.drop" and role.rule == "place.fragment":
            gap = words.words[out[-1].mention.last : role.mention.first]
            instead = not gap and is_taken_back(words, out[-1].mention)
            if all(w in _AND for w in gap) and words.breaks[role.mention.first] < SENTENCE and not instead:
                out.append(Role(role.mention, DROP, PLAIN, "place.drop"))
                continue
        out.append(role)
    return out
