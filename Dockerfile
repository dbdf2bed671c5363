# Swarmboard for docker-compose.yml: the command line as a user without rights.
FROM python:3.12.11-slim-bookworm

RUN useradd --create-home --uid 1000 swarm && mkdir /runs && chown swarm:swarm /runs
WORKDIR /app
COPY pyproject.toml README.md LICENSE constraints.txt ./
COPY swarmboard ./swarmboard
COPY blackboard ./blackboard
COPY agents ./agents
COPY scenarios ./scenarios
COPY viz ./viz
RUN pip install --no-cache-dir --constraint constraints.txt .

USER swarm
WORKDIR /runs
VOLUME /runs
ENTRYPOINT ["swarmboard"]
CMD ["--help"]
