"""manage.py demo: where it listens, whom it refuses, and that its two processes live and die together."""

import os
import signal
import socket
import sys
import threading

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from backend.management.commands import demo

SLEEP = [sys.executable, "-c", "import time; time.sleep(60)"]


@pytest.fixture
def parse(monkeypatch):
    """The port that a command line chooses."""

    def parse(*arguments, **variables):
        monkeypatch.delenv("PORT", raising=False)
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        return demo.Command().create_parser("manage.py", "demo").parse_args(arguments).port

    return parse


def test_port(parse):
    assert parse() == 8000
    assert parse(PORT="8123") == 8123
    assert parse(PORT="") == 8000
    assert parse("--port", "8124", PORT="8123") == 8124


@pytest.mark.parametrize("wrong", ["0", "65536", "-1", "http", "８０００0", "8000 "])
def test_wrong_ports(wrong, parse):
    with pytest.raises(CommandError, match="is not a port: a number from 1 to 65535"):
        parse(PORT=wrong)


def test_a_taken_port_names_the_next():
    with socket.socket() as taken:
        taken.bind((demo.HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(
            CommandError, match=f"Port {port} is taken. Choose another: make demo PORT={port % 65535 + 1}"
        ):
            demo.refuse_taken_port(port)


def test_only_in_demo_mode(settings):
    settings.DEMO = False
    with pytest.raises(CommandError, match="Run `make demo`"):
        call_command("demo")


def test_interrupted_while_it_prepares(settings, monkeypatch):
    def interrupt(self):
        raise KeyboardInterrupt

    settings.DEMO = True
    monkeypatch.setattr(demo, "refuse_taken_port", lambda port: None)
    monkeypatch.setattr(demo.Command, "prepare", interrupt)
    with pytest.raises(CommandError, match="Run it again"):
        call_command("demo")


# --- the two processes -------------------------------------------------------------------------------
@pytest.fixture
def children(monkeypatch):
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)}
    monkeypatch.setattr(demo, "web_server", lambda port: SLEEP)
    monkeypatch.setattr(demo, "merge_worker", lambda: SLEEP)
    yield lambda: demo.Children(8000)
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_both(children, number):
    with children() as both:
        processes = list(both._processes.values())
        threading.Timer(0.2, os.kill, (os.getpid(), number)).start()
        both.wait()
        assert [process.poll() for process in processes] == [None, None]
    assert [process.returncode for process in processes] == [-signal.SIGTERM] * 2


@pytest.mark.parametrize("name", ["web server", "merge worker"])
def test_neither_lives_without_the_other(children, name):
    processes = []

    def run():
        with children() as both:
            processes.extend(both._processes.values())
            both._processes[name].kill()
            both.wait()

    with pytest.raises(CommandError, match=f"The {name} ended with exit code -9"):
        run()
    assert len(processes) == 2
    assert None not in [process.returncode for process in processes]


def test_a_server_that_never_answers(children, monkeypatch):
    monkeypatch.setattr(demo, "PATIENCE_S", 0.2)
    with socket.socket() as unused:
        unused.bind((demo.HOST, 0))
        with pytest.raises(CommandError, match="did not answer"), children() as both:
            both.wait_until_served(unused.getsockname()[1])


# --- what it prints ----------------------------------------------------------------------------------
def test_the_line_to_paste_survives_the_shell():
    line = demo.post_line("http://localhost:8000", "nlt_token")
    assert line.count("'") == 6  # three quoted arguments, and no quote inside
    assert "\n" not in line


def test_static_files_are_collected_once_and_again_when_one_changed(settings, tmp_path, monkeypatch):
    source = tmp_path / "map.js"
    source.write_text("one")
    settings.STATIC_ROOT = str(tmp_path / "served")
    (tmp_path / "served").mkdir()
    calls = []
    monkeypatch.setattr(demo, "call_command", lambda name, **options: calls.append(name))
    monkeypatch.setattr(demo, "static_sources", lambda: [("map.js", source)])
    demo.collect_static()
    demo.collect_static()
    assert calls == ["collectstatic"]
    source.write_text("other")
    demo.collect_static()
    assert calls == ["collectstatic"] * 2
