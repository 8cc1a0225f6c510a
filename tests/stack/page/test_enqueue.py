"""The form that enqueues."""

import json
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.stack.page.axe import violations
from tests.stack.page.looking import unique
from tests.stack.stacks import Stack
from tests.system import System


def drop(page: Page, name: str, content: str) -> None:
    """Drop a file on the form."""
    page.get_by_role("form", name="Many jobs").wait_for()
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
    values = {"Command": "pwd; echo $WORD", "Queue": "forms", "Priority": "7", "Tags": "one two", "Retries": "0"}
    values |= {"Backoff base": "1.5", "Timeout": "60", "Directory": "/usr", "Environment": "WORD=a=b", "Id": name}
    for label, value in values.items():
        page.get_by_label(label, exact=True).fill(value)
    page.get_by_role("radio", name="In").check()
    page.get_by_label("Delay in seconds").fill("0.1")
    page.keyboard.press("Control+Enter")
    page.get_by_role("link", name=name).click()
    expect(page.get_by_role("log")).to_contain_text("a=b")
    job = system.job(name)
    wanted = {"queue": "forms", "priority": 7, "tags": ["one", "two"], "max_retries": 0, "backoff_base": 1.5}
    wanted |= {"timeout": 60, "cwd": "/usr", "env": {"WORD": "a=b"}}
    assert {field: job[field] for field in wanted} == wanted


def test_what_is_wrong_is_told_at_its_field(page: Page, stack: Stack, system: System) -> None:
    taken = unique()
    system.enqueue("true", id=taken)
    page.goto(f"{stack.page}/enqueue")
    page.get_by_role("button", name="Enqueue").click()
    expect(page.get_by_label("Command")).to_have_accessible_description("must hold a command")
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
    page.get_by_label("Id", exact=True).fill(taken)
    page.get_by_role("button", name="Enqueue").click()
    expect(page.get_by_text("exists already")).to_be_visible()
    assert violations(page) == []


def test_a_pasted_list_of_commands_is_a_job_a_line(page: Page, stack: Stack, system: System) -> None:
    word = unique()
    page.goto(f"{stack.page}/enqueue?many")
    page.get_by_label("Commands or JSON").fill(f"# nightly\necho {word} one\n\necho {word} 'two'\n")
    expect(page.get_by_role("region", name="Preview").get_by_role("row")).to_have_count(3)
    expect(page.get_by_role("cell", name=f"echo {word} 'two'")).to_be_visible()
    assert violations(page) == []
    page.get_by_role("button", name="Enqueue 2 jobs").click()
    expect(page.get_by_text("All 2 jobs are in the queue")).to_be_visible()
    page.locator("a[href^='/jobs/']").last.click()
    expect(page.get_by_role("log")).to_contain_text(f"{word} two")
    assert len(system.get(f"/api/jobs?q={word}")["items"]) == 2


def test_a_faulty_line_of_a_dropped_file_is_told_and_nothing_is_enqueued(
    page: Page, stack: Stack, system: System
) -> None:
    word = unique()
    good = "".join(json.dumps({"command": f"echo {word}", "tags": ["dropped"]}) + "\n" for _ in range(20))
    page.goto(f"{stack.page}/enqueue?many")
    drop(page, "jobs.ndjson", good + '{"comand": "typo"}\n')
    expect(page.get_by_role("alert")).to_contain_text("Line 21: comand is not a field of a job")
    expect(page.get_by_role("button", name="Enqueue 20 jobs")).to_be_disabled()
    page.get_by_role("button", name="Take it away").click()
    drop(page, "jobs.ndjson", good + '{"command": "true", "queue": "not a name"}\n')
    page.get_by_role("button", name="Enqueue 21 jobs").click()
    expect(page.get_by_role("alert")).to_contain_text("Line 21: queue")
    assert system.get(f"/api/jobs?q={word}")["items"] == []
    page.get_by_role("button", name="Take it away").click()
    drop(page, "jobs.ndjson", good)
    page.get_by_role("button", name="Enqueue 20 jobs").click()
    expect(page.get_by_text("All 20 jobs are in the queue")).to_be_visible()


def test_a_chosen_file_with_very_many_lines_is_counted_and_taken(
    page: Page, stack: Stack, system: System, tmp_path: Path
) -> None:
    queue, many = unique(), 100_000
    file = tmp_path / "jobs.json"
    later = {"command": "true", "queue": queue, "delay": 86_400}
    file.write_text(json.dumps([later] * many))
    page.goto(f"{stack.page}/enqueue?many")
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name="Enqueue 100,000 jobs").click()
    expect(page.get_by_text("All 100,000 jobs are in the queue")).to_be_visible(timeout=120_000)
    [found] = [each for each in system.get("/api/queues")["items"] if each["name"] == queue]
    assert found["jobs"]["pending"] == many


def test_limits_are_given_with_units_shown_and_changed(page: Page, stack: Stack, system: System) -> None:
    name = unique("limited")
    page.goto(f"{stack.page}/enqueue")
    page.get_by_label("Command", exact=True).fill("true")
    page.get_by_label("Id").fill(name)
    page.get_by_role("radio", name="In").check()
    page.get_by_label("Delay in seconds").fill("3600")
    page.get_by_label("Memory").fill("much")
    page.get_by_label("CPU time").fill("90")
    page.get_by_role("button", name="Enqueue").click()
    expect(page.get_by_label("Memory")).to_have_accessible_description("must be a size, such as 512 MiB")
    page.get_by_label("Memory").fill("512M")
    page.get_by_role("button", name="Enqueue").click()
    page.get_by_role("link", name=name).click()
    expect(page.get_by_role("region", name="Settings")).to_contain_text("512 MiB of memory, 1m 30s of CPU time")

    page.get_by_role("button", name="Edit").click()
    expect(page.get_by_label("Memory")).to_have_value("512 MiB")
    page.get_by_label("Memory").fill("")
    page.get_by_label("File size").fill("1 GB")
    page.get_by_label("Sandbox").check()
    page.get_by_role("button", name="Save").click()
    settings = page.get_by_role("region", name="Settings")
    expect(settings).to_contain_text("1m 30s of CPU time, 1 GB a file")
    expect(settings).to_contain_text("Sandboxyes")
    job = system.job(name)
    assert (job["limits"]["memory"], job["limits"]["file_size"], job["sandbox"]) == (None, 10**9, True)
    system.queuectl("delete", "--yes", name)
