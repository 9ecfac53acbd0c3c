"""URLs are http(s), public and ASCII, or refused with the reason."""

from ipaddress import ip_network
from urllib.parse import urlsplit

import nh3
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.urls import MAX_URL, web_url

SCHEME = "must be an absolute http or https URL"


@pytest.mark.parametrize(
    "text",
    [
        "javascript:alert(1)", "JavaScript:alert(1)", " javascript:alert(1)", "java\nscript:x",
        "java\tscript:x", "\x01javascript:x", "&#106;avascript:x", "data:text/html,x",
        "vbscript:x", "file:///etc/passwd", "ftp://city.example/", "ws://city.example/",
        "mailto:a@city.example", "urn:isbn:1", "//city.example/x", "/x", "x", "", "http",
        "jar:https://city.example/!/", "blob:https://city.example/1", "view-source:https://a.b/",
        "httpx://city.example/", "gopher://city.example/",
    ],
)  # fmt: skip
def test_other_schemes_are_refused_in_every_spelling(text: str) -> None:
    with pytest.raises(ValueError, match=f"^{SCHEME}$"):
        web_url(text)


@pytest.mark.parametrize(
    "text",
    ["https://user:secret@city.example/", "https://user@city.example/", "https://@city.example/",
     "https://:@city.example/", "https://city.example@evil.example/",
     "https://city.example\\@evil.example/"],
)  # fmt: skip
def test_user_data_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^must not hold a user name or password$"):
        web_url(text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("https:///path", "must name a host"),
        ("https:city.example", "must name a host"),
        ("https:\\\\city.example", "must name a host"),
        ("https://:443/", "must name a host"),
        ("https://city.example:99999/", "must have a port from 0 to 65535, or none"),
        ("https://city.example:x/", "must have a port from 0 to 65535, or none"),
        ("https://[::1/", "has characters in its host name that no URL may hold"),
        ("https://xn--a.example/", "has a host name that cannot be written in ASCII"),
        ("https://☃.example/", "has a host name that cannot be written in ASCII"),
        ("https://" + "a" * 64 + ".example/", "not a host name"),
        ("https://a b.example/", "not a host name"),
        ("http://127.0.0.1/", r"must not point into a private network \(loopback\)"),
        ("http://localhost/", r"private network \(loopback\)"),
        ("http://10.1.2.3/", r"private network \(private network\)"),
        ("http://169.254.169.254/latest", r"private network \(link-local\)"),
        ("http://0x7f.1/", r"private network \(loopback\)"),
        ("http://2130706433/", r"private network \(loopback\)"),
        ("http://１２７.0.0.1/", r"private network \(loopback\)"),
        ("http://[::ffff:127.0.0.1]/", r"private network \(loopback\)"),
        ("http://[fe80::1%25eth0]/", r"private network \(link-local\)"),
        ("http://intranet/", r"private network \(local name\)"),
        ("https://city.example/" + "x" * MAX_URL, f"must not be longer than {MAX_URL} characters"),
        ("https://city.example/" + "뉴" * 300, f"must not be longer than {MAX_URL} characters"),
    ],
)
def test_a_bad_url_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        web_url(text)


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("HTTPS://City.EXAMPLE/Path", "https://city.example/Path"),
        ("https://city.example", "https://city.example/"),
        ("https://city.example?q", "https://city.example/?q"),
        ("  https://city.example/ \n", "https://city.example/"),
        ("https://city.example:8443/x", "https://city.example:8443/x"),
        ("https://한국.kr/뉴스?q=값#조각",
         "https://xn--3e0b707e.kr/%EB%89%B4%EC%8A%A4?q=%EA%B0%92#%EC%A1%B0%EA%B0%81"),
        ("https://xn--3e0b707e.kr/", "https://xn--3e0b707e.kr/"),
        ("https://city.example/a%20b%2Fc", "https://city.example/a%20b%2Fc"),
        ("https://city.example/100%", "https://city.example/100%25"),
        ("https://city.example/?a=5%&b=%zz", "https://city.example/?a=5%25&b=%25zz"),
        ("https://city.example/a b<c>\"{}|\\^`[]",
         "https://city.example/a%20b%3Cc%3E%22%7B%7D%7C%5C%5E%60%5B%5D"),
        ("https://city.example/x?a=1&b=/?#f?/", "https://city.example/x?a=1&b=/?#f?/"),
        ("https://[2606:4700::1111]:8080/", "https://[2606:4700::1111]:8080/"),
        ("https://a_b.example/", "https://a_b.example/"),
    ],
)  # fmt: skip
def test_a_url_is_stored_as_ascii(text: str, stored: str) -> None:
    assert web_url(text) == stored
    assert web_url(stored) == stored


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("/files/1.pdf", "https://city.example/files/1.pdf"),
        ("2", "https://city.example/news/2"),
        ("../x", "https://city.example/x"),
        ("?p=2", "https://city.example/news/1?p=2"),
        ("//cdn.example/i.png", "https://cdn.example/i.png"),
        ("http://other.example/", "http://other.example/"),
    ],
)
def test_a_relative_url_is_read_against_its_base(text: str, stored: str) -> None:
    assert web_url(text, base="https://city.example/news/1") == stored


@pytest.mark.parametrize("text", ["javascript:alert(1)", "//localhost/", "//u:p@a.example/"])
def test_a_base_makes_nothing_bad_good(text: str) -> None:
    with pytest.raises(ValueError, match="must"):
        web_url(text, base="https://city.example/")


def test_allowed_networks_are_admitted() -> None:
    allowed = [ip_network("127.0.0.0/8")]
    assert web_url("http://127.0.0.1:9000/x", allowed=allowed) == "http://127.0.0.1:9000/x"
    with pytest.raises(ValueError, match="private network"):
        web_url("http://10.0.0.1/", allowed=allowed)


HOSTS = st.from_regex(
    r"(xn--|[a-z0-9-]){1,8}(\.[a-z0-9_-]{1,6}){0,2}(:[0-9]{0,5})?", fullmatch=True
)


@given(
    st.sampled_from(["http://", "HTTPS://", "//", ""]),
    HOSTS | st.text(max_size=12),
    st.text(max_size=20),
)
@example("https://", "a.example", "/%")
@example("https://", "xn--a.example", "/")
def test_what_is_stored_is_ascii_stays_as_it_is_and_is_a_base_for_links(
    scheme: str, host: str, rest: str
) -> None:
    try:
        stored = web_url(scheme + host + rest)
    except ValueError:
        return
    assert stored.isascii()
    assert stored.isprintable()
    assert " " not in stored
    assert web_url(stored) == stored
    assert urlsplit(stored).scheme in ("http", "https")
    nh3.clean('<a href="x">x</a>', url_relative=("rewrite_with_base", stored))
