import signal
import sys

from services.embedded.child import Account, Child, launch_command


def test_a_child_is_launched_with_its_parent_and_the_signal_of_its_death() -> None:
    child = Child("web", ("/bin/web", "--all"), {}, death_signal=signal.SIGQUIT)

    command = launch_command(child, parent=42)

    assert command[0] == sys.executable
    assert command[3].endswith("launch.py")
    assert command[4:] == ("42", str(int(signal.SIGQUIT)), "-", "/bin/web", "--all")


def test_an_account_is_named_by_its_numbers() -> None:
    child = Child("postgres", ("/bin/postgres",), {}, account=Account(uid=7, gid=9))

    assert launch_command(child, parent=1)[4:7] == ("1", str(int(signal.SIGKILL)), "7:9")


def test_no_value_of_the_environment_stands_on_the_command_line() -> None:
    child = Child("web", ("/bin/web",), {"PABAL_BOOTSTRAP_KEY": "pabal_secret"})

    assert "pabal_secret" not in " ".join(launch_command(child, parent=1))
