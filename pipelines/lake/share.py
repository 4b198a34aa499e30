"""Whether what a process folds goes to a lake: one setting decides, and the file remembers."""

from __future__ import annotations

import logging
from collections.abc import Generator, Mapping
from contextlib import contextmanager

from pipelines.lake.connect import address_in, check_installed
from pipelines.lake.publish import Publisher
from pipelines.store.database import Store

log = logging.getLogger(__name__)


@contextmanager
def sharing(store: Store, settings: Mapping[str, str]) -> Generator[None]:
    """Send what is folded to the lake that ``LAKE`` names while the context lasts; without one, write to none any more.

    Raises:
        ConfigError: when ``LAKE`` is no address.
        UsageError: without the extra ``lake``.
    """
    address = address_in(settings)
    if address is None:
        if store.outbox.writer:
            log.warning("LAKE is gone from .env: what is collected goes to no lake any more")
            store.keep_house(store.outbox.leave)
        yield
        return
    check_installed()
    publisher = Publisher(store, address).start()
    try:
        yield
    finally:
        publisher.stop()
