"""What a licence is called."""

import pytest

from services.feeds.licences import license_name


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://creativecommons.org/licenses/by/4.0/", "CC BY 4.0"),
        ("http://www.creativecommons.org/licenses/by-nc-nd/2.0/kr/", "CC BY-NC-ND 2.0"),
        ("https://creativecommons.org/publicdomain/zero/1.0/", "CC0 1.0"),
        ("https://creativecommons.org/about/", "creativecommons.org"),
        ("https://www.kogl.or.kr/info/license.do", "www.kogl.or.kr"),
        ("https://creativecommons.org.example/licenses/by/4.0/", "creativecommons.org.example"),
    ],
)
def test_a_licence_has_a_name(url: str, name: str) -> None:
    assert license_name(url) == name
