"""What the clock process does beside its sweep: the watch, the figures, the synthetic reporter, the carrier's list, the
audit's head."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace

from gateway import reconciler
from gateway.alarms.carriers import WatchedChannel
from gateway.alarms.heartbeat import Heartbeat
from gateway.alarms.routes import Routes
from gateway.alarms.watch import Watch
from gateway.anchoring import FILE_NAME, Anchoring
from gateway.channels import errors
from gateway.config import Config
from gateway.metrics.server import MetricsApp, serve
from gateway.runtime import Runtime
from gateway.synthetic import SyntheticReporter
from handlers import status
from handlers.conditions import Surroundings
from handlers.ports import SendAction
from handlers.records.database import StoreError
from handlers.service import Service
from handlers.spool import SpoolError
from handlers.status import CONFIDENTIAL, DESK

log = logging.getLogger("quietline.watching")


class Watching:
    """All of it.

    Args:
        parts: the process's parts.
        spooled: counts texts that are on the disk and not in the database, where there is such a spool.
    """

    def __init__(self, parts: Runtime, spooled: Callable[[], int] | None = None) -> None:
        self._spooled = spooled
        config = parts.config
        self._channels = {name: WatchedChannel(each, parts.meter.sent) for name, each in parts.service.channels.items()}
        self.service: Service = replace(parts.service, channels=dict(self._channels))
        self._config = config
        routes = {
            DESK: Routes(config.alarm_urls, DESK),
            CONFIDENTIAL: Routes(config.alarm_confidential_urls, CONFIDENTIAL),
        }
        self._watch = Watch(self.service, routes, Heartbeat(config.alarm_heartbeat_url), self._around)
        self._reporter = _reporter(config, self.service)
        self._reconciler = reconciler.of(config, self.service, parts.spool)
        self._anchoring = Anchoring(self.service, config.data / FILE_NAME, config.audit_urls)
        self._stop_metrics: Callable[[], None] | None = None

    def start(self) -> None:
        """Begins. What cannot be begun is logged: the sweep goes on without it."""
        self._watch.start()
        self._anchoring.start()
        if self._reconciler is not None:
            self._reconciler.start()
        try:
            self._stop_metrics = self._serve()
        except OSError as error:
            log.error("no figures are served (%s)", error.strerror)
        try:
            if self._reporter is not None:
                self._reporter.start()
        except StoreError as error:
            log.error("the synthetic reporter does not come (%s)", error)

    def stop(self) -> None:
        """Ends."""
        if self._stop_metrics is not None:
            self._stop_metrics()
        if self._reporter is not None:
            self._reporter.stop()
        if self._reconciler is not None:
            self._reconciler.stop()
        self._anchoring.stop()
        self._watch.stop()

    def _serve(self) -> Callable[[], None] | None:
        config = self._config
        if config.metrics_port is None:
            return None
        tokens = {DESK: config.metrics_token, CONFIDENTIAL: config.metrics_confidential_token}
        application = MetricsApp(self.service, tokens, self._spooled)
        return serve(application, config.metrics_host, config.metrics_port)

    def _around(self) -> Surroundings:
        refused = {name: each.refused for name, each in self._channels.items() if each.refused is not None}
        minutes = self._config.synthetic_minutes
        spooled, fault = 0, ""
        try:
            spooled = self._spooled() if self._spooled else 0
        except SpoolError as error:  # an alarm like others, which must get out all the same
            fault = str(error)
        unchecked = self._reconciler.overdue if self._reconciler else {}
        return Surroundings(refused, spooled, minutes * 60.0 if minutes else None, unchecked, fault, self._texts())

    def _texts(self) -> dict[tuple[str, str], str]:
        """What is refused of our texts for a cause that a person must see to, our key and account apart."""
        found = status.refusals(self.service.database, self.service.clock.now())
        known = {each: errors.lookup(each[1]) for each in found}
        return {
            each: error.meaning
            for each, error in known.items()
            if error.alarm and error.action is not SendAction.STOP_SENDING
        }


def _reporter(config: Config, service: Service) -> SyntheticReporter | None:
    if not config.synthetic_minutes:
        return None
    return SyntheticReporter(service, config.public_url, config.synthetic_minutes * 60.0)
