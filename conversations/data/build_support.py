"""Builds `support_services.yaml`, the services a text may offer, from the list they were gathered in.

    python -m conversations.data.build_support LIST

LIST is the YAML file of services with `id, name, phone, text, text_relay, hours, nations, languages, source,
verified_fields, note`. Hours become a weekly table; hours that no page confirmed are left out. `checked_on` and
`checked_by` of the file that is replaced are kept where number and hours are still the same. The same input gives the
same file.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import yaml

from conversations.hours import DAYS

OUTPUT = Path(__file__).parent / "support_services.yaml"

SUITS = {
    "emergency-999": [],
    "silent-solution-55": [],
    "live-fear-free": ["anyone"],
    "rape-crisis-ew": ["anyone"],
    "rape-crisis-scotland": ["anyone"],
    "victim-support-ew": ["anyone", "other"],
    "survivors-trust": ["anyone"],
    "victim-support-scotland": ["anyone", "other"],
    "childline": ["under_18"],
    "samaritans": ["anyone", "other", "distress"],
    "samaritans-cymru": ["anyone", "other", "distress"],
    "shout": ["anyone", "other", "distress"],
    "iopc": ["conduct"],
    "crimestoppers": ["conduct"],
}
"""Whom each offered service is for, in the order of preference. Services that are not here are never offered: they
take reports, need a referral, serve one force or one group only, or have no number."""

ALWAYS = frozenset({"emergency-999", "silent-solution-55", "childline"})
"""Numbers that go out without a check by a person."""

HEAD = """\
# Services a text may offer, in order of preference. Built by build_support.py; only checked_on and checked_by are
# filled in by hand, after ringing or opening the service: the date, and who did it. Both are kept when it is rebuilt.
# `suits`: anyone, other (theft and the like), under_18, distress, conduct (about police). No `hours`: not known.
# `holidays: true`: the hours hold on bank holidays too. `verified`: what a public page confirmed.
"""

_SPAN = r"(\d\d:\d\d) to (\d\d:\d\d)"


def hours_of(words: str) -> tuple[Any, bool] | None:
    """The weekly table of published hours and whether it holds on bank holidays; None where they are not certain."""
    if re.match(r"24/7\b|24 hours a day, (?:7 days a week|every day of the year)", words):
        return "always", True
    if match := re.match(rf"Monday to Friday {_SPAN}\Z", words):
        return {day: [f"{match[1]}-{match[2]}"] for day in DAYS[:5]}, False
    if match := re.match(rf"{_SPAN} every day", words):
        return {day: [f"{match[1]}-{match[2]}"] for day in DAYS}, False
    return None


def entry_of(raw: dict[str, Any]) -> dict[str, Any]:
    """One service as the product keeps it."""
    verified = list(raw["verified_fields"]) if raw["verified"] else []
    found: dict[str, Any] = {"id": raw["id"], "name": raw["name"], "suits": SUITS[raw["id"]]}
    if raw["id"] in ALWAYS:
        found["always"] = True
    texted = re.match(r"([0-9][0-9 ]*[0-9])(?: \(send ([A-Z]+)\))?", raw["text"])
    found["phone"] = raw["phone"]
    found["text"] = "" if texted is None else texted[1].strip()
    if texted is not None and texted[2]:
        found["word"] = texted[2]
    hours = hours_of(raw["hours"]) if "hours" in verified else None
    if hours is not None:
        found |= {"hours": hours[0], "holidays": hours[1]}
    found |= {key: raw[key] for key in ("nations", "languages", "source")}
    found |= {"verified": verified, "note": raw.get("note", ""), "checked_on": None, "checked_by": ""}
    return found


def build(source: str, before: str = "") -> str:
    """The directory as YAML, from the list and the file it replaces."""
    raw = {each["id"]: each for each in yaml.safe_load(source)["services"]}
    old = {each["id"]: each for each in (yaml.safe_load(before) or {}).get("services", [])}
    entries = [entry_of(raw[name]) for name in SUITS]
    for entry in entries:
        known = old.get(entry["id"], {})
        if all(known.get(key) == entry.get(key) for key in ("phone", "text", "hours")):
            entry |= {key: known[key] for key in ("checked_on", "checked_by") if key in known}
    body = {"version": 1, "services": entries}
    return HEAD + yaml.safe_dump(body, sort_keys=False, allow_unicode=True, width=110)


def main() -> None:
    """Rebuilds the file beside this one."""
    before = OUTPUT.read_text(encoding="utf-8") if OUTPUT.exists() else ""
    OUTPUT.write_text(build(Path(sys.argv[1]).read_text(encoding="utf-8"), before), encoding="utf-8")


if __name__ == "__main__":
    main()
