"""The output of commands on other hosts, as users read it from the API."""

from tests.postgres.host_fleet import HostFleet
from tests.running import eventually
from tests.signed_in import http


def test_of_a_large_output_the_first_and_the_last_part_are_kept(hosts: HostFleet) -> None:
    most, numbers = 1 << 18, 200_000
    setting = f"{hosts.system.url}/api/config/log-max-bytes"
    http.put(setting, json={"value": most}).raise_for_status()
    try:
        job_id = hosts.system.enqueue(f"seq {numbers}")
        hosts.system.in_state(job_id, "completed")
    finally:
        http.delete(setting).raise_for_status()
    whole = "".join(f"{number}\n" for number in range(1, numbers + 1))
    gap = f"\n[... {len(whole) - most} bytes were not kept ...]\n"
    assert hosts.other.log(job_id) == whole[: most // 2] + gap + whole[-most // 2 :]
    assert hosts.other.log(job_id, tail=2) == f"{numbers - 1}\n{numbers}\n"


def test_a_slow_printer_is_followed_while_it_runs(hosts: HostFleet) -> None:
    job_id = hosts.system.enqueue("for line in 1 2 3 4; do echo $line; sleep 0.3; done; exec sleep 600")
    url = f"{hosts.other.url}/api/logs/{job_id}"
    with http.stream("GET", url, params={"follow": True}) as answer:
        lines = answer.iter_lines()
        assert [next(lines) for _ in range(4)] == ["1", "2", "3", "4"]
    assert hosts.other.job(job_id)["state"] == "processing"
    http.post(f"{hosts.system.url}/api/jobs/{job_id}/cancel").raise_for_status()
    hosts.system.in_state(job_id, "cancelled")
    assert hosts.other.log(job_id) == "1\n2\n3\n4\n"


def test_the_output_of_all_attempts_is_followed_over_hosts(hosts: HostFleet) -> None:
    job_id = hosts.system.enqueue("echo $QUEUECTL_ATTEMPT; sleep 0.2; exit 1", max_retries=2, backoff_base=0.1)
    with http.stream("GET", f"{hosts.other.url}/api/logs/{job_id}", params={"follow": True}) as answer:
        assert list(answer.iter_lines()) == ["1", "2", "3"]


def test_a_command_can_reopen_its_output(hosts: HostFleet) -> None:
    job_id = hosts.system.enqueue("echo one >/dev/stdout; sleep 0.2; echo two >>/dev/stderr; echo three >/dev/stdout")
    hosts.system.in_state(job_id, "completed")
    assert hosts.other.log(job_id) == "one\ntwo\nthree\n"


def test_output_is_deleted_with_its_job(hosts: HostFleet) -> None:
    job_id = hosts.system.enqueue("seq 10000; sleep 600")
    eventually(lambda: hosts.other.log(job_id, tail=1) == "10000\n")
    http.delete(f"{hosts.other.url}/api/jobs/{job_id}", params={"force": True}).raise_for_status()
    eventually(lambda: not [pid for host in hosts.workers for pid in host.commands()])
    assert http.get(f"{hosts.system.url}/api/logs/{job_id}").status_code == 404
