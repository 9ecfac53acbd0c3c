"""What does not pass the door: fields, or a whole body, and the answer to each."""

from typing import Any

from tests.integration.ingest.taken import FILE

KIBIBYTE = 1024
NOT_WEB = "must be an absolute http or https URL"
NO_USER = "must not hold a user name or password"
UNKNOWN = "is not a field of this document; begin the name with _ to pass an extension through"
NAIVE = (
    "must be an RFC 3339 date-time with an offset, such as 2026-03-01T09:00:00+09:00, "
    "or a date alone"
)
TAG = "must be a BCP 47 language tag such as ko, en or en-US"
SLUG = "must be a slug: 1 to 64 small letters a-z, digits and hyphens, a hyphen not first"
ID = "must be one line of NFC text without control or outer space characters"
AUDIENCE = 'must be "public" or a list of partner ids'
TEXT = "Input should be a valid string"
BODY = "must not be larger than 1048576 bytes in UTF-8"
CUT = "x" * 100 + "…"

Fault = tuple[str, str, str | None]
Field = tuple[dict[str, Any], Fault]


def _private(reason: str) -> str:
    return f"must not point into a private network ({reason})"


def _file(**fields: Any) -> dict[str, Any]:
    return {"attachments": [{**FILE, **fields}]}


# Each is 422 invalid-post with this one fault: field, message, value.
FIELDS: dict[str, Field] = {
    "no id": ({"id": ...}, ("id", "Field required", None)),
    "no url": ({"url": ...}, ("url", "Field required", None)),
    "no title": ({"title": ...}, ("title", "Field required", None)),
    "no section": ({"section": ...}, ("section", "Field required", None)),
    "no language": ({"language": ...}, ("language", "Field required", None)),
    "an empty id": ({"id": ""}, ("id", "must have at least 1 character", "")),
    "a long id": ({"id": "x" * 513}, ("id", "must have at most 512 characters", CUT)),
    "a number as id": ({"id": 5}, ("id", TEXT, "5")),
    "an id with a break": ({"id": "a\nb"}, ("id", ID, "a\nb")),
    "an id that is not NFC": ({"id": "e\u0301"}, ("id", ID, "e\u0301")),
    "an id with an override": ({"id": "a\u202eb"}, ("id", ID, "a\u202eb")),
    "an empty title": ({"title": ""}, ("title", "must have at least 1 character", "")),
    "a title of controls": ({"title": " \x01\u202e "},
                            ("title", "must have at least 1 character", " \x01\u202e ")),
    "a long title": ({"title": "x" * 501}, ("title", "must have at most 500 characters", CUT)),
    "a null title": ({"title": None}, ("title", TEXT, "null")),
    "a list as title": ({"title": ["a"]}, ("title", TEXT, '["a"]')),
    "a long summary": ({"summary": "x" * 2001},
                       ("summary", "must have at most 2000 characters", CUT)),
    "empty rights": ({"rights": ""}, ("rights", "must have at least 1 character", "")),
    "a section in capitals": ({"section": "News"}, ("section", SLUG, "News")),
    "a section in Hangul": ({"section": "뉴스"}, ("section", SLUG, "뉴스")),
    "a long section": ({"section": "x" * 65}, ("section", SLUG, "x" * 65)),
    "a section with a hyphen first": ({"section": "-x"}, ("section", SLUG, "-x")),
    "a section with a break": ({"section": "news\n"}, ("section", SLUG, "news\n")),
    "the section all": ({"section": "all"},
                        ("section", "'all' is reserved: choose another section", "all")),
    "the section digests": ({"section": "digests"},
                            ("section", "'digests' is reserved: choose another section",
                             "digests")),
    "the section tag": ({"section": "tag"},
                        ("section", "'tag' is reserved: choose another section", "tag")),
    "the section archive": ({"section": "archive"},
                            ("section", "'archive' is reserved: choose another section",
                             "archive")),
    "a language in words": ({"language": "Korean"}, ("language", TAG, "Korean")),
    "a language with a low line": ({"language": "en_US"}, ("language", TAG, "en_US")),
    "a long language": ({"language": "x" * 65},
                        ("language", "must have at most 64 characters", "x" * 65)),
    "a script as address": ({"url": "javascript:alert(1)"},
                            ("url", NOT_WEB, "javascript:alert(1)")),
    "a script in another spelling": ({"url": "JAVA\nSCRIPT:x"},
                                     ("url", NOT_WEB, "JAVA\nSCRIPT:x")),
    "data as address": ({"image": "data:,x"}, ("image", NOT_WEB, "data:,x")),
    "FTP": ({"external_url": "ftp://city.example/"},
            ("external_url", NOT_WEB, "ftp://city.example/")),
    "a relative address": ({"banner_image": "/a.png"}, ("banner_image", NOT_WEB, "/a.png")),
    "a licence by name": ({"license": "MIT"}, ("license", NOT_WEB, "MIT")),
    "no host": ({"url": "https:///a"}, ("url", "must name a host", "https:///a")),
    "a host that cannot be": (
        {"url": "https://[::1/"},
        ("url", "has characters in its host name that no URL may hold", "https://[::1/"),
    ),
    "a port that cannot be": (
        {"url": "https://city.example:99999/"},
        ("url", "must have a port from 0 to 65535, or none", "https://city.example:99999/"),
    ),
    "a password": ({"url": "https://desk:hunter2@city.example/"},
                   ("url", NO_USER, "https://***@city.example/")),
    "a password with a slash": (
        {"url": "https://desk:hun/ter2@city.example/"},
        ("url", "must have a port from 0 to 65535, or none", "https://***@city.example/"),
    ),
    "a password without slashes": ({"url": "https:desk:hunter2@city.example"},
                                   ("url", "must name a host", "***@city.example")),
    "loopback": ({"url": "http://[::1]/"}, ("url", _private("loopback"), "http://[::1]/")),
    "a private network": ({"url": "http://10.0.0.1/"},
                          ("url", _private("private network"), "http://10.0.0.1/")),
    "a private network in another spelling": (
        {"image": "http://0xa.1/"}, ("image", _private("private network"), "http://0xa.1/")),
    "the cloud's own address": (
        {"image": "http://169.254.169.254/x"},
        ("image", _private("link-local"), "http://169.254.169.254/x"),
    ),
    "a long address": (
        {"url": "https://city.example/" + "x" * 2028},
        ("url", "must not be longer than 2048 characters",
         "https://city.example/" + "x" * 79 + "…"),
    ),
    "a naive date-time": ({"date_published": "2026-03-01T09:00:00"},
                          ("date_published", NAIVE, "2026-03-01T09:00:00")),
    "words as date": ({"embargo_until": "tomorrow"}, ("embargo_until", NAIVE, "tomorrow")),
    "an empty date": ({"date_published": ""}, ("date_published", NAIVE, "")),
    "a number as date": ({"date_modified": 1772323200},
                         ("date_modified", "must be text: an RFC 3339 date-time, or a date alone",
                          "1772323200")),
    "a month that is not": ({"date_modified": "2026-13-01"},
                            ("date_modified", "month must be in 1..12", "2026-13-01")),
    "a day that is not": ({"date_published": "2026-02-30"},
                          ("date_published", "day is out of range for month", "2026-02-30")),
    "a date before all": ({"date_published": "0001-01-01"},
                          ("date_published", "is out of range", "0001-01-01")),
    "an author who is nobody": ({"authors": [{}]},
                                ("authors.0", "must hold a name, a url or an avatar", "{}")),
    "an author by name alone": ({"authors": ["Kim"]},
                                ("authors.0", "must be a JSON object", "Kim")),
    "an author's password": ({"authors": [{"name": "Kim", "password": "hunter2"}]},
                             ("authors.0.password", "is not a field of this document", None)),
    "one author": ({"authors": {"name": "Kim"}}, ("authors", "must be a list", '{"name":"Kim"}')),
    "65 authors": ({"authors": [{"name": "K"}] * 65},
                   ("authors", "must have at most 64 items",
                    "[" + '{"name":"K"},' * 7 + '{"name":…')),
    "65 tags": ({"tags": ["a"] * 65},
                ("tags", "must have at most 64 items", '["a",' + '"a",' * 23 + '"a"…')),
    "an empty tag": ({"tags": ["a", " "]}, ("tags.1", "must have at least 1 character", " ")),
    "a long tag": ({"tags": ["x" * 101]}, ("tags.0", "must have at most 100 characters", CUT)),
    "tags as text": ({"tags": "a, b"}, ("tags", "must be a list", "a, b")),
    "a file without a type": ({"attachments": [{"url": FILE["url"]}]},
                              ("attachments.0.mime_type", "Field required", None)),
    "a file with half a type": (
        _file(mime_type="pdf"),
        ("attachments.0.mime_type", "must be a media type such as application/pdf", "pdf"),
    ),
    "a file at a bad address": (_file(url="file:///etc/passwd"),
                                ("attachments.0.url", NOT_WEB, "file:///etc/passwd")),
    "a file in a private network": (
        _file(url="http://192.168.0.1/a"),
        ("attachments.0.url", _private("private network"), "http://192.168.0.1/a"),
    ),
    "a negative length": (
        _file(size_in_bytes=-1),
        ("attachments.0.size_in_bytes", "Input should be greater than or equal to 0", "-1"),
    ),
    "a length in words": (_file(size_in_bytes="5"),
                          ("attachments.0.size_in_bytes", "Input should be a valid integer", "5")),
    "a length that is true": (
        _file(size_in_bytes=True),
        ("attachments.0.size_in_bytes", "Input should be a valid integer", "true"),
    ),
    "a duration in words": (
        _file(duration_in_seconds="1"),
        ("attachments.0.duration_in_seconds", "Input should be a valid number", "1"),
    ),
    "a translation of itself": (
        {"id": "a", "translation_of": "a"},
        ("translation_of", "must be the id of another post", "a"),
    ),
    "no audience": ({"audience": []}, ("audience", AUDIENCE, "[]")),
    "an audience in words": ({"audience": "partners"}, ("audience", AUDIENCE, "partners")),
    "an audience that is null": ({"audience": None}, ("audience", AUDIENCE, "null")),
    "an audience of no slug": ({"audience": ["harbour", "No Slug"]},
                               ("audience.1", SLUG, "No Slug")),
    "HTML over the limit": ({"content_html": "x" * (KIBIBYTE**2 + 1)}, ("content_html", BODY, CUT)),
    "text over the limit": ({"content_text": "é" * (KIBIBYTE**2 // 2 + 1)},
                            ("content_text", BODY, "é" * 100 + "…")),
    "HTML that grows over the limit": (
        {"content_html": "<" * 400_000}, ("content_html", f"{BODY} once it is cleaned", None),
    ),
    "a number as HTML": ({"content_html": 1}, ("content_html", TEXT, "1")),
    "an unknown field": ({"subtitle": "x"}, ("subtitle", UNKNOWN, "x")),
    "a secret in an unknown field": ({"api_key": "hunter2"}, ("api_key", UNKNOWN, None)),
    "a key of the hub in a field": (
        {"subtitle": f"pabal_0123456789abcdef_{'s3cr3t' * 8}"},
        ("subtitle", UNKNOWN, "pabal_0123456789abcdef_***"),
    ),
    "an extension with a dot": (
        {"_a.b": 1}, ("_a.b", "an extension's name must not have a dot", "_a.b"),
    ),
    "the name of no extension": ({"extensions": {}}, ("extensions", UNKNOWN, "{}")),
}  # fmt: skip

# A whole body, its status, its problem, and its faults.
WHOLE: dict[str, tuple[bytes, int, str, list[Fault]]] = {
    "nothing": (b"", 400, "malformed", []),
    "half an object": (b'{"id":', 400, "malformed", []),
    "no JSON": (b"id=1", 400, "malformed", []),
    "another encoding": ('{"id":"뉴스"}'.encode("euc-kr"), 400, "malformed", []),
    "a list": (b"[]", 422, "invalid-post", [("", "must be a JSON object", None)]),
    "null": (b"null", 422, "invalid-post", [("", "must be a JSON object", None)]),
    "a name that stands twice": (
        b'{"id":"a","id":"b"}', 422, "invalid-post",
        [("id", "the name stands twice in its object", None)],
    ),
    "a name that stands twice inside": (
        b'{"_x":[{"a":1,"\\u0061":2}]}', 422, "invalid-post",
        [("_x.0.a", "the name stands twice in its object", None)],
    ),
    "NaN": (b'{"_x":{"y":NaN}}', 422, "invalid-post",
            [("_x.y", "NaN is not a JSON number", "NaN")]),
    "minus infinity": (b'{"_x":-Infinity}', 422, "invalid-post",
                       [("_x", "-Infinity is not a JSON number", "-Infinity")]),
    "a number beyond a double": (b'{"_x":1e999}', 422, "invalid-post",
                                 [("_x", "is a number beyond the range of a double", None)]),
    "an endless number": (
        b'{"_x":' + b"1" * 5000 + b"}", 422, "invalid-post",
        [("_x", "a number with more than 4000 digits cannot be stored", None)],
    ),
    "NUL": (b'{"title":"a\\u0000b"}', 422, "invalid-post",
            [("title", "holds a NUL character: remove \\u0000", None)]),
    "NUL in a name": (b'{"_a\\u0000":1}', 422, "invalid-post",
                      [("", "holds a NUL character: remove \\u0000", None)]),
    "half of a pair": (b'{"title":"\\ud83d"}', 422, "invalid-post",
                       [("title", "holds half of a surrogate pair: send the whole character",
                         None)]),
    "a deep nest": (
        b'{"_x":' + b"[" * 70 + b"]" * 70 + b"}", 422, "invalid-post",
        [("_x" + ".0" * 64, "nests deeper than 64 levels", None)],
    ),
    "two faults and one more": (
        b'{"id":"a","url":"x","title":"T","section":"news","language":"en","tags":[""],"b":1}',
        422, "invalid-post",
        [("url", NOT_WEB, "x"), ("tags.0", "must have at least 1 character", ""),
         ("b", UNKNOWN, "1")],
    ),
}  # fmt: skip
