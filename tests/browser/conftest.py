"""One Chromium and one installation for all stories of a test process; each story has its own organisation."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.browser import chromium
from tests.browser.chromium import Stage
from tests.browser.installation import Force, Installation
from tests.browser.person import People
from tests.gateway.programs import programs

_GROUP = pytest.mark.xdist_group("browser")


@pytest.hookimpl(tryfirst=True)  # pytest-xdist looks at the groups in its own
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All of them in one process, and none where there is nothing to run them with."""
    missing = None if chromium.executable() else chromium.NO_CHROMIUM
    no_axe = None if chromium.AXE.exists() else chromium.NO_AXE
    for item in items:
        if not item.nodeid.startswith("tests/browser/"):
            continue
        item.add_marker(_GROUP)
        reason = missing or (no_axe if "axe" in item.keywords else None)
        if reason and not chromium.REQUIRED:
            item.add_marker(pytest.mark.skip(reason=reason))


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """A story runs in the browser's thread."""
    if "people" not in pyfuncitem.fixturenames:
        return None
    stage = pyfuncitem.funcargs["stage"]
    assert isinstance(stage, Stage)
    given: dict[str, Any] = {name: pyfuncitem.funcargs[name] for name in pyfuncitem._fixtureinfo.argnames}
    stage.run(pyfuncitem.obj, **given)
    return True


@pytest.fixture(scope="session")
def stage() -> Iterator[Stage]:
    """The browser."""
    assert chromium.executable(), chromium.NO_CHROMIUM
    started = Stage()
    yield started
    started.close()


@pytest.fixture(scope="session")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Gateway and desk."""
    with programs(tmp_path_factory.mktemp("browser")) as run:
        yield Installation(run)


@pytest.fixture
def force(installation: Installation) -> Force:
    """An organisation of this story's own."""
    return installation.force()


@pytest.fixture
def people(stage: Stage, force: Force) -> Iterator[People]:
    """Those who sit down at its desk in this story."""
    came = People(stage.browser, force)
    yield came
    stage.run(came.leave)
    assert came.wrong == []
