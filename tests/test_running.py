"""What tests build on."""

import socket

import pytest

from tests.running import free_port


def test_a_free_port_is_kept_for_the_server_that_is_to_listen_there() -> None:
    port = free_port()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))
    with socket.socket() as another, pytest.raises(OSError, match="in use"):
        another.bind(("127.0.0.1", port))
    for _ in range(2):
        with socket.create_server(("127.0.0.1", port)):
            socket.create_connection(("127.0.0.1", port)).close()
    assert len({free_port() for _ in range(100)} - {port}) == 100
