"""What the journey reads off a page: headings, errors, links, forms as they would be sent."""

import pytest

from derm_service.journey.pages import Stuck, read

PAGE = """
<h1><span>Lesion 1</span> Consent</h1>
<ul class="nhsuk-list nhsuk-error-summary__list"><li><a href="#x">Choose Yes or No</a></li></ul>
<a href="/visits/7/finish">Finish</a> <img src="/images/7/1024">
<form method="post" action="/visits/7/consent">
  <input type="hidden" name="csrf_token" value="secret">
  <input type="radio" name="record" value="yes"><input type="radio" name="record" value="no">
  <input type="checkbox" name="needs" value="bsl" checked>
  <input type="checkbox" name="needs" value="hoist" checked>
  <select name="language"><option value="en">English</option>
  <option value="pl" selected>Polish</option></select>
  <textarea name="note">
two
lines</textarea>
  <input type="file" name="image">
  <button name="step" value="save">Save</button>
  <section aria-labelledby="later"><button name="step" value="later">Later</button></section>
</form>
<script>var x = "not text";</script>
"""


def test_page_gives_heading_errors_links_and_images() -> None:
    page = read(PAGE, url="http://here/visits/7", status=422)

    assert page.heading == "Lesion 1 Consent"
    assert page.errors == ["Choose Yes or No"]
    assert page.link_to("/visits/", "finish") == "/visits/7/finish"
    assert page.images == ["/images/7/1024"]
    assert "not text" not in page.text


def test_form_sends_what_stands_in_it_and_what_was_answered() -> None:
    form = read(PAGE, url="http://here/visits/7", status=200).form("record", action="/consent")

    sent = form.filled({"record": "yes", "step": "save"})

    assert sent == {
        "csrf_token": ["secret"],
        "record": ["yes"],
        "needs": ["bsl", "hoist"],
        "language": ["pl"],
        "note": ["two\nlines"],
        "step": ["save"],
    }
    assert form.offered["record"] == ["yes", "no"]


def test_page_tells_which_section_offers_a_button() -> None:
    page = read(PAGE, url="http://here/visits/7", status=200)

    assert page.form("step").offered["step"] == ["save", "later"]
    assert page.offered_in == {"": ["save"], "later": ["later"]}


def test_answer_to_a_question_nobody_asked_is_an_error() -> None:
    page = read(PAGE, url="http://here/visits/7", status=200)

    with pytest.raises(Stuck, match="does not ask for “teaching”"):
        page.form("record").filled({"teaching": "no"})
    with pytest.raises(Stuck, match="has no form for teaching"):
        page.form("teaching")
    with pytest.raises(Stuck, match="has no link to"):
        page.link_to("/nowhere")
