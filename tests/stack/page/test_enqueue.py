"""The enqueue forms."""

import json
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tests.names import unique
from tests.stack.page.axe import violations
from tests.stack.stacks import Stack
from tests.system import System

TWICE = """form => [1, 2].forEach(() => form.dispatchEvent(
    new KeyboardEvent('keydown', { key: 'Enter', ctrlKey: true, bubbles: true })
))"""
"""Presses Ctrl+Enter twice before anything is rendered."""


def drop(page: Page, name: str, content: str) -> None:
    """Drop a file on the form."""
    page.get_by_role("form", name="Batch").wait_for()
    page.evaluate(
        """([name, content]) => {
            const transfer = new DataTransfer()
            transfer.items.add(new File([content], name))
            const drop = new DragEvent('drop', { dataTransfer: transfer, bubbles: true, cancelable: true })
            document.querySelector('form').dispatchEvent(drop)
        }""",
        [name, content],
    )


def test_one_job_with_all_its_options(page: Page, stack: Stack, system: System) -> None:
    name = unique()
    page.goto(f"{stack.page}/enqueue")
    values = {"Command": "pwd; echo $WORD", "Queue": "forms", "Priority": "7", "Tags": "one two", "Max retries": "0"}
    values |= {
        "Backoff base": "1.5",
        "Timeout": "60",
        "Working directory": "/usr",
        "Environment": "WORD=a=b",
        "ID": name,
    }
    for label, value in values.items():
        page.get_by_label(label, exact=True).fill(value)
    page.get_by_role("radio", name="After a delay").check()
    page.get_by_label("Delay in seconds").fill("0.1")
    page.keyboard.press("Control+Enter")
    page.keyboard.press("Control+Enter")
    expect(page).to_have_url(f"{stack.page}/jobs/{name}")
    expect(page.get_by_role("log")).to_contain_text("a=b")
    job = system.job(name)
    wanted = {"queue": "forms", "priority": 7, "tags": ["one", "two"], "max_retries": 0, "backoff_base": 1.5}
    wanted |= {"timeout": 60, "cwd": "/usr", "env": {"WORD": "a=b"}}
    assert {field: job[field] for field in wanted} == wanted


def test_errors_are_shown_at_their_fields(page: Page, stack: Stack, system: System) -> None:
    taken = unique()
    system.enqueue("true", id=taken)
    page.goto(f"{stack.page}/enqueue")
    page.get_by_role("button", name="Enqueue").click()
    expect(page.get_by_label("Command")).to_have_accessible_description("must not be empty")
    expect(page.get_by_label("Command")).to_be_focused()
    page.get_by_label("Command").fill("true")
    page.get_by_role("combobox", name="Queue").fill("not a name")
    page.get_by_label("Environment").fill("QUEUECTL_X=1")
    page.get_by_role("button", name="Enqueue").click()
    expect(page.get_by_role("combobox", name="Queue")).to_have_accessible_description(
        "must be 1 to 64 letters, digits, '.', '_' or '-', beginning with a letter or digit"
    )
    expect(page.get_by_label("Environment")).to_have_attribute("aria-invalid", "true")
    page.get_by_role("combobox", name="Queue").fill("")
    page.get_by_label("Environment").fill("")
    page.get_by_label("ID", exact=True).fill(taken)
    page.get_by_role("button", name="Enqueue").click()
    expect(page.get_by_text("exists already")).to_be_visible()
    assert violations(page) == []


def test_a_pasted_list_of_commands_is_one_job_per_line(page: Page, stack: Stack, system: System) -> None:
    word = unique()
    page.goto(f"{stack.page}/enqueue?many")
    page.get_by_label("Commands or JSON").fill(f"# nightly\necho {word} one\n\necho {word} 'two'\n")
    expect(page.get_by_role("region", name="Preview").get_by_role("row")).to_have_count(3)
    expect(page.get_by_role("cell", name=f"echo {word} 'two'")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="Enqueue 2 jobs").click()
    expect(page.get_by_text("2 jobs enqueued")).to_be_visible()
    page.locator("a[href^='/jobs/']").last.click()
    expect(page.get_by_role("log")).to_contain_text(f"{word} two")
    assert len(system.get(f"/api/jobs?q={word}")["items"]) == 2


@pytest.mark.parametrize(
    ("form", "label", "path"),
    [("enqueue", "Command", "/api/jobs"), ("enqueue?many", "Commands or JSON", "/api/jobs/batch")],
)
def test_a_repeated_or_retried_submission_is_enqueued_once(
    page: Page, stack: Stack, system: System, complaints: list[str], form: str, label: str, path: str
) -> None:
    word, sent = unique(), list[str]()

    def lose_the_first_answer(route: Route) -> None:
        sent.append(route.request.headers["idempotency-key"])
        answer = route.fetch()
        if len(sent) == 1:
            route.abort()
        else:
            route.fulfill(response=answer)

    page.route(f"**{path}", lose_the_first_answer)
    page.goto(f"{stack.page}/{form}")
    page.get_by_label(label, exact=True).fill(f"echo {word}")
    expect(page.locator("form button[type=submit]")).to_be_enabled()
    page.locator("form").evaluate(TWICE)
    expect(page.get_by_role("alert")).to_contain_text("The API cannot be reached")
    with page.expect_response(f"**{path}") as answer:
        page.locator("form").evaluate(TWICE)
    assert answer.value.status == 201
    complaints.clear()  # from the lost response
    assert len(sent) == 2
    assert len(set(sent)) == 1
    assert len(system.get(f"/api/jobs?q={word}")["items"]) == 1


def test_an_invalid_line_of_a_dropped_file_is_reported_and_nothing_is_enqueued(
    page: Page, stack: Stack, system: System
) -> None:
    word = unique()
    good = "".join(json.dumps({"command": f"echo {word}", "tags": ["dropped"]}) + "\n" for _ in range(20))
    page.goto(f"{stack.page}/enqueue?many")
    drop(page, "jobs.ndjson", good + '{"comand": "typo"}\n')
    expect(page.get_by_role("alert")).to_contain_text("Line 21: unknown field comand")
    expect(page.get_by_role("button", name="Enqueue 20 jobs")).to_be_disabled()
    page.get_by_role("button", name="Remove file").click()
    drop(page, "jobs.ndjson", good + '{"command": "true", "queue": "not a name"}\n')
    page.get_by_role("button", name="Enqueue 21 jobs").click()
    expect(page.get_by_role("alert")).to_contain_text("Line 21: queue")
    assert system.get(f"/api/jobs?q={word}")["items"] == []
    page.get_by_role("button", name="Remove file").click()
    drop(page, "jobs.ndjson", good)
    page.get_by_role("button", name="Enqueue 20 jobs").click()
    expect(page.get_by_text("20 jobs enqueued")).to_be_visible()


def test_a_very_large_file_is_counted_and_enqueued(page: Page, stack: Stack, system: System, tmp_path: Path) -> None:
    queue, many = unique(), 100_000
    file = tmp_path / "jobs.json"
    later = {"command": "true", "queue": queue, "delay": 86_400}
    file.write_text(json.dumps([later] * many))
    page.goto(f"{stack.page}/enqueue?many")
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name="Enqueue 100,000 jobs").click()
    expect(page.get_by_text("100,000 jobs enqueued")).to_be_visible(timeout=120_000)
    [found] = [each for each in system.get("/api/queues")["items"] if each["name"] == queue]
    assert found["jobs"]["pending"] == many


def test_limits_with_units_are_enqueued_shown_and_edited(page: Page, stack: Stack, system: System) -> None:
    name = unique("limited")
    page.goto(f"{stack.page}/enqueue")
    page.get_by_label("Command", exact=True).fill("true")
    page.get_by_label("ID").fill(name)
    page.get_by_role("radio", name="After a delay").check()
    page.get_by_label("Delay in seconds").fill("3600")
    page.get_by_label("Memory limit").fill("much")
    page.get_by_label("CPU time limit").fill("90")
    page.get_by_role("button", name="Enqueue").click()
    expect(page.get_by_label("Memory limit")).to_have_accessible_description("must be a size, such as 512 MiB")
    page.get_by_label("Memory limit").fill("512M")
    page.get_by_role("button", name="Enqueue").click()
    expect(page).to_have_url(f"{stack.page}/jobs/{name}")
    expect(page.get_by_role("region", name="Details")).to_contain_text("512 MiB of memory, 1m 30s of CPU time")

    page.get_by_role("button", name="Edit").click()
    expect(page.get_by_label("Memory limit")).to_have_value("512 MiB")
    page.get_by_label("Memory limit").fill("")
    page.get_by_label("File size limit").fill("1 GB")
    page.get_by_label("Sandbox").check()
    page.get_by_role("button", name="Save").click()
    details = page.get_by_role("region", name="Details")
    expect(details).to_contain_text("1m 30s of CPU time, 1 GB per file")
    expect(details).to_contain_text("Sandboxyes")
    job = system.job(name)
    assert (job["limits"]["memory"], job["limits"]["file_size"], job["sandbox"]) == (None, 10**9, True)
    system.queuectl("delete", "--yes", name)
