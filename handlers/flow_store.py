"""Flows: new conversations begin with the shipped version, open ones stay on the version that they began with (F13).

A version's source is kept in the store before the first conversation can begin with it, so a newer release still
knows it.
"""

from __future__ import annotations

import logging

from conversations import flowfile, flows
from conversations.flow import Flow
from handlers.records import flow_versions
from handlers.records.database import Database

log = logging.getLogger("quietline.flows")


class StoredFlows:
    """The shipped flows, and every version that was ever shipped to this store.

    Args:
        database: where versions are kept; None for a process that only reads the shipped ones.
    """

    def __init__(self, database: Database | None = None) -> None:
        self._database = database
        self._by_hash: dict[str, Flow] = {}

    def current(self, slug: str) -> Flow:
        """The flow that new conversations begin with. Raises KeyError."""
        return flows.shipped(slug)

    def pinned(self, slug: str, version: int, digest: str) -> Flow | None:
        """The flow a conversation began with, None where it is not known."""
        flow = self._by_hash.get(digest) or self._find(slug, digest)
        return flow if flow is not None and (flow.slug, flow.version, flow.hash) == (slug, version, digest) else None

    def languages(self, slug: str) -> tuple[str, ...] | None:
        """What a flow speaks, None where there is no such flow."""
        try:
            return self.current(slug).languages
        except KeyError:
            return None

    def keep(self) -> None:
        """Keeps the shipped versions; run before the first text is taken. Raises StoreError."""
        if self._database is None:
            return
        with self._database.read() as tx:
            known = flow_versions.known(tx)
        for slug in flows.slugs():
            version, digest = flows.version(slug)
            if digest not in known:
                with self._database.write() as tx:
                    flow_versions.add(tx, slug=slug, version=version, digest=digest, source=flows.source(slug))

    def _find(self, slug: str, digest: str) -> Flow | None:
        flow = flows.shipped(slug) if slug in flows.slugs() else None
        if flow is None or flow.hash != digest:
            flow = self._stored(digest)
        if flow is not None:
            self._by_hash[digest] = flow
        return flow

    def _stored(self, digest: str) -> Flow | None:
        if self._database is None:
            return None
        source = flow_versions.source(self._database.look(), digest)
        if source is None:
            return None
        try:
            return flowfile.loads(source)
        except flowfile.FlowFileError:
            log.error("a stored flow version cannot be read by this release")
            return None
