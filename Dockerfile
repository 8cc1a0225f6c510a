# One target per image: api, worker, cli, frontend, database. Each image contains only the packages it needs.

# pip and the build backend remain in this stage.
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

# All services have the same user, because they share the volume and may create SQLite's -wal and -shm.
# SQLite's temporary files may be large, so they go to the volume: /tmp is in memory.
# Python imports nothing from the working directory or a home directory, which may be writable; programs have full paths.
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

# Root for one exec: only root can pass on the capabilities with which the worker runs each command as a separate user
# (docker-compose.yml drops all others). The worker itself runs as the services' user; commands have no capabilities.
# PostgreSQL's library looks for passwords and certificates at home: it must neither be root's nor where commands can write.
FROM service AS worker
COPY --from=build-worker /app /app
ENV QUEUECTL_COMMAND_UIDS=20000 HOME=/nonexistent
USER root
# ssh, git, whoami and others need an entry for their user.
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
# Remove the idle timeouts if this version of Caddy does not support them.
RUN caddy adapt --config /etc/caddy/Caddyfile >/dev/null 2>&1 \
    || sed -i -E '/^\s*(read_body|write)_idle /d' /etc/caddy/Caddyfile
COPY --from=build-frontend /src/dist /srv
RUN mkdir -m 0700 /certificates && chown 10001:10001 /certificates
ENV XDG_CONFIG_HOME=/tmp XDG_DATA_HOME=/tmp HOME=/tmp
LABEL org.opencontainers.image.title=QueueCTL org.opencontainers.image.licenses=MIT
USER 10001:10001
EXPOSE 8080 8443

# Volumes take over the owners of these directories.
FROM postgres:17 AS database
ENV PG_MAJOR=17
USER root
RUN install -d -o postgres -m 0700 /var/lib/postgresql/data \
    && install -d -o postgres -g 10001 -m 0710 /sockets/api /sockets/worker
COPY --chmod=0755 deploy/database /usr/local/bin/queuectl-database
LABEL org.opencontainers.image.title=QueueCTL org.opencontainers.image.licenses=MIT
USER postgres
ENTRYPOINT ["queuectl-database"]
CMD []
