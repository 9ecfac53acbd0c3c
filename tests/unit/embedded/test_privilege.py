import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.embedded.child import Account
from services.embedded.privilege import (
    Drop,
    capability_options,
    drop_to,
    reachable_by_others,
)

DAC_OVERRIDE, DAC_READ_SEARCH, SETPCAP = 1 << 1, 1 << 2, 1 << 8


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user can reach; pytest's own are private."""
    with tempfile.TemporaryDirectory(prefix="pabal-", dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "inner").mkdir(mode=0o755)
        yield folder


def test_a_path_below_open_folders_is_reachable(open_folder: Path) -> None:
    assert reachable_by_others(open_folder / "inner" / "file")


def test_a_path_below_a_private_folder_is_not(open_folder: Path) -> None:
    open_folder.chmod(0o750)

    assert not reachable_by_others(open_folder / "inner" / "file")


def test_the_mode_of_the_path_itself_does_not_matter(open_folder: Path) -> None:
    (open_folder / "inner").chmod(0o700)

    assert reachable_by_others(open_folder / "inner")


def test_passing_is_enough_where_listing_is_not_allowed(open_folder: Path) -> None:
    open_folder.chmod(0o711)

    assert reachable_by_others(open_folder / "inner" / "file")


def test_a_link_is_followed_into_a_private_folder(open_folder: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="pabal-", dir="/tmp") as private:
        (open_folder / "link").symlink_to(private)

        assert not reachable_by_others(open_folder / "link" / "file")


def test_a_link_inside_a_private_folder_hides_an_open_one(open_folder: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="pabal-", dir="/tmp") as private:
        link = Path(private) / "link"
        link.symlink_to(open_folder)

        assert not reachable_by_others(link / "inner")


def test_the_weakest_capability_is_kept() -> None:
    assert capability_options(DAC_OVERRIDE | DAC_READ_SEARCH | SETPCAP) == (
        "--inh-caps=+dac_read_search",
        "--ambient-caps=+dac_read_search",
        "--securebits=+no_setuid_fixup",
    )


def test_the_stronger_one_where_the_weakest_is_denied() -> None:
    options = capability_options(DAC_OVERRIDE | SETPCAP)

    assert options[:2] == ("--inh-caps=+dac_override", "--ambient-caps=+dac_override")


@pytest.mark.parametrize("held", [0, SETPCAP, DAC_READ_SEARCH | DAC_OVERRIDE])
def test_none_where_none_can_be_kept(held: int) -> None:
    assert capability_options(held) == ()


def test_without_an_account_nothing_changes() -> None:
    assert drop_to(None, (Path("/root"),), signal.SIGQUIT) == Drop()


def test_no_capability_is_kept_where_everything_is_reachable(open_folder: Path) -> None:
    drop = drop_to(Account(uid=7, gid=9), (open_folder / "inner",), signal.SIGQUIT)

    expected = ("--reuid=7", "--regid=9", "--clear-groups", "--pdeathsig=QUIT")
    assert drop.prefix[1:] == expected or drop == Drop(account=Account(7, 9))
