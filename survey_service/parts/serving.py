"""Starting one part of an installation."""

from __future__ import annotations

from collections.abc import Callable

from survey_service.lock import Lock
from survey_service.parts.front import open_front
from survey_service.parts.office import Office, open_office
from survey_service.parts.settle import SettlePart, open_settle
from survey_service.settings import Settings
from survey_service.stores.parts import Part


def open_commanded(settings: Settings, part: Part) -> Office | SettlePart:
    """Open the part that a command is for; the front takes none.

    Raises:
        StoreRefused: a key is missing, one is there that must not be, or a store is out of date.
    """
    return open_settle(settings) if part is Part.SETTLE else open_office(settings)


def serve_part(settings: Settings, part: Part, say: Callable[[str], None]) -> None:
    """Serve a part until interrupted; `say` is told once it is ready.

    Raises:
        StoreRefused: it may not start as it is, or runs already.
    """
    from survey_service.serving import listen_on, run_settle, serve

    with Lock(settings.data_dir, part):
        if part is Part.SETTLE:
            settle = open_settle(settings)
            try:
                run_settle(settle, lambda: say("Ready: settle"))
            finally:
                settle.close()
            return
        with listen_on(settings.host, settings.port) as listener:
            host, port = listener.getsockname()[:2]
            services = open_front(settings) if part is Part.FRONT else open_office(settings)
            try:
                serve(services, listener, lambda: say(f"Ready: http://{host}:{port}/"), part)
            finally:
                services.close()
