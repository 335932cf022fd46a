import hashlib

import pytest
from django.conf import settings

from listening.consent.cards import cards_page
from listening.consent.load import NoticeError, load_notices
from listening.consent.models import Notice

pytestmark = pytest.mark.django_db
DEMO = settings.BASE_DIR / "fixtures" / "notice.yaml"


def test_it_works():
    assert load_notices(DEMO) == 2
    assert load_notices(DEMO) == 0
    notice = Notice.objects.get(language="it")
    assert notice.sha256 == hashlib.sha256(notice.text.encode()).hexdigest()


def test_a_text_that_people_agreed_to_never_changes(tmp_path):
    file = tmp_path / "notice.yaml"
    file.write_text('version: "1"\ntexts: {it: prima}\n')
    load_notices(file)
    file.write_text('version: "1"\ntexts: {it: dopo}\n')
    with pytest.raises(NoticeError, match="another text in it"):
        load_notices(file)
    assert Notice.objects.get().text == "prima"


@pytest.mark.parametrize(
    "text", ["", "a: [", "version: 1\ntexts: {it: x}", 'version: "1"\ntexts: {}', 'version: "1"\ntexts: {ITA: x}',
             'version: "1"\ntexts: {it: ""}', 'version: "1"\ntexts: {it: x}\nmore: 1']
)  # fmt: skip
def test_mistakes_are_named(tmp_path, text):
    file = tmp_path / "notice.yaml"
    file.write_text(text)
    with pytest.raises(NoticeError):
        load_notices(file)
    assert not Notice.objects.exists()


def test_cards_hold_text_in_each_language_and_a_code_of_their_own():
    page = cards_page(3, languages=["it", "en"], address="https://listening.example.org/receipt/")
    assert page.count("<article>") == page.count("<svg") == 3
    assert page.count('lang="it"') >= 3
    assert page.count('lang="en"') >= 3
