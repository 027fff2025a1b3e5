# Kantong as a service: built from the lock file, run by a user without rights.
FROM docker.io/library/python:3.11-slim-bookworm AS build
WORKDIR /build
RUN python -m venv /opt/kantong
COPY requirements.lock ./
RUN /opt/kantong/bin/pip install --no-cache-dir --disable-pip-version-check --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY geo geo
COPY api api
COPY maps maps
COPY data data
RUN /opt/kantong/bin/pip install --no-cache-dir --disable-pip-version-check --no-deps --no-build-isolation .

FROM docker.io/library/python:3.11-slim-bookworm
RUN useradd --system --uid 10001 --home-dir /var/lib/kantong --create-home kantong \
 && install --directory --owner kantong --mode 0700 /var/lib/kantong/jobs
COPY --from=build /opt/kantong /opt/kantong
COPY deploy/entrypoint.sh /usr/local/bin/with-secrets
ENV PATH=/opt/kantong/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    KANTONG_HOST=0.0.0.0 \
    KANTONG_JOBS_FOLDER=/var/lib/kantong/jobs
USER 10001
WORKDIR /var/lib/kantong
VOLUME /var/lib/kantong
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/readyz', timeout=4)"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["with-secrets"]
CMD ["kantong", "serve"]
