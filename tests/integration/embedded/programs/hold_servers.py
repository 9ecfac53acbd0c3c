"""Run the test suite's servers until stdin ends; prints their home when ready."""

import sys

from tests.support.servers import running_servers

if __name__ == "__main__":
    with running_servers() as servers:
        print(servers.home, flush=True)
        sys.stdin.read()
