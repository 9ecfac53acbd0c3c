"""Run the one-command hub on fake processes; prints `ready` when it is."""

import sys
from pathlib import Path

from services.embedded.hub import HubUrls, run_hub
from shared.settings import Settings

FAKE = (sys.executable, str(Path(__file__).with_name("fake_pabal.py")))


def on_ready(urls: HubUrls) -> None:
    print("ready", urls.local, flush=True)


if __name__ == "__main__":
    raise SystemExit(run_hub(Settings(), on_ready, program=FAKE))
