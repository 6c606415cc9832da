"""YAML to Flow, with our own schema: whatever is wrong is told with its line and column.

FlowFileError    the file is not a flow; `problems` says all that is wrong with it
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import orjson
import yaml

from conversations import flowparts
from conversations.conditions import SLOTS
from conversations.flow import Flow
from conversations.flowconditions import Ground
from conversations.nodes import LOADER, Nodes, Problem, plain

REQUIRED = ("flow", "version", "label", "languages", "complete", "lines", "keywords", "order", "steps")
OPTIONAL = ("reviewed_by", "groups", "topics")
_MOST_BYTES = 512 * 1024


class FlowFileError(ValueError):
    """The file is not a flow. `problems` holds every fault found, in the order of the file."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(str(problem) for problem in problems))
        self.problems = problems


def load(path: Path | str) -> Flow:
    """Reads a flow file in UTF-8. Raises FlowFileError, and OSError where it cannot be read at all."""
    data = Path(path).read_bytes()
    try:
        source = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        column = error.start - (data.rfind(b"\n", 0, error.start) + 1) + 1
        raise FlowFileError((Problem(line, column, None, "this is not UTF-8"),)) from None
    return loads(source)


def loads(source: str) -> Flow:
    """Reads a flow from YAML text. Raises FlowFileError."""
    root = compose(source)
    nodes = Nodes()
    flow = _flow(nodes, root)
    if nodes.problems or flow is None:
        raise FlowFileError(tuple(sorted(nodes.problems, key=lambda problem: (problem.line, problem.column))))
    return flow


def compose(source: str) -> yaml.Node:
    """The YAML nodes. Every scalar stays a string, so that yes, no, on and off are words."""
    if len(source) > _MOST_BYTES:
        raise FlowFileError((Problem(1, 1, None, "the file is longer than 512 kB"),))
    try:
        loader = LOADER(source)
        try:
            root: yaml.Node | None = loader.get_single_node()
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise FlowFileError((Problem(line, column, None, error.problem or "this is not YAML"),)) from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise FlowFileError((Problem(1, 1, None, f"this is not YAML ({type(error).__name__})"),)) from None
    if root is None:
        raise FlowFileError((Problem(1, 1, None, "the file is empty"),))
    return root


def _flow(nodes: Nodes, root: yaml.Node) -> Flow | None:
    if not nodes.is_tree(root):
        return None
    top = nodes.mapping(root, required=REQUIRED, optional=OPTIONAL)
    if not set(REQUIRED) <= set(top):
        return None
    languages = flowparts.languages(nodes, top["languages"])
    ground = Ground(nodes, languages, flowparts.groups(nodes, top.get("groups")))
    keywords = flowparts.keywords(ground, top["keywords"])
    lines = flowparts.lines(ground, top["lines"])
    topics = flowparts.topics(ground, top.get("topics"))
    orders = flowparts.orders(ground, top["order"])
    steps = flowparts.steps(ground, top["steps"], keywords)
    complete = nodes.one_or_more(top["complete"])
    slug, version, label = nodes.name(top["flow"]), nodes.integer(top["version"]), nodes.text(top["label"])
    if steps is None:
        if not nodes.problems:
            nodes.problem(top["steps"], "name at least one step")
        return None
    flowparts.check_links(ground, top["steps"], steps, orders)
    slots = tuple(nodes.one_of(item, SLOTS, "slot") for item in complete)
    reviewed_by = flowparts.reviewed_by(ground, top.get("reviewed_by"))
    if nodes.problems:
        return None
    return Flow(
        slug=slug,
        version=version,
        hash=fingerprint(root),
        label=label,
        languages=languages,
        lines=lines,
        keywords=keywords,
        steps=steps,
        orders=tuple(order for order, _ in orders),
        topics=topics,
        complete=slots,
        reviewed_by=reviewed_by,
    )


def fingerprint(root: yaml.Node) -> str:
    """SHA-256, in hexadecimal, of what a file says; comments, quotes and layout do not change it."""
    return hashlib.sha256(orjson.dumps(plain(root), option=orjson.OPT_SORT_KEYS)).hexdigest()
