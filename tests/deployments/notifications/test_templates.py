"""Each template in each language says exactly what was read and found good.

After a wanted change of wording, write the snapshots anew and read the difference:
`python -m tests.deployments.notifications.test_templates`.
"""

from pathlib import Path
from typing import get_args

import pytest
from jinja2 import Environment, UndefinedError, meta
from pydantic import ValidationError

from deployments.notifications import rendering
from deployments.notifications.codes import Channel
from deployments.notifications.editions import TEMPLATES, Edition
from deployments.notifications.rendering import (
    Reader,
    format_moment,
    render_email,
    render_inbox,
    render_short,
)
from deployments.notifications.samples import SAMPLE
from deployments.notifications.variables import usable
from deployments.notifications.workflow import Workflow
from deployments.notifications.workflows import WORKFLOWS
from deployments.schemas import Locale

SNAPSHOTS = Path(__file__).parent / "snapshots"
TELLING = ("laborator", "prescription", "medicine", "specimen", "xét nghiệm", "thuốc", "mẫu")
LOCALES: tuple[Locale, ...] = get_args(Locale)
HOME = "https://medray.example"
CASES = [(workflow, locale) for workflow in WORKFLOWS.values() for locale in LOCALES]
IDS = [f"{workflow.name}-{locale}" for workflow, locale in CASES]


def shipped(workflow: Workflow, locale: Locale) -> Edition:
    return Edition(workflow.version, locale)


def rendered(workflow: Workflow, locale: Locale) -> str:
    reader = Reader(locale, "Asia/Ho_Chi_Minh")
    parts = []
    if Channel.IN_APP in workflow.channels:
        inbox = render_inbox(workflow, shipped(workflow, locale), reader, SAMPLE)
        parts.append(f"INBOX\n{inbox.title}\n{inbox.body}\n")
    if Channel.EMAIL in workflow.channels:
        email = render_email(workflow, shipped(workflow, locale), reader, SAMPLE, HOME)
        parts.append(f"E-MAIL\n{email.subject}\n\n{email.text}\nHTML\n{email.html}")
    if Channel.PUSH in workflow.channels:
        short = render_short(workflow, shipped(workflow, locale), Channel.PUSH, reader, SAMPLE)
        parts.append(f"LOCK SCREEN\n{short.title}\n{short.body}\n")
    return "\n".join(parts)


def snapshot(workflow: Workflow, locale: Locale) -> Path:
    return SNAPSHOTS / f"{workflow.name}.v{workflow.version}.{locale}.txt"


@pytest.mark.parametrize(("workflow", "locale"), CASES, ids=IDS)
def test_says_what_was_found_good(workflow, locale):
    assert rendered(workflow, locale) == snapshot(workflow, locale).read_text()


@pytest.mark.parametrize(("workflow", "locale"), CASES, ids=IDS)
def test_uses_declared_variables_only(workflow, locale):
    source = (TEMPLATES / workflow.name / f"v{workflow.version}" / f"{locale}.j2").read_text()
    environment = Environment(autoescape=True)
    environment.filters["moment"] = str
    used = meta.find_undeclared_variables(environment.parse(source))
    assert used <= set(workflow.variables.model_fields)


@pytest.mark.parametrize("locale", LOCALES)
def test_a_lock_screen_shows_moments_only(locale):
    """No name, no drug, no test, no diagnosis: the texts have nothing else to say."""
    for workflow in WORKFLOWS.values():
        if Channel.PUSH in workflow.channels:
            said = usable(workflow.variables, Channel.PUSH)
            assert said <= {"start", "previous_start", "occurred_at"}
            facts = {name: SAMPLE[name] for name in said}
            reader = Reader(locale, "UTC")
            short = render_short(workflow, shipped(workflow, locale), Channel.SMS, reader, facts)
            assert len(short.body) <= 150
            assert not any(word in short.body.lower() for word in TELLING)


def test_every_folder_belongs_to_a_workflow():
    assert {it.name for it in TEMPLATES.iterdir()} == {*WORKFLOWS, "layout"}


def test_no_snapshot_is_left_over():
    assert set(SNAPSHOTS.iterdir()) == {snapshot(*case) for case in CASES}


@pytest.mark.parametrize("workflow", WORKFLOWS.values(), ids=list(WORKFLOWS))
def test_a_missing_variable_sends_nothing(workflow):
    reader = Reader("en", "Asia/Ho_Chi_Minh")
    with pytest.raises(ValidationError):
        render_inbox(workflow, Edition(1, "en"), reader, {})


def test_an_undeclared_variable_sends_nothing(monkeypatch, tmp_path):
    folder = tmp_path / "users.registered" / "v1"
    folder.mkdir(parents=True)
    (folder / "en.j2").write_text(
        "{% block title %}Hello {{ surname }}{% endblock %}{% block body %}{% endblock %}"
    )
    monkeypatch.setattr(rendering, "TEMPLATES", tmp_path)
    rendering._environment.cache_clear()
    try:
        with pytest.raises(UndefinedError):
            render_inbox(
                WORKFLOWS["users.registered"], Edition(1, "en"), Reader("en", "UTC"), SAMPLE
            )
    finally:
        rendering._environment.cache_clear()


def test_email_names_nobody_but_its_reader():
    """Minimal content: the other person's name stays behind the sign-in."""
    strangers = SAMPLE | {"reader": "READER", "patient": "OTHER", "practitioner": "OTHER"}
    for workflow, locale in CASES:
        if Channel.EMAIL in workflow.channels:
            edition = shipped(workflow, locale)
            email = render_email(workflow, edition, Reader(locale, "UTC"), strangers, HOME)
            assert "OTHER" not in email.subject + email.text + email.html, workflow.name


def test_names_cannot_inject_markup():
    workflow = WORKFLOWS["appointments.booked.patient"]
    email = render_email(workflow, Edition(1, "en"), Reader("en", "UTC"), SAMPLE, HOME)
    assert "<Hoa>" not in email.html
    assert "&lt;Hoa&gt; &amp; Con" in email.html


@pytest.mark.parametrize(
    ("locale", "zone", "expected"),
    [
        ("vi", "Asia/Ho_Chi_Minh", "Thứ Ba, 24 tháng 11, 2026 lúc 09:30"),
        ("en", "Asia/Ho_Chi_Minh", "Tuesday, 24 November 2026 at 09:30"),
        ("en", "America/New_York", "Monday, 23 November 2026 at 21:30"),
        ("vi", "Europe/Paris", "Thứ Ba, 24 tháng 11, 2026 lúc 03:30"),
    ],
)
def test_moments_are_the_readers(locale, zone, expected):
    assert format_moment(SAMPLE["start"], Reader(locale, zone)) == expected


if __name__ == "__main__":
    for case in CASES:
        snapshot(*case).write_text(rendered(*case))
