import os
from pathlib import Path

from services.embedded.logfile import bound_log, open_log


def test_a_small_log_stays(tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    log.write_text("12345")

    assert not bound_log(log, limit=5)
    assert log.read_text() == "12345"
    assert not (tmp_path / "server.log.1").exists()


def test_a_large_log_moves_aside_while_its_writer_goes_on(tmp_path: Path) -> None:
    log = tmp_path / "server.log"
    writer = open_log(log)
    os.write(writer, b"before")

    assert bound_log(log, limit=5)
    os.write(writer, b"after")
    os.close(writer)

    assert log.read_text() == "after"
    assert (tmp_path / "server.log.1").read_text() == "before"


def test_a_log_that_does_not_exist_is_within_bounds(tmp_path: Path) -> None:
    assert not bound_log(tmp_path / "none.log")


def test_logs_are_private(tmp_path: Path) -> None:
    log = tmp_path / "log" / "server.log"
    os.close(open_log(log))
    log.write_text("123456")
    bound_log(log, limit=5)

    modes = {path.stat().st_mode & 0o777 for path in log.parent.iterdir()}
    assert modes == {0o600}
    assert log.parent.stat().st_mode & 0o777 == 0o700
