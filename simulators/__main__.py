"""`python -m simulators SITE.toml`: a site's devices on a broker, until SIGTERM or Ctrl-C."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from contract.errors import SiteFileError
from contract.site import Site
from contract.sitefile import parse
from host.logs import configure
from simulators.devices import Devices
from simulators.errors import SimulatorError
from simulators.scenario import Scenario, demo, quiet

SCENARIOS: Mapping[str, Callable[[Site, int], Scenario]] = {
    "demo": demo,
    "quiet": lambda _site, _seed: quiet(),
}


def main(arguments: list[str] | None = None) -> int:
    """Run the devices and return the exit code: 2, with a sentence, for what cannot be used."""
    asked = _parser().parse_args(arguments)
    configure()
    try:
        site = parse(Path(asked.site).read_text(encoding="utf-8"))
        scenario = SCENARIOS[asked.scenario](site, asked.seed)
        devices = Devices(
            site, scenario, asked.broker_host, asked.broker_port, time.time_ns, asked.seed
        )
    except OSError as error:
        return _refused(f"cannot read {asked.site}: {error.strerror}")
    except (SiteFileError, SimulatorError) as error:
        return _refused(f"{asked.site}: {error}")
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: devices.stop())
    devices.run()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m simulators", description=__doc__)
    parser.add_argument("site", metavar="SITE.toml")
    parser.add_argument("--broker-host", default="127.0.0.1")
    parser.add_argument("--broker-port", type=int, default=1883)
    parser.add_argument("--seed", type=int, default=0, help="the same seed, the same happenings")
    parser.add_argument("--scenario", choices=sorted(SCENARIOS), default="demo")
    return parser


def _refused(sentence: str) -> int:
    print(f"simulators: {sentence}", file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main())
