"""What the page of an unsubscribe link says, in Korean and English. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """The page's texts in one language; those with braces are filled by ``str.format``."""

    language: str
    title: str
    question: str
    button: str
    done_title: str
    done: str


KOREAN = Words(
    language="ko",
    title="수신 거부",
    question="{publisher}에서 {address} 주소로 보내는 소식 메일({partner})을 "
    "더 이상 받지 않으시겠습니까?",
    button="수신 거부",
    done_title="수신 거부 완료",
    done="{publisher}의 소식 메일({partner})을 이제 {address} 주소로 보내지 않습니다. "
    "다시 받으시려면 {publisher}에 문의해 주십시오.",
)
ENGLISH = Words(
    language="en",
    title="Unsubscribe",
    question="Stop sending digests of {publisher} for {partner} to {address}?",
    button="Unsubscribe",
    done_title="Unsubscribed",
    done="No more digests of {publisher} for {partner} will be sent to {address}. "
    "To get them again, please ask {publisher}.",
)


def words_for(language: str) -> Words:
    """Return the texts for a BCP 47 tag: Korean for ``ko`` and its variants, else English."""
    return KOREAN if language.partition("-")[0].lower() == KOREAN.language else ENGLISH
