"""Conversations as text files: each is played to its end, saved and reloaded between any two texts.

Those in a folder happen at the organisation of that name, with every text read; the others at nobody's, with the
starter, where nothing is read.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from conversations import flows
from conversations.script import Does, parse, play
from tests.conversations.player import texting

FOLDER = Path(__file__).parent / "stories"
STORIES = sorted(FOLDER.rglob("*.script"))


def _name(path: Path) -> str:
    return str(path.relative_to(FOLDER).with_suffix(""))


@pytest.mark.parametrize("story", STORIES, ids=_name)
def test_story(story: Path):
    differences = play(parse(story.read_text(encoding="utf-8")), texting(story.parent.name))

    assert not differences, "\n".join(map(str, differences))


@pytest.mark.parametrize("slug", flows.slugs())
def test_shipped_flow_plays_its_own_script(slug: str):
    differences = play(parse(flows.script(slug)), texting(slug))

    assert not differences, "\n".join(map(str, differences))


@pytest.mark.parametrize("story", STORIES, ids=_name)
def test_story_looks_at_something(story: Path):
    """A story that checks nothing could not fail."""
    lines = parse(story.read_text(encoding="utf-8"))

    assert any(line.does in (Does.HEARS, Does.CHECKS) for line in lines)


def test_there_is_no_flow_outside_the_folder():
    with pytest.raises(KeyError):
        flows.shipped("../starter")
    with pytest.raises(KeyError):
        flows.shipped("no_such_flow")
