import base64
import re
from pathlib import Path

import pytest

from services.embedded.errors import StartError
from services.embedded.secret_files import load_secrets


def test_secrets_are_made_once_and_kept(tmp_path: Path) -> None:
    first = load_secrets(tmp_path, data_exists=False)

    assert load_secrets(tmp_path, data_exists=True) == first


def test_secrets_are_private(tmp_path: Path) -> None:
    load_secrets(tmp_path, data_exists=False)

    files = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    assert files == {"database-password": 0o600, "secret-key": 0o600, "admin-key": 0o600}


def test_secrets_have_the_form_that_others_expect(tmp_path: Path) -> None:
    made = load_secrets(tmp_path, data_exists=False)

    assert re.fullmatch("pabal_[0-9a-f]{16}_[0-9a-f]{48}", made.admin_key)
    assert len(base64.urlsafe_b64decode(made.secret_key)) == 32
    assert re.fullmatch("[0-9a-f]{48}", made.database_password)


@pytest.mark.parametrize("name", ["database-password", "secret-key"])
def test_data_without_its_secret_is_not_given_a_new_one(tmp_path: Path, name: str) -> None:
    load_secrets(tmp_path, data_exists=False)
    (tmp_path / name).unlink()

    with pytest.raises(StartError, match=f"{name} is missing"):
        load_secrets(tmp_path, data_exists=True)


def test_a_new_admin_key_may_be_made_at_any_time(tmp_path: Path) -> None:
    first = load_secrets(tmp_path, data_exists=False)
    (tmp_path / "admin-key").unlink()

    assert load_secrets(tmp_path, data_exists=True).admin_key != first.admin_key
