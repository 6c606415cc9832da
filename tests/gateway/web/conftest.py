"""A fresh web edge for each test."""

from __future__ import annotations

import pytest

from tests.gateway.web.edge import Edge


@pytest.fixture
def edge() -> Edge:
    return Edge()
