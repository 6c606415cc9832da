"""What the end of a test run says of browser tests that could not run."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest

from tests.browser.chromium import NO_AXE, NO_CHROMIUM


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter: Any) -> Generator[None, None, None]:
    """One plain line for each thing that was missing, after everything else."""
    yield
    reasons = {str(report.longrepr[2]) for report in terminalreporter.stats.get("skipped", ()) if report.longrepr}
    for missing in (NO_CHROMIUM, NO_AXE):
        if any(missing in reason for reason in reasons):
            terminalreporter.write_line(f"browser tests skipped: {missing}", yellow=True)
