"""Roles and secrets."""

from itertools import product

from queuectl_core.model.role import Role
from queuectl_core.model.token import PREFIX, new_secret


def test_each_role_includes_the_roles_below_it() -> None:
    reached = {(role, needed) for role, needed in product(Role, Role) if role.reaches(needed)}
    assert reached == {
        (Role.VIEWER, Role.VIEWER),
        (Role.OPERATOR, Role.VIEWER), (Role.OPERATOR, Role.OPERATOR),
        (Role.ADMIN, Role.VIEWER), (Role.ADMIN, Role.OPERATOR), (Role.ADMIN, Role.ADMIN),
    }  # fmt: skip


def test_secrets_are_long_and_never_the_same() -> None:
    secrets = {new_secret() for _ in range(1000)}
    assert len(secrets) == 1000
    assert all(secret.startswith(PREFIX) and len(secret) == len(PREFIX) + 43 for secret in secrets)
