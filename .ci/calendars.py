"""Reads the calendars of the running binary with independent readers (`icalendar`, `recurring-ical-events`) and compares what
they find with what the API lists: every meeting of every series, with its beginning, end, title and state.

`.ci/calendars.sh` calls this; see there. Works on the demonstration, in a folder of its own, on SQLite.
"""

import argparse
import json
import re
import signal
import socket
import statistics
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from datetime import datetime, timedelta, timezone
from pathlib import Path
from zoneinfo import ZoneInfo

import icalendar
import recurring_ical_events

UTC = timezone.utc
CHICAGO = ZoneInfo("America/Chicago")
LIMITS = ["ANONYMOUS_PER_MINUTE", "READS_PER_MINUTE", "WRITES_PER_MINUTE", "LOGINS_PER_MINUTE", "REGISTRATIONS_PER_HOUR"]
# What a hostile or merely lively person may write.
HOSTILE = [
    "Lights, lamps; alleys: C:\\new\\name \"quoted\" 'single'",
    "END:VEVENT BEGIN:VEVENT SUMMARY:Free beer \\n\\N \\, \\;",
    "Ñandú 老虎 🚓 " + "long words without an end " * 3,
]
PROSE = "First line,\nsecond; line\\n\n ATTENDEE:mailto:mallory@example.org\n\nEND:VCALENDAR " + "ünïcode 🚓 " * 60


class Server:
    """The binary with its demonstration."""

    def __init__(self, binary, data):
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            port = listener.getsockname()[1]
        self.base = f"http://127.0.0.1:{port}"
        settings = {
            "THREEKEYS_DATA__DIR": str(data / "demo"),
            "THREEKEYS_SERVER__LISTEN": f"127.0.0.1:{port}",
            "THREEKEYS_SERVER__METRICS_LISTEN": "",
            "THREEKEYS_LOG__FILTER": "info,actix_http=off",
            **{f"THREEKEYS_LIMITS__{limit}": "1000000" for limit in LIMITS},
        }
        self.out, self.err = open(data / "out", "w+"), open(data / "err", "w+")
        self.process = subprocess.Popen([binary, "demo"], env=settings, stdout=self.out, stderr=self.err)
        deadline = time.monotonic() + 180
        while True:
            try:
                urllib.request.urlopen(f"{self.base}/readyz", timeout=5).close()
                return
            except OSError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise SystemExit(f"the server does not start: {self.said()}") from None
                time.sleep(0.1)

    def said(self):
        """All that it has written so far."""
        text = []
        for file in (self.out, self.err):
            file.seek(0)
            text.append(file.read())
        return "".join(text)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=30)


class Api:
    """The API as somebody."""

    def __init__(self, base, token=None):
        self.base, self.token = base, token

    def raw(self, method, path, body=None, **headers):
        url = path if path.startswith("http") else f"{self.base}/api/v1{path}"
        request = urllib.request.Request(url, method=method, data=json.dumps(body).encode() if body is not None else None)
        if body is not None:
            request.add_header("content-type", "application/json")
        if self.token:
            request.add_header("authorization", f"Bearer {self.token}")
        for name, value in headers.items():
            request.add_header(name.replace("_", "-"), value)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, dict(answer.headers), answer.read()
        except urllib.error.HTTPError as refused:
            return refused.code, dict(refused.headers), refused.read()

    def call(self, method, path, body=None, **headers):
        status, _, content = self.raw(method, path, body, **headers)
        if status >= 400:
            raise SystemExit(f"{method} {path}: {status} {content[:600]!r}")
        return json.loads(content) if content else None

    def changed(self, method, path, read, body):
        """With the version that stands there now."""
        version = self.call("GET", read)["version"]
        return self.call(method, path, body, if_match=f'"{version}"')

    def items(self, path):
        found, cursor = [], ""
        while True:
            joint = "&" if "?" in path else "?"
            page = self.call("GET", f"{path}{joint}limit=200{cursor}")
            found += page["items"]
            if not page["next_cursor"]:
                return found
            cursor = f"&cursor={page['next_cursor']}"

    def calendar(self, path):
        status, headers, content = self.raw("GET", path)
        assert status == 200, (path, status, content[:300])
        kind = {name.lower(): value for name, value in headers.items()}["content-type"]
        assert kind == "text/calendar; charset=utf-8", kind
        return content


def sign_in(base, email, password):
    return Api(base, Api(base).call("POST", "/sessions", {"email": email, "password": password})["access_token"])


def moment(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def plain(at):
    """The moment of a date and time that a reader found; of an hour that comes twice, the first."""
    return at.replace(fold=0).astimezone(UTC)


def nights(now):
    """The next night on which the clocks in Chicago go forward, and the next on which they go back."""
    day = now.astimezone(CHICAGO).replace(hour=12, minute=0, second=0, microsecond=0) + timedelta(days=2)
    found = {}
    while len(found) < 2:
        following = (day.replace(tzinfo=None) + timedelta(days=1)).replace(tzinfo=CHICAGO)
        difference = (following.utcoffset() - day.utcoffset()).total_seconds()
        if difference:
            found.setdefault("forward" if difference > 0 else "back", following.date())
        day = following
    return found["forward"], found["back"]


def found_by(content, begin, end):
    """What the independent readers find: (series or meeting, by its rule) → what it is."""
    calendar = icalendar.Calendar.from_ical(content)
    found = {}
    for event in recurring_ical_events.of(calendar, skip_bad_series=False).between(begin, end):
        starts, ends = plain(event["DTSTART"].dt), plain(event.end)
        if not begin <= starts < end:
            continue
        key = (str(event["UID"]), starts, str(event["SUMMARY"]), str(event["STATUS"]))
        assert key not in found, f"twice: {key}"
        found[key] = (ends, str(event.get("LOCATION", "")), str(event.get("DESCRIPTION", "")))
    return found


def listed_by(api, partnership, begin, end):
    """What the API lists, in the same form: open meetings, those of series by their series."""
    series_of = {}
    for series in api.items(f"/partnerships/{partnership}/meeting-series"):
        for instance in api.items(f"/meeting-series/{series['id']}/instances"):
            series_of[instance["meeting_id"]] = series["id"]
    listed = {}
    for meeting in api.items(f"/partnerships/{partnership}/meetings"):
        starts = moment(meeting["starts_at"])
        if meeting["visibility"] != "public" or not begin <= starts < end:
            continue
        status = "CANCELLED" if meeting["state"] == "cancelled" else "CONFIRMED"
        key = (series_of.get(meeting["id"], meeting["id"]), starts, meeting["title"], status)
        assert key not in listed, f"twice: {key}"
        place = meeting["place"]
        where = ", ".join(part for part in (place["name"], place["address"]) if part)
        said = [meeting["cancel_reason"], meeting["purpose"], meeting["accessibility"]]
        # Of a private home feeds for everybody tell nothing, of the net no address.
        if place["kind"] != "public":
            where = "" if place["kind"] == "private_home" else place["name"]
        listed[key] = (moment(meeting["ends_at"]), where, "\n\n".join(part for part in said if part))
    return listed


class Different(Exception):
    """What was found is not what is listed."""


def same(what, found, listed, quiet=False):
    missing = {key: listed[key] for key in listed if found.get(key) != listed[key]}
    other = {key: found[key] for key in found if listed.get(key) != found[key]}
    if missing or other:
        if quiet:
            raise Different(what)
        for name, entries in (("the API lists", missing), ("the calendar has", other)):
            for key, value in sorted(entries.items(), key=lambda entry: entry[0][1])[:12]:
                print(f"  {name} {key}: {value}")
        raise Different(f"{what}: {len(missing)} meetings differ or are missing, {len(other)} differ or are too many")


def planted(content, listed, begin, end):
    """Faults in the calendar are found: this comparison would not be content with just anything."""
    text = content.replace(b"\r\n ", b"")
    events = re.findall(rb"BEGIN:VEVENT.*?END:VEVENT\r\n", text, re.S)
    override = next(event for event in events if b"RECURRENCE-ID" in event and b"STATUS:CONFIRMED" in event)
    faults = {
        "a day that is left out": (rb"EXDATE[^\r]*\r\n", b""),
        "an override": (re.escape(override), b""),
        "a cancellation": (rb"STATUS:CANCELLED", b"STATUS:CONFIRMED"),
        "the end of a rule": (rb";UNTIL=\d{8}", b";UNTIL=20990101"),
        "an end": (rb"DTEND;TZID=America/Chicago:(\d{8})T200000", rb"DTEND;TZID=America/Chicago:\1T201500"),
        "an escaped comma": (rb"\\,", b"\\;"),
        "a zone": (rb"DTSTART;TZID=America/Chicago", b"DTSTART;TZID=America/Denver"),
    }
    for name, (pattern, by) in faults.items():
        faulty, times = re.subn(pattern, lambda match, by=by: match.expand(by) if b"\\1" in by else by, text, flags=re.S)
        assert times, f"nothing to plant: {name}"
        try:
            same(name, found_by(faulty, begin, end), listed, quiet=True)
        except (Different, AssertionError):
            continue
        raise SystemExit(f"a fault was not found: {name}")
    return len(faults)


def by_exact_time(content, begin, end):
    """Beginnings and ends by RFC 5545 3.8.5.3 to the letter, where it says otherwise than the reader above: a meeting of a
    rule lasts as long, by the time that passes, as its first. What the rule has at which time is the reader's."""
    calendar = icalendar.Calendar.from_ical(content)
    masters = {str(event["UID"]): event for event in calendar.walk("VEVENT") if "RRULE" in event}
    overridden = {
        (str(event["UID"]), plain(event["RECURRENCE-ID"].dt)) for event in calendar.walk("VEVENT") if "RECURRENCE-ID" in event
    }
    spans = set()
    for event in recurring_ical_events.of(calendar, skip_bad_series=False).between(begin, end):
        starts, ends = plain(event["DTSTART"].dt), plain(event.end)
        master = masters.get(str(event["UID"]))
        mark = plain(event["RECURRENCE-ID"].dt) if "RECURRENCE-ID" in event else starts
        if master is not None and (str(event["UID"]), mark) not in overridden:
            first, last = plain(master["DTSTART"].dt), plain(master.end)
            exact = master["DURATION"].dt if "DURATION" in master else last - first
            ends = starts + exact
        if begin <= starts < end:
            spans.add((str(event["UID"]), starts, ends))
    return spans


def sequences(content):
    """What was cancelled or moved by itself is above its series."""
    calendar = icalendar.Calendar.from_ical(content)
    events = calendar.walk("VEVENT")
    masters = {str(event["UID"]): int(event["SEQUENCE"]) for event in events if "RRULE" in event}
    cancelled = 0
    for event in events:
        of = masters.get(str(event["UID"]))
        if of is not None and "RECURRENCE-ID" in event and str(event["STATUS"]) == "CANCELLED":
            assert int(event["SEQUENCE"]) > of, event.to_ical()
            cancelled += 1
    return cancelled


def zones(content):
    """The calendar's own time zones agree with the system's, hour by hour, over all of its years."""
    calendar = icalendar.Calendar.from_ical(content)
    blocks = calendar.walk("VTIMEZONE")
    used = set(re.findall(rb"TZID=([^:;\r\n]+)", content.replace(b"\r\n ", b"")))
    assert {str(block["TZID"]).encode() for block in blocks} == used, used
    for block in blocks:
        told, known = block.to_tz(lookup_tzid=False), ZoneInfo(str(block["TZID"]))
        starts = min(part["DTSTART"].dt for part in block.subcomponents)
        at = starts.replace(tzinfo=UTC) + timedelta(days=2)
        last = max(
            [moment for part in block.subcomponents for moment in
             [part["DTSTART"].dt, *[one.dt for one in getattr(part.get("RDATE"), "dts", [])]]]
        ).replace(tzinfo=UTC)  # fmt: skip
        while at < last + timedelta(days=30):
            # By the wall clock, as a reader asks; but for the hours around a change, where readers differ in what they mean.
            local = at.astimezone(known).replace(tzinfo=None)
            around = {known.utcoffset(local + timedelta(hours=hours)) for hours in (-2, 0, 2)}
            if len(around) == 1:
                assert told.utcoffset(local.replace(tzinfo=told)) == known.utcoffset(local), (block["TZID"], local)
            at += timedelta(hours=7)
    return len(blocks)


def unchanged(api, path):
    """The same bytes again, and nothing at all to whoever has them."""
    _, headers, first = api.raw("GET", path)
    tag = {name.lower(): value for name, value in headers.items()}["etag"]
    status, _, nothing = api.raw("GET", path, if_none_match=tag)
    assert (status, nothing) == (304, b""), (path, status, nothing[:100])
    assert api.calendar(path) == first, path


def furnish(api, partnership, now):
    """Series over both nights on which the clocks are changed, with days left out, meetings moved, renamed and cancelled."""
    forward, back = nights(now)
    at = lambda day, clock: f"{day.isoformat()}T{clock}"  # noqa: E731

    def series(title, rule, starts, ends, **other):
        body = {
            "kind": "regular", "format": "in_person", "title": title, "rule": rule, "starts_local": starts, "ends_local": ends,
            "place": {"kind": "public", "name": "Recreation Center, hall; \\2", "address": "730 Osage Ave"},
            "visibility": "public", "purpose": PROSE, **other,
        }  # fmt: skip
        made = api.call("POST", f"/partnerships/{partnership}/meeting-series", body)
        return made["id"], api.items(f"/meeting-series/{made['id']}/instances")

    def of(instances, n):
        return f"/meetings/{instances[n]['meeting_id']}"

    def change(instances, n, body):
        api.changed("PATCH", of(instances, n), of(instances, n), body)

    def cancel(instances, n, reason):
        api.changed("POST", of(instances, n) + "/cancel", of(instances, n), {"reason": reason})

    def next_day(day, days):
        return day + timedelta(days=days)

    # Evenings of every week, over both nights, with a week left out.
    first = min(forward, back) - timedelta(days=10)
    if first <= now.astimezone(CHICAGO).date():
        first = now.astimezone(CHICAGO).date() + timedelta(days=1)
    _, evenings = series(HOSTILE[0], "FREQ=WEEKLY;COUNT=45", at(first, "18:30"), at(first, "20:00"),
                         **{"except": [next_day(first, 21).isoformat()]})  # fmt: skip
    moved = next_day(first, 8)
    change(evenings, 1, {"starts_local": at(moved, "17:00"), "ends_local": at(moved, "19:15")})
    change(evenings, 2, {"title": HOSTILE[1]})
    change(evenings, 4, {"place": {"kind": "private_home", "name": "At Maria's", "address": "1214 Osage Avenue"}})
    cancel(evenings, 5, "Flooded, alas;\nwe meet again next week.")
    change(evenings, 6, {"visibility": "members"})
    change(evenings, 7, {"time_zone": "America/New_York"})
    # Every other week on two days, from in between, so that the weeks have to be counted.
    start = next_day(first, (3 - first.weekday()) % 7)
    _, walks = series("Walks", "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH;COUNT=30", at(start, "19:00"), at(start, "20:30"))
    cancel(walks, 3, "Rain.")
    # By night, in the hour that comes twice and over it.
    night = back - timedelta(days=2)
    series("Night watch", "FREQ=DAILY;COUNT=6", at(night, "01:30"), at(night, "03:00"))
    series("Night watch from that night on", "FREQ=DAILY;COUNT=3", at(back, "00:30"), at(back, "02:30"))
    # By night, in the hour that does not come, which is left out, and over it.
    night = forward - timedelta(days=2)
    series(HOSTILE[2][:120].strip(), "FREQ=DAILY;COUNT=6", at(night, "02:30"), at(night, "04:00"),
           **{"except": [forward.isoformat()]})  # fmt: skip
    series("Over the gap", "FREQ=DAILY;COUNT=5", at(night, "01:00"), at(night, "03:30"))
    series("Gap at the end", "FREQ=DAILY;COUNT=3", at(night, "02:30"), at(night, "04:00"), **{"except": [forward.isoformat()]})
    # Month by month, as people meet.
    month = (first.replace(day=1) + timedelta(days=40)).replace(day=1)
    second_tuesday = month + timedelta(days=(1 - month.weekday()) % 7 + 7)
    monthly, months = series("Second Tuesdays", "FREQ=MONTHLY;BYDAY=2TU;COUNT=9", at(second_tuesday, "18:30"), at(second_tuesday, "20:00"))
    cancel(months, 2, "Holidays.")
    # From the fifth on it is Wednesdays: what was on Tuesdays is cancelled.
    fifth = months[4]["recurrence_local"]
    wednesday = datetime.fromisoformat(fifth).date().replace(day=1)
    wednesday += timedelta(days=(2 - wednesday.weekday()) % 7 + 7)
    api.changed("POST", f"/meeting-series/{monthly}/split", f"/meeting-series/{monthly}", {
        "from": fifth, "rule": "FREQ=MONTHLY;BYDAY=2WE;COUNT=4", "starts_local": at(wednesday, "19:00"),
        "ends_local": at(wednesday, "20:30"),
    })  # fmt: skip
    # All of it is cancelled, with one that was moved before.
    over, gone = series("Last Fridays", "FREQ=MONTHLY;BYDAY=-1FR;COUNT=6", *last_friday(month, at))
    change(gone, 1, {"title": "Last Friday, elsewhere"})
    api.changed("POST", f"/meeting-series/{over}/cancel", f"/meeting-series/{over}", {"reason": "The hall was sold."})
    # Alone, and on the net.
    alone = {"kind": "town_hall", "format": "online", "title": HOSTILE[1], "starts_local": at(first, "09:00"),
             "ends_local": at(first, "10:00"), "visibility": "public",
             "place": {"kind": "online", "name": "Video, call", "address": "https://meet.example/secret"}}  # fmt: skip
    api.call("POST", f"/partnerships/{partnership}/meetings", alone)


def last_friday(month, at):
    day = (month + timedelta(days=35)).replace(day=1) - timedelta(days=1)
    day -= timedelta(days=(day.weekday() - 4) % 7)
    return at(day, "18:00"), at(day, "19:30")


def quick(api, few, many):
    """A calendar with more than 500 meetings against one with a single meeting, as they are asked for again and again."""

    def took(path):
        times = []
        for _ in range(41):
            began = time.perf_counter()
            api.calendar(path)
            times.append(time.perf_counter() - began)
        return statistics.median(times)

    one, all_of_them = took(few), took(many)
    print(f"one meeting {one * 1e3:.2f} ms, more than 500 {all_of_them * 1e3:.2f} ms: {all_of_them / one:.1f} times")
    assert all_of_them < 5 * one


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--binary", default="target/debug/threekeys")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        server = Server(str(Path(arguments.binary).resolve()), Path(work))
        try:
            check(server)
        finally:
            server.stop()


def check(server):
    people = dict(re.findall(r"(\S+@\S+)\s+(\S+)", server.said()))
    leaders = [email for email in people if email.startswith("rosa")]
    assert leaders, f"the demonstration shows nobody called Rosa: {list(people)}"
    api = sign_in(server.base, leaders[0], people[leaders[0]])
    nobody = Api(server.base)
    mine = api.items("/partnerships?mine=true")
    assert mine, "Rosa is in no partnership"
    partnership, area = mine[0]["id"], api.call("GET", f"/partnerships/{mine[0]['id']}")["area"]["id"]
    now = datetime.now(UTC)
    furnish(api, partnership, now)
    begin, end = now - timedelta(days=364), now + timedelta(days=365)

    feed = f"/partnerships/{partnership}/calendar.ics"
    content = nobody.calendar(feed)
    listed = listed_by(nobody, partnership, begin, end)
    same("the partnership's calendar", found_by(content, begin, end), listed)
    exact = {(uid, starts, ends) for (uid, starts, *_), (ends, *_) in listed.items()}
    assert by_exact_time(content, begin, end) == exact, by_exact_time(content, begin, end) ^ exact
    cancelled = sequences(content)
    assert cancelled >= 4, cancelled
    named = icalendar.Calendar.from_ical(content)
    assert str(named["X-WR-CALNAME"]) == str(named["NAME"]) == mine[0]["name"], named["X-WR-CALNAME"]
    blocks, faults = zones(content), planted(content, listed, begin, end)
    assert b"1214 Osage" not in content and b"meet.example" not in content and b"At Maria" not in content
    print(f"{len(listed)} meetings, {cancelled} overrides cancelled, {blocks} time zones: the same in calendar and API")
    print(f"{faults} planted faults: found")

    # Of an area: what is there of this partnership is the same.
    of_area = found_by(nobody.calendar(f"/areas/{area}/calendar.ics"), begin, end)
    ours = {uid for uid, *_ in listed}
    same("the area's calendar", {key: value for key, value in of_area.items() if key[0] in ours}, listed)

    # One's own: what Rosa sees, in whatever partnership; without texts that are not for everybody.
    address = api.call("POST", "/account/calendar-address")["calendar_url"]
    token = re.search(r"/(tkc_[^/]+)/", address).group(1)
    own = f"/calendars/{token}/calendar.ics"
    content = nobody.calendar(own)
    found = found_by(content, begin, end)
    seen = {}
    for one in mine:
        for meeting in api.items(f"/partnerships/{one['id']}/meetings"):
            if begin <= moment(meeting["starts_at"]) < end:
                seen[meeting["id"]] = (moment(meeting["starts_at"]), moment(meeting["ends_at"]), meeting["title"])
    told = {(starts, value[0], title) for (_, starts, title, _), value in found.items()}
    lacking = set(seen.values()) - told
    assert not lacking, f"Rosa's own calendar lacks meetings of hers: {lacking}"
    assert any("members" == meeting["visibility"] for meeting in api.items(f"/partnerships/{partnership}/meetings"))
    assert b"1214 Osage" not in content and b"meet.example" not in content
    assert not re.search(rb"^ATTENDEE", content.replace(b"\r\n ", b""), re.M)
    assert token not in server.said(), "the secret of the address is in the log"
    for path in [feed, f"/areas/{area}/calendar.ics", own]:
        unchanged(nobody, path)

    # One by one.
    for meeting in nobody.items(f"/meetings?partnership_id={partnership}")[:12]:
        events = icalendar.Calendar.from_ical(nobody.calendar(f"/meetings/{meeting['id']}/calendar.ics")).walk("VEVENT")
        (event,) = events
        assert (plain(event["DTSTART"].dt), plain(event.end)) == (moment(meeting["starts_at"]), moment(meeting["ends_at"]))
        assert str(event["SUMMARY"]) == meeting["title"]

    # As many meetings as there can be of a series, and one.
    many = {
        "kind": "regular", "format": "in_person", "title": "Daily", "rule": "FREQ=DAILY;COUNT=366", "visibility": "public",
        "starts_local": f"{(now + timedelta(days=1)).date().isoformat()}T12:00", "place": {"kind": "public", "name": "Hall"},
        "ends_local": f"{(now + timedelta(days=1)).date().isoformat()}T13:00",
    }  # fmt: skip
    for _ in range(2):
        api.call("POST", f"/partnerships/{partnership}/meeting-series", many)
    assert len(api.items(f"/partnerships/{partnership}/meetings")) > 500
    quick(nobody, f"/meetings/{nobody.items('/meetings')[0]['id']}/calendar.ics", feed)

    # Taken back.
    api.call("DELETE", "/account/calendar-address")
    assert nobody.raw("GET", own)[0] == 404
    print("one's own calendar, single meetings, 304 and revoking: as they should be")


if __name__ == "__main__":
    main()
