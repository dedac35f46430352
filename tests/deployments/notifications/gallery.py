"""Every text in every language on pages to look at: `python -m ...gallery FOLDER` writes them.

With Chromium at hand: `chromium --headless --no-sandbox --screenshot=en-1.png
--window-size=1500,2400 en-1.html`.
"""

import sys
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import get_args

from deployments.notifications.codes import Channel
from deployments.notifications.editions import Edition
from deployments.notifications.rendering import Reader, render_email, render_inbox, render_short
from deployments.notifications.samples import SAMPLE
from deployments.notifications.workflow import Workflow
from deployments.notifications.workflows import WORKFLOWS
from deployments.schemas import Locale

ON_A_PAGE = 12
STYLE = """
body{font:14px sans-serif;background:#dde3e8;margin:16px}
.row{display:grid;grid-template-columns:340px 620px 420px;gap:16px;margin-bottom:14px}
.row{align-items:start}h2{font:bold 13px monospace;margin:4px 0}
.inbox,.lock{background:#fff;border-radius:8px;padding:12px}
.lock{background:#26303a;color:#fff}iframe{border:0;width:620px;height:300px;background:#fff}
"""


def card(workflow: Workflow, locale: Locale) -> str:
    edition, reader = Edition(workflow.version, locale), Reader(locale, "Asia/Ho_Chi_Minh")
    inbox = mail = lock = "<div></div>"
    if Channel.IN_APP in workflow.channels:
        text = render_inbox(workflow, edition, reader, SAMPLE)
        inbox = f'<div class="inbox"><b>{escape(text.title)}</b><p>{escape(text.body)}</p></div>'
    if Channel.EMAIL in workflow.channels:
        html = render_email(workflow, edition, reader, SAMPLE, "https://medray.example").html
        mail = f'<iframe srcdoc="{escape(html)}"></iframe>'
    if Channel.PUSH in workflow.channels:
        short = render_short(workflow, edition, Channel.PUSH, reader, SAMPLE)
        lock = f'<div class="lock"><b>{escape(short.title)}</b><p>{escape(short.body)}</p></div>'
    return f'<h2>{workflow.name}</h2><div class="row">{inbox}{mail}{lock}</div>'


def write(folder: Path, locale: Locale, number: int, workflows: Sequence[Workflow]) -> None:
    cards = "".join(card(workflow, locale) for workflow in workflows)
    page = f'<!doctype html><meta charset="utf-8"><style>{STYLE}</style>{cards}'
    (folder / f"{locale}-{number}.html").write_text(page)


if __name__ == "__main__":
    every = sorted(WORKFLOWS.values(), key=lambda workflow: workflow.name)
    for locale in get_args(Locale):
        for number, start in enumerate(range(0, len(every), ON_A_PAGE), 1):
            write(Path(sys.argv[1]), locale, number, every[start : start + ON_A_PAGE])
