"""Post: a JSON Feed 1.1 item plus syndication fields (section, language, audience, ...)."""

from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    WithJsonSchema,
    field_serializer,
    field_validator,
    model_validator,
)

from shared import text
from shared.clock import rfc3339
from shared.interest import PUBLIC, Facets
from shared.schema.fields import (
    Body,
    Language,
    Moment,
    OneLine,
    Section,
    Slug,
    WebUrl,
    matching,
)

State = Literal["scheduled", "published", "withdrawn"]


def _identifier(value: str) -> str:
    if text.one_line(value) != value:
        raise ValueError("must be one line of NFC text without control or outer space characters")
    return value


PostId = Annotated[
    str, StringConstraints(min_length=1, max_length=512), AfterValidator(_identifier)
]
# RFC 6838, section 4.2; then parameters in printable ASCII.
_MEDIA_TYPE = r"[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+(; ?[\x20-\x7e]+)?"
MediaType = Annotated[
    str,
    StringConstraints(max_length=200),
    matching(_MEDIA_TYPE, "must be a media type such as application/pdf"),
    WithJsonSchema({"type": "string", "maxLength": 200, "pattern": f"^{_MEDIA_TYPE}$"}),
]
Name = Annotated[str, OneLine, StringConstraints(min_length=1, max_length=200)]
Tag = Annotated[str, OneLine, StringConstraints(min_length=1, max_length=100)]
Title = Annotated[str, OneLine, StringConstraints(min_length=1, max_length=500)]
Summary = Annotated[str, OneLine, StringConstraints(max_length=2000)]
Rights = Annotated[str, OneLine, StringConstraints(min_length=1, max_length=1000)]


def _extension_name(value: str) -> str:
    if "." in value:
        raise ValueError("an extension's name must not have a dot")
    return value


ExtensionName = Annotated[str, AfterValidator(_extension_name)]


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

    name: Name | None = Field(default=None, description="1 to 200 characters on one line")
    url: WebUrl | None = Field(default=None, description="The author's page")
    avatar: WebUrl | None = Field(default=None, description="The author's picture")

    @model_validator(mode="after")
    def _say_something(self) -> Self:
        if self.name is None and self.url is None and self.avatar is None:
            raise ValueError("must hold a name, a url or an avatar")
        return self


class Attachment(_Frozen):
    """A file that goes with a post, by reference: it is never fetched (JSON Feed 1.1)."""

    url: WebUrl = Field(description="The file's address")
    mime_type: MediaType = Field(
        description="The media type, kept as it is: at most 200 characters"
    )
    title: Title | None = Field(
        default=None, description="The file's name for people: 1 to 500 characters on one line"
    )
    size_in_bytes: int | None = Field(
        default=None, strict=True, ge=0, le=2**53, description="A whole number, at most 2^53"
    )
    duration_in_seconds: float | None = Field(
        default=None, strict=True, ge=0, le=10**9, description="A number, at most 10^9"
    )


def _for_publishers(schema: dict[str, Any]) -> None:
    """Say in the JSON Schema what pydantic cannot: extensions, and the audience's default."""
    schema["description"] = "What POST /v1/posts takes; text is cleaned before its length counts"
    extensions = schema["properties"].pop("_")
    schema["patternProperties"] = {"^_[^.]*$": {"description": extensions["description"]}}
    schema["properties"]["audience"]["default"] = "public"


def json_schema(url: str) -> dict[str, Any]:
    """Return the JSON Schema of what publishers send, for the address where it stands."""
    dialect = {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": url}
    return {**dialect, **Post.model_json_schema()}


class Post(_Frozen):
    """One state of a post as a publisher means it.

    Read with ``Post.model_validate(value, context=...)``; the context holds ``timezone`` (the
    publisher's ``ZoneInfo``, for dates alone) and ``allowed_networks``.
    """

    model_config = ConfigDict(json_schema_extra=_for_publishers)

    id: PostId = Field(
        description="The publisher's own name for the post, for ever: 1 to 512 characters on one "
        "line, in NFC, without control characters"
    )
    url: WebUrl = Field(description="The post's page")
    external_url: WebUrl | None = Field(
        default=None, description="A page elsewhere that the post is about"
    )
    title: Title = Field(description="Plain text: 1 to 500 characters on one line")
    section: Section = Field(
        description="A slug of 1 to 64 characters (a-z, 0-9, hyphen) such as news; all, archive, "
        "digests and tag are reserved"
    )
    language: Language = Field(
        description="A BCP 47 language tag such as ko or en-US, at most 64 characters"
    )
    summary: Summary | None = Field(
        default=None, description="Plain text: at most 2,000 characters on one line"
    )
    content_html: Body | None = Field(
        default=None, description="HTML: at most 1 MiB of UTF-8, also once it is cleaned"
    )
    content_text: Body | None = Field(
        default=None, description="Plain text with line breaks: at most 1 MiB of UTF-8"
    )
    image: WebUrl | None = Field(default=None, description="The main picture")
    banner_image: WebUrl | None = Field(default=None, description="A wide picture")
    date_published: Moment | None = Field(
        default=None,
        description="When the post appears, or appeared; by default when it was accepted",
    )
    date_modified: Moment | None = Field(
        default=None, description="When this state was written; an older one than is held is 409"
    )
    authors: tuple[Author, ...] = Field(
        default=(), max_length=64, description="At most 64, as below"
    )
    tags: tuple[Tag, ...] = Field(
        default=(), max_length=64, description="At most 64 of 1 to 100 characters on one line"
    )
    attachments: tuple[Attachment, ...] = Field(
        default=(), max_length=64, description="At most 64 files, as below"
    )
    translation_of: PostId | None = Field(
        default=None,
        description="The id, of 1 to 512 characters, of the post that this one translates; it may "
        "come later",
    )
    license: WebUrl | None = Field(default=None, description="The licence's page")
    rights: Rights | None = Field(
        default=None, description="Who holds which rights: 1 to 1,000 characters on one line"
    )
    embargo_until: Moment | None = Field(
        default=None, description="The post appears nowhere before this time"
    )
    audience: Audience = Field(
        default=PUBLIC, description='"public", or a list of 1 to 1,000 partner ids'
    )
    extensions: dict[ExtensionName, Any] = Field(
        default_factory=dict,
        validation_alias="_",
        description="An extension: any JSON, passed through as it is",
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
        return {**kept, "_": extensions} if extensions else kept

    @field_validator("translation_of")
    @classmethod
    def _names_another(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is not None and value == info.data.get("id"):
            raise ValueError("must be the id of another post")
        return value

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
