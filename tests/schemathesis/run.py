"""Runs Schemathesis against the real binary over the demonstration, per persona, on both engines.

Each run has a server of its own over a copy of the demonstration, so that what one persona does is nobody else's doing.
`.ci/schemathesis.sh` calls this; see there.
"""

import argparse
import json
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path.insert(0, str(HERE))
from hooks import sign_in  # noqa: E402

# Who asks. `peers` are two members of different groups, who may never see each other's.
PERSONAS = ["anonymous", "rosa", "tom", "joe", "officer_south", "captain_south", "inspector", "admin", "peers"]
# Statuses with which each check is content. What comes before the missing header or token may be refused first; what
# a schema can't say (states, versions, rules between fields) is looked at by our own checks in hooks.py.
BEFORE = [400, 401, 403, 404, 406, 415, 422, 428]
BEYOND = ["2xx", "3xx", 401, 403, 404, 409, 410, 412, 413, 422, 423, 429]
WRONG = [400, 401, 403, 404, 405, 409, 412, 413, 415, 422, 428, 429]
SINGULAR = {"agencies": "agency", "membership_invitations": "invitation"}


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def get(base, path, token=None):
    """The body of an answer; nothing where it was refused."""
    request = urllib.request.Request(base + path)
    if token:
        request.add_header("authorization", f"Bearer {token}")
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)
    except urllib.error.HTTPError:
        return None


class Cluster:
    """A throw-away PostgreSQL on a Unix socket, run by an unprivileged user."""

    def __init__(self, work):
        bins = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
        self.bin = next((b for b in reversed(bins) if (b / "postgres").exists()), None)
        self.dir = Path(work) / "postgres"
        self.server = None

    def start(self):
        self.dir.mkdir()
        self.user = None
        if os.getuid() == 0:
            try:
                self.user = pwd.getpwnam("postgres").pw_uid
            except KeyError:
                self.user = pwd.getpwnam("nobody").pw_uid
            os.chown(self.dir, self.user, -1)
        self.call("initdb", "-A", "trust", "-U", "threekeys", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync", "-D", "data")
        with open(os.devnull, "wb") as null:
            self.server = subprocess.Popen(
                [self.bin / "postgres", "-D", "data", "-k", self.dir, "-c", "listen_addresses="],
                cwd=self.dir, user=self.user, stdout=null, stderr=null, start_new_session=True,
            )  # fmt: skip
        for _ in range(200):
            if self.sql("SELECT 1", check=False):
                return
            time.sleep(0.05)
        raise SystemExit("PostgreSQL does not start")

    def call(self, program, *arguments, check=True):
        done = subprocess.run(
            [self.bin / program, *map(str, arguments)], cwd=self.dir, user=self.user, capture_output=True, text=True
        )
        if check and done.returncode:
            raise SystemExit(f"{program}: {done.stderr}")
        return done.returncode == 0

    def sql(self, text, check=True):
        return self.call("psql", "-h", self.dir, "-U", "threekeys", "-d", "postgres", "-qc", text, check=check)

    def url(self, name):
        return f"postgres://threekeys@/{name}?host={self.dir}"

    def stop(self):
        if self.server:
            self.server.send_signal(signal.SIGQUIT)
            self.server.wait()


class Server:
    """The binary, over a copy of the demonstration."""

    def __init__(self, binary, command, data, url):
        self.port = free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        plenty = "1000000"
        settings = {
            "THREEKEYS_DATA__DIR": str(data),
            "THREEKEYS_SERVER__LISTEN": f"127.0.0.1:{self.port}",
            "THREEKEYS_SERVER__METRICS_LISTEN": "",
            "THREEKEYS_LIMITS__ANONYMOUS_PER_MINUTE": plenty,
            "THREEKEYS_LIMITS__READS_PER_MINUTE": plenty,
            "THREEKEYS_LIMITS__WRITES_PER_MINUTE": plenty,
            "THREEKEYS_LIMITS__LOGINS_PER_MINUTE": plenty,
            "THREEKEYS_LIMITS__REGISTRATIONS_PER_HOUR": plenty,
            "THREEKEYS_LIMITS__LOGIN_FAILURES": "100",
            "THREEKEYS_LOG__FILTER": "warn,actix_http=off",
            **({"DATABASE_URL": url} if url else {}),
            # A fault that was planted on purpose (tests/faults.sh), in a binary that takes it.
            **{name: os.environ[name] for name in ["THREEKEYS_FAULT"] if command == "serve" and name in os.environ},
        }
        self.out = open(f"{data}.out", "w+")
        self.err = open(f"{data}.err", "w+")
        self.process = subprocess.Popen([binary, command], env=settings, stdout=self.out, stderr=self.err)
        deadline = time.monotonic() + 120
        while True:
            try:
                urllib.request.urlopen(f"{self.base}/readyz", timeout=5).close()
                return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    self.err.seek(0)
                    raise SystemExit(f"the server does not start: {self.err.read()}")
                time.sleep(0.1)

    def stop(self):
        alive = self.process.poll() is None
        self.process.terminate()
        self.process.wait()
        return alive


def passwords(shown):
    """Who can sign in, as the demonstration shows it."""
    found = re.findall(r"^  (\w+)@example\.org +(\S+) ", shown, re.M)
    seeds = dict(re.findall(r"^  (\w+)@example\.org +(\S+)$", shown, re.M))
    return {who: {"email": f"{who}@example.org", "password": word, "seed": seeds.get(who)} for who, word in found}


def known_ids(base, people, description):
    """Ids that are there, by the name of the path parameter that takes them."""
    tokens = [None] + [sign_in(base, **who) for who in people.values()]
    known = {}
    lists = []
    for path, methods in description["paths"].items():
        name = path.rsplit("/", 1)[-1].replace("-", "_")
        if path.startswith("/api/v1/") and "get" in methods and "{" not in name and "." not in name:
            lists.append((path, f"{SINGULAR.get(name, name.removesuffix('s'))}_id"))
    lists.sort(key=lambda entry: entry[0].count("{"))
    for path, name in lists:
        parents = re.findall(r"\{(\w+)\}", path)
        if len(parents) > 1:
            continue
        for parent in list(known.get(parents[0], {}))[:12] if parents else [None]:
            for token in tokens:
                page = get(base, path.replace(f"{{{parents[0]}}}", parent) if parent else path, token)
                for item in (page or {}).get("items", []) if isinstance(page, dict) else []:
                    if isinstance(item, dict) and "id" in item and name != "session_id":
                        known.setdefault(name, {})[item["id"]] = None
    return {name: list(ids)[:40] for name, ids in known.items()}


def quoted(value):
    return json.dumps(value, ensure_ascii=True)


def settings(known):
    """The configuration of Schemathesis: ids that are there, versions that may be current, what is expected."""
    lines = ['[dictionaries.etag]', "values = ['\"1\"', '\"2\"', '\"3\"', '\"4\"']"]
    for name, ids in known.items():
        lines += [f"[dictionaries.{name}]", f"values = {quoted(ids)}"]
    lines += ["[parameters]", '"header.If-Match" = { dictionary = "etag", probability = 0.7 }']
    for name in known:
        lines.append(f'"path.{name}" = {{ dictionary = "{name}", probability = 0.75 }}')
        lines.append(f'"query.{name}" = {{ dictionary = "{name}", probability = 0.6 }}')
        lines.append(f'"body.{name}" = {{ dictionary = "{name}", probability = 0.6 }}')
    lines += ["[checks.missing_required_header]", f"expected-statuses = {json.dumps(BEFORE)}"]
    lines += ["[checks.positive_data_acceptance]", f"expected-statuses = {json.dumps(BEYOND)}"]
    lines += ["[checks.negative_data_rejection]", f"expected-statuses = {json.dumps(WRONG)}"]
    # Each part of the body has an answer of its own.
    lines += ["[[operations]]", 'include-operation-id = "log_meetings"', "checks.negative_data_rejection.enabled = false"]
    return "\n".join(lines) + "\n"


def run(persona, engine, demo, arguments, seed):
    """One persona against a server of its own; whether all was well, and what was said."""
    name = f"{engine}-{persona}-{seed}"
    data = Path(arguments.work) / name
    shutil.copytree(demo["data"], data)
    url = None
    if engine == "postgres":
        database = name.replace("-", "_")
        demo["cluster"].sql(f'CREATE DATABASE "{database}" TEMPLATE demo')
        url = demo["cluster"].url(database)
    server = Server(arguments.binary, "serve", data, url)
    try:
        everybody = demo["people"]
        peers = ["tom", "joe"] if persona == "peers" else []
        asking = peers or ([] if persona == "anonymous" else [persona])
        people = {who: everybody[who] for who in asking}
        folder = data / "schemathesis"
        folder.mkdir()
        config = folder / "schemathesis.toml"
        config.write_text(settings(demo["known"]))
        full = arguments.full or persona in arguments.covered.get(engine, [])
        phases = "examples,coverage,fuzzing,stateful" if full else "examples,fuzzing,stateful"
        command = [
            sys.executable, "-m", "schemathesis.cli", "--config-file", config, "run", f"{server.base}/openapi.json",
            "--checks", "all", "--phases", phases, "--max-examples", arguments.cases, "--seed", seed,
            "--generation-database", "none", "--no-color", "--continue-on-failure", "--request-timeout", 20,
            "--warnings", "off", "--include-path-regex", arguments.only,
        ]  # fmt: skip
        if arguments.seconds:
            command += ["--max-time", arguments.seconds]
        command += [] if arguments.shrink else ["--no-shrink"]
        environment = os.environ | {
            "SCHEMATHESIS_HOOKS": str(HERE / "hooks.py"),
            "THREEKEYS_SCHEMATHESIS": json.dumps({"base": server.base, "people": people, "peers": peers}),
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        since = time.monotonic()
        done = subprocess.run(
            list(map(str, command)), cwd=folder, env=environment, capture_output=True, text=True, errors="replace"
        )
        took = time.monotonic() - since
    finally:
        alive = server.stop()
    server.err.seek(0)
    faults = [line for line in server.err.read().splitlines() if "ERROR" in line or "panicked" in line]
    well = done.returncode == 0 and alive and not faults
    generated = re.search(r"^  (\d+) generated.*", done.stdout, re.M)
    cases = generated.group(0).strip() if generated else "no figures"
    print(f"{'ok      ' if well else 'NOT OK  '}{engine:9}{persona:15}seed {seed}: {cases}, {took:.0f} s", flush=True)
    if arguments.keep:
        Path(arguments.keep, f"{name}.txt").write_text(done.stdout + done.stderr + "\n".join(faults))
    if not well:
        said = done.stdout + done.stderr
        print(said if arguments.verbose else said[-6000:], *faults[:20], "" if alive else "THE SERVER DIED", sep="\n")
    return well


def demonstrations(arguments):
    """The demonstration on each engine, with what to know of it."""
    description = json.loads((ROOT / "openapi/openapi.json").read_text())
    demos = {}
    for engine in arguments.engine:
        data = Path(arguments.work) / f"demo-{engine}"
        demo = {"data": data, "cluster": None}
        url = None
        if engine == "postgres":
            cluster = Cluster(arguments.work)
            if cluster.bin is None:
                print("SKIPPED: PostgreSQL, no server binaries are installed")
                continue
            cluster.start()
            demo["cluster"] = cluster
            cluster.sql("CREATE DATABASE demo")
            url = cluster.url("demo")
        server = Server(arguments.binary, "demo", data, url)
        server.out.seek(0)
        demo["people"] = passwords(server.out.read())
        demo["known"] = known_ids(server.base, demo["people"], description)
        server.stop()
        demos[engine] = demo
    return demos


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", default=ROOT / "target/debug/threekeys", help="the server")
    parser.add_argument("--engine", action="append", choices=["sqlite", "postgres"], help="default: both")
    parser.add_argument("--persona", action="append", choices=PERSONAS, help="default: all")
    parser.add_argument("--cases", type=int, default=3, help="per operation and phase")
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=0, help="bound of each run; 0 is none")
    parser.add_argument("--minutes", type=float, default=0, help="goes on with the next seed until they are over")
    parser.add_argument("--only", default="^/api/", help="operations whose path this expression finds")
    parser.add_argument("--full", action="store_true", help="every phase for every persona")
    parser.add_argument("--bounded", action="store_true", help="each persona on one engine only, as in CI")
    parser.add_argument("--jobs", type=int, default=2, help="runs at once")
    parser.add_argument("--shrink", action="store_true", help="look for the smallest case that fails")
    parser.add_argument("--keep", help="folder for everything that is said")
    parser.add_argument("--verbose", action="store_true")
    arguments = parser.parse_args()
    arguments.engine = arguments.engine or ["sqlite", "postgres"]
    arguments.persona = arguments.persona or PERSONAS
    # The long table of wrong values takes minutes: not for what has to be quick, and otherwise, without --full, for one.
    arguments.covered = {} if arguments.bounded else {"sqlite": ["officer_south"]}
    clusters = []
    with tempfile.TemporaryDirectory(dir="/dev/shm" if Path("/dev/shm").is_dir() else None) as work:
        os.chmod(work, 0o755)
        arguments.work = work
        try:
            demos = demonstrations(arguments)
            clusters = [demo["cluster"] for demo in demos.values() if demo["cluster"]]
            began, seed, well = time.monotonic(), arguments.seed, True
            while True:
                pairs = [(p, e) for i, p in enumerate(arguments.persona) for j, e in enumerate(demos)
                         if not arguments.bounded or len(demos) == 1 or (i + j) % 2 == 0]  # fmt: skip
                with ThreadPoolExecutor(arguments.jobs) as pool:
                    results = list(pool.map(lambda pair: run(*pair, demos[pair[1]], arguments, seed), pairs))
                well = well and all(results)
                seed += 1
                if time.monotonic() - began >= arguments.minutes * 60:
                    break
        finally:
            for cluster in clusters:
                cluster.stop()
    raise SystemExit(0 if well else 1)


if __name__ == "__main__":
    main()
