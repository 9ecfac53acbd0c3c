"""Post: a JSON Feed 1.1 item plus syndication fields (section, language, audience, ...)."""

from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
    field_serializer,
    model_validator,
)

from shared import text
from shared.clock import rfc3339
from shared.interest import PUBLIC, Facets
from shared.schema.fields import Body, Language, Moment, OneLine, Section, Slug, WebUrl

State = Literal["scheduled", "published", "withdrawn"]


def _identifier(value: str) -> str:
    if text.one_line(value) != value:
        raise ValueError("must be one line of NFC text without control or outer space characters")
    return value


PostId = Annotated[
    str, StringConstraints(min_length=1, max_length=512), AfterValidator(_identifier)
]
# RFC 6838, section 4.2; then parameters in printable ASCII.
MediaType = Annotated[
    str,
    StringConstraints(
        pattern=r"^[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+(; ?[\x20-\x7e]+)?$", max_length=200
    ),
]
Name = Annotated[str, OneLine, StringConstraints(min_length=1, max_length=200)]
Tag = Annotated[str, OneLine, StringConstraints(min_length=1, max_length=100)]
Title = Annotated[str, OneLine, StringConstraints(min_length=1, max_length=500)]
Summary = Annotated[str, OneLine, StringConstraints(max_length=2000)]
Rights = Annotated[str, OneLine, StringConstraints(min_length=1, max_length=1000)]


def _audience(value: Any) -> Any:
    if value == "public":
        return None
    if not isinstance(value, list | tuple) or not value:
        raise ValueError('must be "public" or a list of partner ids')
    return value


Audience = Annotated[
    Annotated[tuple[Slug, ...], Field(max_length=1000)] | None,
    BeforeValidator(_audience),
    WithJsonSchema(
        {
            "oneOf": [
                {"const": "public"},
                {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 1000},
            ],
            "description": "Everybody, or the ids of the partners that may see the post",
        }
    ),
]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Author(_Frozen):
    """Who wrote a post; at least one of the fields (JSON Feed 1.1)."""

    name: Name | None = None
    url: WebUrl | None = None
    avatar: WebUrl | None = None

    @model_validator(mode="after")
    def _say_something(self) -> Self:
        if self.name is None and self.url is None and self.avatar is None:
            raise ValueError("must hold a name, a url or an avatar")
        return self


class Attachment(_Frozen):
    """A file that goes with a post, by reference (JSON Feed 1.1); sizes in bytes, seconds."""

    url: WebUrl
    mime_type: MediaType
    title: Title | None = None
    size_in_bytes: int | None = Field(default=None, strict=True, ge=0, le=2**53)
    duration_in_seconds: float | None = Field(default=None, strict=True, ge=0, le=10**9)


def _show_extensions(schema: dict[str, Any]) -> None:
    """Say in the JSON Schema that any name may be given that begins with ``_``."""
    extensions = schema["properties"].pop("_")
    schema["patternProperties"] = {"^_[^.]*$": {"description": extensions["description"]}}


class Post(_Frozen):
    """One state of a post as a publisher means it.

    Read with ``Post.model_validate(value, context=...)``; the context holds ``timezone`` (the
    publisher's ``ZoneInfo``, for dates alone) and ``allowed_networks``.
    """

    model_config = ConfigDict(json_schema_extra=_show_extensions)

    id: PostId
    url: WebUrl
    external_url: WebUrl | None = None
    title: Title
    section: Section
    language: Language
    summary: Summary | None = None
    content_html: Body | None = None
    content_text: Body | None = None
    image: WebUrl | None = None
    banner_image: WebUrl | None = None
    date_published: Moment | None = None
    date_modified: Moment | None = None
    authors: tuple[Author, ...] = Field(default=(), max_length=64)
    tags: tuple[Tag, ...] = Field(default=(), max_length=64)
    attachments: tuple[Attachment, ...] = Field(default=(), max_length=64)
    translation_of: PostId | None = None
    license: WebUrl | None = None
    rights: Rights | None = None
    embargo_until: Moment | None = None
    audience: Audience = PUBLIC
    extensions: dict[str, Any] = Field(
        default_factory=dict,
        validation_alias="_",
        description="Extensions are passed through",
    )

    @model_validator(mode="before")
    @classmethod
    def _gather_extensions(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        kept = {name: item for name, item in value.items() if not name.startswith("_")}
        extensions = {
            name: item for name, item in value.items() if name.startswith("_") and name != "_pabal"
        }
        dotted = [name for name in extensions if "." in name]
        if dotted:
            raise ValueError(f"the extension {dotted[0]!r} must not have a dot in its name")
        return {**kept, "_": extensions} if extensions else kept

    @field_serializer("date_published", "date_modified", "embargo_until")
    def _write_moment(self, value: Any) -> str | None:
        return None if value is None else rfc3339(value)

    def facets(self) -> Facets:
        """Return what the post is matched by."""
        return Facets(self.section, self.language, self.tags, self.audience)

    def document(self) -> dict[str, Any]:
        """Return the post as JSON Feed names it: set fields only, then the extensions."""
        fields = self.model_dump(mode="json", exclude={"extensions"}, exclude_none=True)
        kept = {name: value for name, value in fields.items() if value != []}
        audience = "public" if self.audience is PUBLIC else list(self.audience)
        return {**kept, "audience": audience, **self.extensions}
