"""The `sitr` command: hands the wiring to the command line, which must not import it."""

import os
import resource
import sys
from collections.abc import Callable, Mapping
from typing import Any

from sitr import cli


class LazyWire:
    """Builds what a command asks for, when it asks: `sitr identify` never loads Django."""

    def settings(self, overrides: Mapping[str, str]) -> Any:
        """The settings, with `overrides` laid over the environment. The first call decides: Django reads them once."""
        os.environ.update(overrides)
        from sitr import settings

        return settings.SITR

    def services(self, settings: Any, loopback: Any = None) -> Any:
        """The services of `cases`."""
        from sitr import wiring

        return wiring.build(settings, loopback=loopback)

    def serve(
        self, services: Any, host: str, port: int, announce: Callable[[str], None], beside: Callable[[], None]
    ) -> None:
        """Serve the web app until SIGINT or SIGTERM; `beside` runs once in the serving process."""
        from sitr import wiring
        from sitr.web.serving import serve

        def application() -> Any:
            built = wiring.web_application(services, announce, visits=True)
            beside()
            return built

        serve(application, host, port)


def main() -> None:
    """Run `sitr` with this process's arguments and leave with its exit status."""

    # A crash must not write what was unlocked to a disk.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.exit(cli.run(sys.argv[1:], LazyWire(), os.environ))


if __name__ == "__main__":
    main()
