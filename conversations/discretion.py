"""Rule R1: what no text of ours may name, because the screen may be read by someone else."""

from __future__ import annotations

import re
from functools import cache

from conversations.texts import soften

_WORDS = r"""
    polic\w* officer\w* constabl\w* pcso\w* btp cop cops copper coppers detectiv\w* inspector\w*
    crime crimes criminal\w* offen[cds]\w* illegal\w* unlawful\w* arrest\w* prosecut\w* convict\w* evidence
    witness\w* suspect\w* perpetrator\w* culprit\w* incident\w* statement\w* alleg(?:e\w*|ation\w*) accus\w*
    report reports reported reporter reporters reporting case cases casework\w*
    sex sexy sexual\w* sexist\w* abus\w* victim\w* survivor\w* assault\w* harass\w* molest\w* pervert\w*
    rape\w* raping rapist\w* grop\w* fondl\w* masturbat\w* expos\w* flash flashed flasher\w* flashing
    touch\w* rubbed rubbing stalk\w* upskirt\w* voyeur\w* catcall\w* leer leered leering star(?:ed|ing)
    indecen\w* obscen\w* naked\w* nude\w* genital\w* penis penises vagina\w* breast\w* spik(?:ed|ing)
    violen\w* attack\w* threat\w* weapon\w* knife knives gun guns stab stabs stabb(?:ed|ing) murder\w*
    kill kills kill(?:ed|er|ing) bully bullie[ds] bullying hate hatred racis\w* homophob\w* transphob\w*
    theft\w* thief thieves steal steals stealing stole stolen robb(?:ed|er|ers|ery|ing) mugg(?:ed|er|ers|ing)
    drug drugs antisocial vandal\w* crisis suicid\w* trauma\w* safeguard\w*
    samaritans childline nspcc crimestoppers safeline refuge survivorsuk

    heddlu\w* heddwas\w* heddwe\w* (?:ph?l|[bm]l)ism[oy]n\w* swyddog\w* cwnstabl\w*
    (?:[dt]|nh|th)rosedd\w* anghyfreithlon\w* rh?yw rh?ywiol\w*
    (?:[cg]|ngh|ch)am-?drin\w* (?:[dn]|dd)ioddef\w* ymosod\w* aflonydd\w* h?adrodd h?adroddiad\w* h?achos h?achosion
    (?:[dt]|nh|th)reis\w* (?:[dt]|nh|th)rais (?:[bfm]|mh)ygwth\w* (?:[bfm]|mh)ygythi\w* h?arf h?arfau
    (?:[cg]|ngh|ch)yllell\w* ll?adr\w* dd?wyn (?:[cg]|ngh|ch)yffur\w* anweddus\w* noeth\w*
    (?:[cg]|ngh|ch)yffwrdd\w* stelc\w* (?:[dt]|nh|th)yst(?:ion|iolaeth\w*)? dd?igwyddiad\w* samariaid
"""
_NAMES = ("rape crisis", "victim support", "women's aid", "womens aid", "live fear free", "byw heb ofn")


def exposing(text: str) -> list[str]:
    """The words in a text that R1 forbids, in small letters, in order; English and Welsh, whatever the language."""
    return [hit[0] for hit in _pattern().finditer(soften(text).casefold())]


@cache
def _pattern() -> re.Pattern[str]:
    """Whole words only: Essex and Sussex are places."""
    return re.compile(rf"(?<![^\W_])(?:{'|'.join([*_NAMES, *_WORDS.split()])})(?![^\W_])")


_LEADING = (
    (
        "blames or doubts; ask what happened",
        r"""why (?:did|didn't|were|weren't|was|wasn't|have|haven't|do|don't|are|aren't|is|would) (?:you|they|he|she)
        |(?:were|had|have) you (?:been )?(?:drinking|drunk|drinks?|alone|asleep)
        |what (?:were|was|did) (?:you|they|he|she) (?:wear\w*|say to|do to)
        |(?:did|didn't|could|couldn't|should|shouldn't|why not) (?:you|they) (?:\w+ )?(?:say no|resist|fight|scream
        |shout|move|leave|run|encourage|provoke|consent|ask for)\w*
        |you (?:should|could|must|ought to) (?:not |never )?have|you (?:let|allowed|led|encouraged|provoked)
        |are you (?:quite |really |absolutely )?(?:sure|certain)|really happen\w*|you claim\w*|your claims?
        |misunder\w*|overreact\w*|imagin(?:e|ed|ing)
        |calm down|(?:partly |also )?(?<!not )your (?:own )?fault
        |pam (?:wnaethoch|wnest|oeddech|oeddet|na|nad|ydych|wyt) ?(?:chi|ti)?
        |(?:oeddech|oeddet) (?:chi'n|ti'n|chi wedi|ti wedi) (?:yfed|feddw|meddwi|cysgu)
        |beth (?:oeddech|oeddet) (?:chi'n|ti'n) (?:ei )?wisgo|(?:dylech|dylet|gallech|gallet) (?:chi|ti) fod wedi
        |(?:ydych|wyt) (?:chi'n|ti'n) (?:hollol )?siŵr|(?<!nid )eich bai chi|(?<!nid )dy fai di""",
    ),
    (
        "leads; ask openly",
        r"""(?<!what )(?<!how )(?<!where )(?<!when )(?<!way )did
         (?:he|she|they|the (?:man|woman|person)) (?!get|go|leave|move|board)\w+
        |(?:isn't|wasn't|aren't|weren't|didn't|don't|doesn't) (?:it|he|she|they|you|that)
        |(?:he|she|they|you) must (?:have|be)|you mean that|so (?:he|she|they) \w+""",
    ),
    ("takes for granted who it was; say the person, or they", r"he|she|him|his|hers|himself|herself"),
)


def leading(text: str) -> list[tuple[str, str]]:
    """Words in a text that blame, doubt or lead (rules 4 and 11), each with what is wrong; English and Welsh."""
    plain = soften(text).casefold()
    return [(hit[0], why) for why, pattern in _leading() for hit in pattern.finditer(plain)]


@cache
def _leading() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((why, re.compile(rf"(?<![^\W_'])(?:{_lines(pattern)})(?![^\W_])")) for why, pattern in _LEADING)


def _lines(pattern: str) -> str:
    """A pattern written over several lines as one; only a line's indentation in eights goes."""
    return "".join(line.removeprefix(" " * 8) for line in pattern.splitlines())
