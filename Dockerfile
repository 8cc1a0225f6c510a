# One file, a target per image: api, worker, cli, frontend. An image holds only its rooms.

# pip and the build backend stay behind in this stage.
FROM python:3.13-slim AS build
WORKDIR /src
COPY deploy/build-requirements.txt deploy/
RUN --mount=type=cache,target=/root/.cache/pip \
    python3 -m venv /build && /build/bin/pip install -q --require-hashes -r deploy/build-requirements.txt \
    && python3 -m venv --without-pip /app
ENV PIP="/build/bin/pip --python /app/bin/python" WHEEL="/build/bin/pip wheel -q --no-deps --no-build-isolation -w /wheels"

FROM build AS build-api
COPY services/api/requirements.txt services/api/
RUN --mount=type=cache,target=/root/.cache/pip $PIP install -q --require-hashes -r services/api/requirements.txt
COPY core core
COPY services/api services/api
RUN $WHEEL ./core ./services/api && $PIP install -q --no-deps --no-index /wheels/*.whl

FROM build AS build-worker
COPY services/worker/requirements.txt services/worker/
RUN --mount=type=cache,target=/root/.cache/pip $PIP install -q --require-hashes -r services/worker/requirements.txt
COPY core core
COPY services/worker services/worker
RUN $WHEEL ./core ./services/worker && $PIP install -q --no-deps --no-index /wheels/*.whl

FROM build AS build-cli
COPY services/cli/requirements.txt services/cli/
RUN --mount=type=cache,target=/root/.cache/pip $PIP install -q --require-hashes -r services/cli/requirements.txt
COPY services/cli services/cli
RUN $WHEEL ./services/cli && $PIP install -q --no-deps --no-index /wheels/*.whl

FROM node:22-slim AS build-frontend
WORKDIR /src
COPY frontend/package.json frontend/package-lock.json ./
RUN --mount=type=cache,target=/root/.npm npm ci --no-audit --no-fund
COPY frontend .
RUN npm run build

# The services share the volume and so one user: SQLite's -wal and -shm belong to whoever made them.
# What SQLite sorts may be large: into the volume with it, as /tmp is memory.
# Python imports nothing from the working directory or a home (both could be written to); programs are named by path.
FROM python:3.13-slim AS service
RUN useradd --uid 10001 --no-create-home --home-dir /tmp queuectl && install -d -o queuectl -g queuectl -m 0750 /data
ENV PATH=/app/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PYTHONSAFEPATH=1 PYTHONNOUSERSITE=1 \
    QUEUECTL_DATA_DIR=/data SQLITE_TMPDIR=/data
WORKDIR /
USER queuectl
LABEL org.opencontainers.image.title=QueueCTL org.opencontainers.image.licenses=MIT

FROM service AS api
COPY --from=build-api /app /app
ENV QUEUECTL_BIND=0.0.0.0:8000
EXPOSE 8000
CMD ["/app/bin/queuectl-api"]

# Root for one exec: only root can hand on the capabilities that let the worker give each command a user of its own
# (docker-compose.yml takes all others away). The worker is the services' user, and commands have no capability at all.
FROM service AS worker
COPY --from=build-worker /app /app
ENV QUEUECTL_COMMAND_UIDS=20000
USER root
# ssh, git, whoami and others want to know who they are.
RUN echo "commands:x:20000:" >>/etc/group && seq 20000 29999 \
    | sed "s|.*|command-&:x:&:20000::/nonexistent:/bin/sh|" >>/etc/passwd
ENTRYPOINT ["/usr/bin/setpriv", "--reuid=queuectl", "--regid=queuectl", "--clear-groups", \
            "--inh-caps=-all,+setuid,+setgid,+kill", "--ambient-caps=-all,+setuid,+setgid,+kill"]
CMD ["/app/bin/queuectl-worker"]

FROM service AS cli
COPY --from=build-cli /app /app
ENTRYPOINT ["/app/bin/queuectl"]

FROM caddy:2 AS frontend
COPY deploy/Caddyfile /etc/caddy/Caddyfile
# An older Caddy does not know limits of idle bodies and answers: it goes without them.
RUN caddy adapt --config /etc/caddy/Caddyfile >/dev/null 2>&1 \
    || sed -i -E '/^\s*(read_body|write)_idle /d' /etc/caddy/Caddyfile
COPY --from=build-frontend /src/dist /srv
RUN mkdir -m 0700 /certificates && chown 10001:10001 /certificates
ENV XDG_CONFIG_HOME=/tmp XDG_DATA_HOME=/tmp HOME=/tmp
LABEL org.opencontainers.image.title=QueueCTL org.opencontainers.image.licenses=MIT
USER 10001:10001
EXPOSE 8080 8443
