# One image for every process of the hub. It has no default command: say which, such as
# `pabal serve feeds`. With a folder wheels/ beside this file (see docs/deploy.md) it is built
# without a network.
ARG BASE=python:3.13-slim

FROM ${BASE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /src
# Of the three the last may be missing, so it must not be the only one.
COPY requirements/image.lock deploy/build.lock wheels* /wheels/
RUN if ls /wheels/*.whl >/dev/null 2>&1; then \
        printf '[global]\nno-index = true\nfind-links = /wheels\n' > /etc/pip.conf; \
    fi
RUN python3 -m venv /opt/build \
    && /opt/build/bin/pip install --require-hashes --no-deps -r /wheels/build.lock
# A virtual environment without pip. feedgen comes as source, hence the two steps: everything
# becomes a wheel, its hash checked, and only wheels are installed.
RUN python3 -m venv --without-pip /opt/pabal \
    && /opt/build/bin/pip wheel --require-hashes --no-deps --no-build-isolation --use-pep517 \
        --wheel-dir /dist -r /wheels/image.lock \
    && /opt/build/bin/pip --python /opt/pabal/bin/python3 install --no-index --no-deps /dist/*.whl
COPY pyproject.toml README.md ./
COPY services services
COPY shared shared
RUN /opt/build/bin/pip wheel --no-index --no-deps --no-build-isolation --wheel-dir /dist/pabal . \
    && /opt/build/bin/pip --python /opt/pabal/bin/python3 install --no-index --no-deps \
        /dist/pabal/*.whl

FROM ${BASE}
RUN groupadd --gid 10001 pabal \
    && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /tmp --shell /usr/sbin/nologin \
        pabal
COPY --from=build /opt/pabal /opt/pabal
COPY deploy/healthcheck.py /opt/pabal/bin/healthcheck.py
ENV PATH=/opt/pabal/bin:/usr/local/bin:/usr/bin:/bin \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1
USER 10001:10001
WORKDIR /tmp
ENTRYPOINT []
CMD []
