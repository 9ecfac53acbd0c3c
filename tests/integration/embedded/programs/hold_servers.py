"""Run the test suite's servers until stdin ends; prints their process ids' parent when ready."""

import sys

from tests.support.servers import running_servers

with running_servers() as servers:
    print(servers.home, flush=True)
    sys.stdin.read()
