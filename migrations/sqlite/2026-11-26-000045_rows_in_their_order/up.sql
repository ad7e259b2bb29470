-- The tables that are asked and written most, with rows of some length, keep their rows in the order in which they come, and an
-- index of their ids. In the order of the ids themselves (WITHOUT ROWID) whole rows stood in the inner pages of the tree too,
-- which was six deep where it is three deep now; a row of more than a thousand bytes went to pages of its own; and every other
-- index repeated the id. Nothing refers to the number of a row. The record stays as it is: nobody can say there which row is which.
--
-- Most parts of logs are nobody's and no commitment: the indexes of those are of the others alone.
--
-- References are not looked at while this runs (`Conn::migrate`): every row is there again before it ends. The disk needs
-- as much room as these tables have; what they leave free in the file is used again.

CREATE TABLE idempotency_keys_remade (
    caller TEXT NOT NULL,
    operation TEXT NOT NULL,
    key TEXT NOT NULL,
    request_hash BLOB NOT NULL,
    status INTEGER NOT NULL,
    headers TEXT NOT NULL,
    body BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    CONSTRAINT idempotency_keys_pkey PRIMARY KEY (caller, operation, key)
) STRICT;
INSERT INTO idempotency_keys_remade (caller, operation, key, request_hash, status, headers, body, created_at, expires_at)
SELECT caller, operation, key, request_hash, status, headers, body, created_at, expires_at
FROM idempotency_keys;
DROP TABLE idempotency_keys;
ALTER TABLE idempotency_keys_remade RENAME TO idempotency_keys;
CREATE INDEX idempotency_keys_expiry ON idempotency_keys (expires_at);

CREATE TABLE mails_remade (
    id BLOB PRIMARY KEY NOT NULL,
    recipient TEXT NOT NULL,
    subject TEXT NOT NULL,
    body BLOB,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'sent', 'failed')),
    attempts INTEGER NOT NULL,
    next_attempt_at INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    sent_at INTEGER,
    CHECK ((state = 'waiting') = (body IS NOT NULL))
) STRICT;
INSERT INTO mails_remade (id, recipient, subject, body, state, attempts, next_attempt_at, created_at, sent_at)
SELECT id, recipient, subject, body, state, attempts, next_attempt_at, created_at, sent_at
FROM mails;
DROP TABLE mails;
ALTER TABLE mails_remade RENAME TO mails;
CREATE INDEX mails_due ON mails (state, next_attempt_at);

CREATE TABLE accounts_remade (
    id BLOB PRIMARY KEY NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('citizen', 'officer', 'commander', 'agency_staff', 'administrator')),
    state TEXT NOT NULL CHECK (state IN ('pending_verification', 'active', 'suspended', 'closed')),
    email TEXT,
    email_key TEXT,
    display_name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    -- What other members see instead of the display name, if set.
    alias TEXT,
    phone TEXT,
    -- Whether members of one's partnerships see mail address and telephone number.
    shares_contact INTEGER NOT NULL CHECK (shares_contact IN (0, 1)),
    password_hash TEXT,
    agency_id BLOB REFERENCES agencies (id) ON DELETE RESTRICT,
    badge_number TEXT,
    rank TEXT,
    unit TEXT,
    -- Last day on which an officer's or commander's verification counts.
    verified_until TEXT,
    max_hours_month INTEGER CHECK (max_hours_month BETWEEN 0 AND 744),
    closed_at INTEGER,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CHECK (state = 'closed' OR (email IS NOT NULL AND email_key IS NOT NULL AND password_hash IS NOT NULL)),
    CHECK (kind IN ('citizen', 'administrator') OR agency_id IS NOT NULL),
    CHECK ((kind IN ('officer', 'commander')) = (verified_until IS NOT NULL))
) STRICT;
INSERT INTO accounts_remade (id, kind, state, email, email_key, display_name, name_key, alias, phone, shares_contact, password_hash, agency_id, badge_number, rank, unit, verified_until, max_hours_month, closed_at, version, created_at, updated_at)
SELECT id, kind, state, email, email_key, display_name, name_key, alias, phone, shares_contact, password_hash, agency_id, badge_number, rank, unit, verified_until, max_hours_month, closed_at, version, created_at, updated_at
FROM accounts;
DROP TABLE accounts;
ALTER TABLE accounts_remade RENAME TO accounts;
CREATE UNIQUE INDEX accounts_one_email ON accounts (email_key);
CREATE INDEX accounts_of_agency ON accounts (agency_id, name_key, id);
CREATE INDEX accounts_in_order ON accounts (name_key, id);
CREATE INDEX accounts_administrators ON accounts (state, id) WHERE kind = 'administrator';

CREATE TABLE sessions_remade (
    id BLOB PRIMARY KEY NOT NULL,
    account_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    -- How and when the person last proved who they are (RFC 8176 names, separated by blanks).
    amr TEXT NOT NULL,
    authenticated_at INTEGER NOT NULL,
    device TEXT,
    ip TEXT NOT NULL,
    refreshed_at INTEGER NOT NULL,
    idle_expires_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    ended_at INTEGER,
    end_reason TEXT CHECK (end_reason IN ('logged_out', 'ended_by_owner', 'password_changed', 'token_reused', 'suspended', 'closed', 'too_many')),
    created_at INTEGER NOT NULL,
    CHECK ((ended_at IS NULL) = (end_reason IS NULL))
) STRICT;
INSERT INTO sessions_remade (id, account_id, amr, authenticated_at, device, ip, refreshed_at, idle_expires_at, expires_at, ended_at, end_reason, created_at)
SELECT id, account_id, amr, authenticated_at, device, ip, refreshed_at, idle_expires_at, expires_at, ended_at, end_reason, created_at
FROM sessions;
DROP TABLE sessions;
ALTER TABLE sessions_remade RENAME TO sessions;
CREATE INDEX sessions_of_account ON sessions (account_id, created_at, id);

CREATE TABLE partnerships_remade (
    id BLOB PRIMARY KEY NOT NULL,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('proposed', 'declined', 'forming', 'active', 'dormant', 'suspended', 'closed')),
    area_id BLOB NOT NULL REFERENCES areas (id) ON DELETE RESTRICT,
    host_agency_id BLOB NOT NULL REFERENCES agencies (id) ON DELETE RESTRICT,
    -- Its own GeoJSON Polygon or MultiPolygon within or across areas, and the bounding box of that.
    geometry TEXT,
    min_lon REAL,
    min_lat REAL,
    max_lon REAL,
    max_lat REAL,
    catalyst_type TEXT NOT NULL CHECK (catalyst_type IN ('common_goal', 'shared_problem', 'specific_task')),
    catalyst_statement TEXT NOT NULL,
    -- How anybody can reach the partnership.
    public_contact TEXT,
    proposed_by_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    -- Who accepted or declined it, when, why.
    decided_by_id BLOB REFERENCES accounts (id) ON DELETE RESTRICT,
    decided_at INTEGER,
    decision_reason TEXT,
    -- When an unanswered proposal was escalated to the next contact.
    escalated_at INTEGER,
    -- The first meeting with both sides and approved minutes, and when it was held. No foreign key: meetings stand on
    -- partnerships, and a partnership only remembers which one counted.
    first_meeting BLOB,
    first_meeting_at INTEGER,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CHECK ((state = 'proposed') = (decided_at IS NULL)),
    CHECK ((geometry IS NULL) = (min_lon IS NULL) AND (geometry IS NULL) = (min_lat IS NULL)
        AND (geometry IS NULL) = (max_lon IS NULL) AND (geometry IS NULL) = (max_lat IS NULL))
) STRICT;
INSERT INTO partnerships_remade (id, name, name_key, state, area_id, host_agency_id, geometry, min_lon, min_lat, max_lon, max_lat, catalyst_type, catalyst_statement, public_contact, proposed_by_id, decided_by_id, decided_at, decision_reason, escalated_at, first_meeting, first_meeting_at, version, created_at, updated_at)
SELECT id, name, name_key, state, area_id, host_agency_id, geometry, min_lon, min_lat, max_lon, max_lat, catalyst_type, catalyst_statement, public_contact, proposed_by_id, decided_by_id, decided_at, decision_reason, escalated_at, first_meeting, first_meeting_at, version, created_at, updated_at
FROM partnerships;
DROP TABLE partnerships;
ALTER TABLE partnerships_remade RENAME TO partnerships;
CREATE INDEX partnerships_in_order ON partnerships (name_key, id);
CREATE INDEX partnerships_of_area ON partnerships (area_id, name_key, id);
CREATE INDEX partnerships_of_agency ON partnerships (host_agency_id, name_key, id);
CREATE INDEX partnerships_by_proposer ON partnerships (proposed_by_id);
CREATE INDEX partnerships_by_decider ON partnerships (decided_by_id);
CREATE INDEX partnerships_waiting ON partnerships (created_at) WHERE state = 'proposed';
CREATE INDEX partnerships_by_latitude ON partnerships (min_lat, max_lat) WHERE min_lat IS NOT NULL;

CREATE TABLE memberships_remade (
    id BLOB PRIMARY KEY NOT NULL,
    partnership_id BLOB NOT NULL REFERENCES partnerships (id) ON DELETE RESTRICT,
    account_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    -- Computed from the account's kind when the membership began.
    side TEXT NOT NULL CHECK (side IN ('civilian', 'police', 'agency')),
    role TEXT NOT NULL CHECK (role IN ('member', 'facilitator', 'secretary', 'communicator', 'patrol_coordinator', 'block_captain', 'resource_steward', 'observer')),
    state TEXT NOT NULL CHECK (state IN ('requested', 'active', 'declined', 'left', 'removed')),
    -- What the person wrote with the request.
    message TEXT,
    joined_at INTEGER,
    ended_at INTEGER,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CHECK ((state IN ('declined', 'left', 'removed')) = (ended_at IS NOT NULL)),
    CHECK (state <> 'active' OR joined_at IS NOT NULL)
) STRICT;
INSERT INTO memberships_remade (id, partnership_id, account_id, side, role, state, message, joined_at, ended_at, version, created_at, updated_at)
SELECT id, partnership_id, account_id, side, role, state, message, joined_at, ended_at, version, created_at, updated_at
FROM memberships;
DROP TABLE memberships;
ALTER TABLE memberships_remade RENAME TO memberships;
CREATE UNIQUE INDEX memberships_one_each ON memberships (partnership_id, account_id) WHERE state IN ('requested', 'active');
CREATE INDEX memberships_of_partnership ON memberships (partnership_id, created_at, id);
CREATE INDEX memberships_of_account ON memberships (account_id, state, partnership_id);

CREATE TABLE meetings_remade (
    id BLOB PRIMARY KEY NOT NULL,
    partnership_id BLOB NOT NULL REFERENCES partnerships (id) ON DELETE RESTRICT,
    area_id BLOB NOT NULL REFERENCES areas (id) ON DELETE RESTRICT,
    kind TEXT NOT NULL CHECK (kind IN ('regular', 'special', 'first', 'annual', 'committee', 'watch', 'business_association', 'training', 'court_watch', 'town_hall')),
    format TEXT NOT NULL CHECK (format IN ('in_person', 'online', 'hybrid')),
    title TEXT NOT NULL,
    title_key TEXT NOT NULL,
    purpose TEXT,
    starts_local TEXT NOT NULL,
    ends_local TEXT NOT NULL,
    time_zone TEXT NOT NULL,
    starts_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL,
    place_kind TEXT NOT NULL CHECK (place_kind IN ('public', 'private_home', 'online')),
    place_name TEXT NOT NULL,
    place_address TEXT,
    visibility TEXT NOT NULL CHECK (visibility IN ('public', 'members', 'leaders')),
    capacity INTEGER CHECK (capacity >= 1),
    -- Persons whose yes was taken, with their guests.
    places_taken INTEGER NOT NULL CHECK (places_taken >= 0),
    languages TEXT NOT NULL,
    accessibility TEXT,
    state TEXT NOT NULL CHECK (state IN ('scheduled', 'in_session', 'adjourned', 'minuted', 'cancelled')),
    -- Rises when time or place change or the meeting is cancelled, for calendars (RFC 5545).
    sequence INTEGER NOT NULL CHECK (sequence >= 0),
    cancel_reason TEXT,
    started_at INTEGER,
    adjourned_at INTEGER,
    scheduled_by_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL, answers TEXT NOT NULL DEFAULT '{"yes":0,"maybe":0,"no":0}', noticed_sequence INTEGER CHECK (noticed_sequence >= 0),
    CHECK (ends_at > starts_at),
    CHECK (capacity IS NULL OR places_taken <= capacity),
    CHECK ((format = 'online') = (place_kind = 'online')),
    CHECK ((state = 'cancelled') = (cancel_reason IS NOT NULL)),
    CHECK (state NOT IN ('adjourned', 'minuted') OR adjourned_at IS NOT NULL)
) STRICT;
INSERT INTO meetings_remade (id, partnership_id, area_id, kind, format, title, title_key, purpose, starts_local, ends_local, time_zone, starts_at, ends_at, place_kind, place_name, place_address, visibility, capacity, places_taken, languages, accessibility, state, sequence, cancel_reason, started_at, adjourned_at, scheduled_by_id, version, created_at, updated_at, answers, noticed_sequence)
SELECT id, partnership_id, area_id, kind, format, title, title_key, purpose, starts_local, ends_local, time_zone, starts_at, ends_at, place_kind, place_name, place_address, visibility, capacity, places_taken, languages, accessibility, state, sequence, cancel_reason, started_at, adjourned_at, scheduled_by_id, version, created_at, updated_at, answers, noticed_sequence
FROM meetings;
DROP TABLE meetings;
ALTER TABLE meetings_remade RENAME TO meetings;
CREATE INDEX meetings_of_partnership ON meetings (partnership_id, starts_at, id);
CREATE INDEX meetings_of_area ON meetings (area_id, starts_at, id);
CREATE INDEX meetings_by_visibility ON meetings (visibility, starts_at, id);
CREATE INDEX meetings_by_scheduler ON meetings (scheduled_by_id);
CREATE INDEX meetings_to_notice ON meetings (starts_at) WHERE noticed_sequence IS NULL;
CREATE INDEX meetings_to_notice_again ON meetings (starts_at) WHERE noticed_sequence < sequence;
CREATE INDEX meetings_by_version ON meetings (partnership_id, version);
CREATE INDEX meetings_of_area_by_partnership ON meetings (area_id, partnership_id);
CREATE INDEX meetings_by_state ON meetings (state, starts_at);
CREATE INDEX meetings_told_and_closed ON meetings (starts_at) WHERE noticed_sequence IS NOT NULL AND visibility <> 'public';

CREATE TABLE rsvps_remade (
    id BLOB PRIMARY KEY NOT NULL,
    meeting_id BLOB NOT NULL REFERENCES meetings (id) ON DELETE RESTRICT,
    account_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    answer TEXT NOT NULL CHECK (answer IN ('yes', 'no', 'maybe')),
    guests INTEGER NOT NULL CHECK (guests BETWEEN 0 AND 5),
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CHECK (answer <> 'no' OR guests = 0)
) STRICT;
INSERT INTO rsvps_remade (id, meeting_id, account_id, answer, guests, version, created_at, updated_at)
SELECT id, meeting_id, account_id, answer, guests, version, created_at, updated_at
FROM rsvps;
DROP TABLE rsvps;
ALTER TABLE rsvps_remade RENAME TO rsvps;
CREATE UNIQUE INDEX rsvps_one_each ON rsvps (meeting_id, account_id);
CREATE INDEX rsvps_of_meeting ON rsvps (meeting_id, created_at, id);
CREATE INDEX rsvps_of_account ON rsvps (account_id);

CREATE TABLE attendances_remade (
    id BLOB PRIMARY KEY NOT NULL,
    meeting_id BLOB NOT NULL REFERENCES meetings (id) ON DELETE RESTRICT,
    account_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    -- The member's side when it was recorded.
    side TEXT NOT NULL CHECK (side IN ('civilian', 'police', 'agency')),
    recorded_by_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    created_at INTEGER NOT NULL
, arrived_at INTEGER, left_at INTEGER, is_vouched INTEGER NOT NULL DEFAULT 1 CHECK (is_vouched IN (0, 1))) STRICT;
INSERT INTO attendances_remade (id, meeting_id, account_id, side, recorded_by_id, created_at, arrived_at, left_at, is_vouched)
SELECT id, meeting_id, account_id, side, recorded_by_id, created_at, arrived_at, left_at, is_vouched
FROM attendances;
DROP TABLE attendances;
ALTER TABLE attendances_remade RENAME TO attendances;
CREATE UNIQUE INDEX attendances_one_each ON attendances (meeting_id, account_id);
CREATE INDEX attendances_of_meeting ON attendances (meeting_id, created_at, id);
CREATE INDEX attendances_of_account ON attendances (account_id);
CREATE INDEX attendances_by_recorder ON attendances (recorded_by_id);

CREATE TABLE officer_logs_remade (
    id BLOB PRIMARY KEY NOT NULL,
    officer_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    agency_id BLOB NOT NULL REFERENCES agencies (id) ON DELETE RESTRICT,
    -- Made by the officer's device: the same log again is the same log.
    client_uuid BLOB NOT NULL,
    attended_on TEXT NOT NULL,
    starts_at INTEGER NOT NULL,
    ends_at INTEGER NOT NULL,
    time_zone TEXT NOT NULL,
    group_kind TEXT NOT NULL CHECK (group_kind IN ('neighborhood_watch', 'business_merchant_association', 'citizen_activist', 'faith', 'public_service_agency', 'school', 'tenant', 'partnership', 'other')),
    group_name TEXT,
    meeting_id BLOB REFERENCES meetings (id) ON DELETE RESTRICT,
    partnership_id BLOB REFERENCES partnerships (id) ON DELETE RESTRICT,
    area_id BLOB NOT NULL REFERENCES areas (id) ON DELETE RESTRICT,
    role TEXT NOT NULL CHECK (role IN ('attended', 'presented', 'co_chaired', 'facilitated')),
    community_count INTEGER NOT NULL CHECK (community_count BETWEEN 0 AND 10000),
    police_count INTEGER NOT NULL CHECK (police_count BETWEEN 0 AND 10000),
    agency_count INTEGER NOT NULL CHECK (agency_count BETWEEN 0 AND 10000),
    summary TEXT NOT NULL,
    -- Topics, concerns, commitments, follow-ups, referrals, handouts, language, next date.
    details TEXT NOT NULL,
    prep_minutes INTEGER CHECK (prep_minutes BETWEEN 0 AND 1440),
    travel_minutes INTEGER CHECK (travel_minutes BETWEEN 0 AND 1440),
    mood INTEGER CHECK (mood BETWEEN 1 AND 5),
    is_late INTEGER NOT NULL CHECK (is_late IN (0, 1)),
    state TEXT NOT NULL CHECK (state IN ('submitted', 'confirmed', 'disputed', 'unconfirmed')),
    -- The civilian leader who confirmed or disputed it.
    decided_by_id BLOB REFERENCES accounts (id) ON DELETE RESTRICT,
    decided_at INTEGER,
    dispute_reason TEXT,
    -- When it was logged or last amended; answers are taken for a while from then on.
    submitted_at INTEGER NOT NULL,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CHECK ((group_name IS NULL) <> (meeting_id IS NULL)),
    CHECK (meeting_id IS NULL OR partnership_id IS NOT NULL),
    CHECK (ends_at >= starts_at),
    CHECK ((state IN ('confirmed', 'disputed')) = (decided_by_id IS NOT NULL)),
    CHECK ((decided_by_id IS NULL) = (decided_at IS NULL)),
    CHECK ((state = 'disputed') = (dispute_reason IS NOT NULL))
) STRICT;
INSERT INTO officer_logs_remade (id, officer_id, agency_id, client_uuid, attended_on, starts_at, ends_at, time_zone, group_kind, group_name, meeting_id, partnership_id, area_id, role, community_count, police_count, agency_count, summary, details, prep_minutes, travel_minutes, mood, is_late, state, decided_by_id, decided_at, dispute_reason, submitted_at, version, created_at, updated_at)
SELECT id, officer_id, agency_id, client_uuid, attended_on, starts_at, ends_at, time_zone, group_kind, group_name, meeting_id, partnership_id, area_id, role, community_count, police_count, agency_count, summary, details, prep_minutes, travel_minutes, mood, is_late, state, decided_by_id, decided_at, dispute_reason, submitted_at, version, created_at, updated_at
FROM officer_logs;
DROP TABLE officer_logs;
ALTER TABLE officer_logs_remade RENAME TO officer_logs;
CREATE UNIQUE INDEX officer_logs_one_per_client_uuid ON officer_logs (officer_id, client_uuid);
CREATE INDEX officer_logs_of_officer ON officer_logs (officer_id, starts_at, id);
CREATE INDEX officer_logs_of_agency ON officer_logs (agency_id, starts_at, id);
CREATE INDEX officer_logs_of_area ON officer_logs (area_id, starts_at, id);
CREATE INDEX officer_logs_of_partnership ON officer_logs (partnership_id, starts_at, id) WHERE partnership_id IS NOT NULL;
CREATE INDEX officer_logs_of_meeting ON officer_logs (meeting_id) WHERE meeting_id IS NOT NULL;
CREATE INDEX officer_logs_by_decider ON officer_logs (decided_by_id) WHERE decided_by_id IS NOT NULL;
CREATE INDEX officer_logs_waiting ON officer_logs (state, submitted_at) WHERE partnership_id IS NOT NULL;

CREATE TABLE officer_log_versions_remade (
    id BLOB PRIMARY KEY NOT NULL,
    officer_log_id BLOB NOT NULL REFERENCES officer_logs (id) ON DELETE RESTRICT,
    number INTEGER NOT NULL CHECK (number >= 1),
    content TEXT NOT NULL,
    -- Why it was amended.
    reason TEXT,
    created_at INTEGER NOT NULL,
    CHECK ((number = 1) = (reason IS NULL))
) STRICT;
INSERT INTO officer_log_versions_remade (id, officer_log_id, number, content, reason, created_at)
SELECT id, officer_log_id, number, content, reason, created_at
FROM officer_log_versions;
DROP TABLE officer_log_versions;
ALTER TABLE officer_log_versions_remade RENAME TO officer_log_versions;
CREATE UNIQUE INDEX officer_log_versions_in_order ON officer_log_versions (officer_log_id, number);

CREATE TABLE decisions_remade (
    id BLOB PRIMARY KEY NOT NULL,
    partnership_id BLOB NOT NULL REFERENCES partnerships (id) ON DELETE RESTRICT,
    class TEXT NOT NULL CHECK (class IN ('mission', 'charter', 'goal', 'objective', 'communication_plan', 'action_plan', 'shared_vision', 'response_plan', 'resource', 'minutes', 'other')),
    -- The mission, goal, plan that it is about. No foreign key: it may be of any slice.
    subject BLOB,
    method TEXT NOT NULL CHECK (method IN ('consensus', 'consent', 'majority', 'advice')),
    question TEXT NOT NULL,
    -- Which version of its text counts.
    text_number INTEGER NOT NULL CHECK (text_number >= 1),
    state TEXT NOT NULL CHECK (state IN ('draft', 'discussion', 'sense_check', 'amending', 'final_call', 'adopted', 'adopted_on_trial', 'not_adopted', 'blocked', 'lapsed', 'withdrawn', 'in_force', 'under_review', 'reaffirmed', 'amended', 'rescinded')),
    is_anonymous INTEGER NOT NULL CHECK (is_anonymous IN (0, 1)),
    hides_results INTEGER NOT NULL CHECK (hides_results IN (0, 1)),
    -- How long it is tried, where it is adopted on trial only.
    trial_days INTEGER CHECK (trial_days >= 1),
    -- The round before this one, and the decision that this one is to amend.
    previous_id BLOB REFERENCES decisions (id) ON DELETE RESTRICT,
    round INTEGER NOT NULL CHECK (round >= 1),
    replaces_id BLOB REFERENCES decisions (id) ON DELETE RESTRICT,
    background TEXT NOT NULL,
    -- Of a charter: the classes that a majority of each side may decide.
    majority_classes TEXT NOT NULL,
    created_by_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    discussion_at INTEGER,
    -- The discussion ends no earlier.
    sense_check_from INTEGER,
    final_call_at INTEGER,
    -- The final call ends no earlier, and by itself.
    closes_from INTEGER,
    closes_at INTEGER,
    -- When those who had not cast a stance were told that it closes soon.
    noticed_at INTEGER,
    -- Since when a side has no leader, so that no time counts.
    paused_at INTEGER,
    -- The thresholds as they were when the final call was opened.
    rules TEXT,
    closed_at INTEGER,
    result TEXT,
    review_on TEXT,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CHECK (state <> 'final_call' OR (closes_from IS NOT NULL AND closes_at IS NOT NULL AND rules IS NOT NULL)),
    CHECK (state NOT IN ('adopted', 'adopted_on_trial', 'not_adopted', 'blocked', 'lapsed', 'in_force', 'under_review', 'reaffirmed', 'amended', 'rescinded') OR (closed_at IS NOT NULL AND result IS NOT NULL)),
    CHECK ((round = 1) = (previous_id IS NULL))
) STRICT;
INSERT INTO decisions_remade (id, partnership_id, class, subject, method, question, text_number, state, is_anonymous, hides_results, trial_days, previous_id, round, replaces_id, background, majority_classes, created_by_id, discussion_at, sense_check_from, final_call_at, closes_from, closes_at, noticed_at, paused_at, rules, closed_at, result, review_on, version, created_at, updated_at)
SELECT id, partnership_id, class, subject, method, question, text_number, state, is_anonymous, hides_results, trial_days, previous_id, round, replaces_id, background, majority_classes, created_by_id, discussion_at, sense_check_from, final_call_at, closes_from, closes_at, noticed_at, paused_at, rules, closed_at, result, review_on, version, created_at, updated_at
FROM decisions;
DROP TABLE decisions;
ALTER TABLE decisions_remade RENAME TO decisions;
CREATE INDEX decisions_of_partnership ON decisions (partnership_id, created_at, id);
CREATE INDEX decisions_of_class ON decisions (partnership_id, class, created_at, id);
CREATE INDEX decisions_of_subject ON decisions (subject, created_at);
CREATE UNIQUE INDEX decisions_one_open_of_subject ON decisions (subject, class) WHERE state IN ('draft', 'discussion', 'sense_check', 'amending', 'final_call');
CREATE UNIQUE INDEX decisions_one_next_round ON decisions (previous_id);
CREATE INDEX decisions_by_replaced ON decisions (replaces_id);
CREATE INDEX decisions_by_creator ON decisions (created_by_id);
CREATE INDEX decisions_closing ON decisions (state, closes_at, id);
CREATE INDEX decisions_to_review ON decisions (state, review_on, id);

CREATE TABLE decision_texts_remade (
    id BLOB PRIMARY KEY NOT NULL,
    decision_id BLOB NOT NULL REFERENCES decisions (id) ON DELETE RESTRICT,
    number INTEGER NOT NULL CHECK (number >= 1),
    revision INTEGER NOT NULL CHECK (revision >= 1),
    text TEXT NOT NULL,
    -- What changed, in the author's words.
    note TEXT,
    author_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    created_at INTEGER NOT NULL
) STRICT;
INSERT INTO decision_texts_remade (id, decision_id, number, revision, text, note, author_id, created_at)
SELECT id, decision_id, number, revision, text, note, author_id, created_at
FROM decision_texts;
DROP TABLE decision_texts;
ALTER TABLE decision_texts_remade RENAME TO decision_texts;
CREATE UNIQUE INDEX decision_texts_in_order ON decision_texts (decision_id, number, revision);
CREATE INDEX decision_texts_by_author ON decision_texts (author_id);

CREATE TABLE tasks_remade (
    id BLOB PRIMARY KEY NOT NULL,
    partnership_id BLOB NOT NULL REFERENCES partnerships (id) ON DELETE RESTRICT,
    title TEXT NOT NULL,
    description TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('draft', 'open', 'offered', 'accepted', 'in_progress', 'done', 'verified', 'cancelled')),
    purpose TEXT NOT NULL CHECK (purpose IN ('partnership', 'goal', 'objective', 'need', 'decision', 'action_item')),
    -- What it serves. No foreign key: it stands in one of several tables, some of which stand on partnerships.
    purpose_ref BLOB,
    effort_hours INTEGER NOT NULL CHECK (effort_hours BETWEEN 1 AND 500),
    due_on TEXT,
    starts_at INTEGER,
    ends_at INTEGER,
    place TEXT,
    language TEXT,
    police_role TEXT NOT NULL CHECK (police_role IN ('none', 'support', 'lead')),
    leads_others INTEGER NOT NULL CHECK (leads_others IN (0, 1)),
    mentor_id BLOB REFERENCES accounts (id) ON DELETE RESTRICT,
    created_by_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    -- An administrator lets it overlap others of whoever takes it on.
    overlap_reason TEXT,
    overlap_allowed_by_id BLOB REFERENCES accounts (id) ON DELETE RESTRICT,
    cancel_reason TEXT,
    closed_at INTEGER,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CHECK ((purpose = 'partnership') = (purpose_ref IS NULL)),
    CHECK ((starts_at IS NULL) = (ends_at IS NULL)),
    CHECK (ends_at > starts_at),
    CHECK ((overlap_reason IS NULL) = (overlap_allowed_by_id IS NULL)),
    CHECK ((state = 'cancelled') = (cancel_reason IS NOT NULL)),
    CHECK ((state IN ('verified', 'cancelled')) = (closed_at IS NOT NULL))
) STRICT;
INSERT INTO tasks_remade (id, partnership_id, title, description, state, purpose, purpose_ref, effort_hours, due_on, starts_at, ends_at, place, language, police_role, leads_others, mentor_id, created_by_id, overlap_reason, overlap_allowed_by_id, cancel_reason, closed_at, version, created_at, updated_at)
SELECT id, partnership_id, title, description, state, purpose, purpose_ref, effort_hours, due_on, starts_at, ends_at, place, language, police_role, leads_others, mentor_id, created_by_id, overlap_reason, overlap_allowed_by_id, cancel_reason, closed_at, version, created_at, updated_at
FROM tasks;
DROP TABLE tasks;
ALTER TABLE tasks_remade RENAME TO tasks;
CREATE INDEX tasks_of_partnership ON tasks (partnership_id, created_at, id);
CREATE INDEX tasks_by_state ON tasks (partnership_id, state, created_at, id);
CREATE INDEX tasks_by_creator ON tasks (created_by_id, created_at, id);
CREATE INDEX tasks_of_mentor ON tasks (mentor_id);
CREATE INDEX tasks_by_overlap_allower ON tasks (overlap_allowed_by_id);
CREATE INDEX tasks_by_purpose ON tasks (purpose_ref);

CREATE TABLE officer_visits_remade (
    id BLOB PRIMARY KEY NOT NULL,
    -- The district that it took place in; the area that was named where that lies in none.
    area_id BLOB NOT NULL REFERENCES areas (id) ON DELETE RESTRICT,
    group_kind TEXT NOT NULL CHECK (group_kind IN ('neighborhood_watch', 'business_merchant_association', 'citizen_activist', 'faith', 'public_service_agency', 'school', 'tenant', 'partnership', 'other')),
    group_name TEXT,
    -- Folded: by it, the kind, the place and the time a colleague's log finds the visit.
    group_key TEXT,
    -- One of our meetings: by it alone.
    meeting_id BLOB REFERENCES meetings (id) ON DELETE RESTRICT,
    attended_on TEXT NOT NULL,
    starts_at INTEGER NOT NULL,
    first_logged_by_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    created_at INTEGER NOT NULL,
    CHECK ((group_name IS NULL) = (group_key IS NULL)),
    CHECK ((group_key IS NULL) <> (meeting_id IS NULL))
) STRICT;
INSERT INTO officer_visits_remade (id, area_id, group_kind, group_name, group_key, meeting_id, attended_on, starts_at, first_logged_by_id, created_at)
SELECT id, area_id, group_kind, group_name, group_key, meeting_id, attended_on, starts_at, first_logged_by_id, created_at
FROM officer_visits;
DROP TABLE officer_visits;
ALTER TABLE officer_visits_remade RENAME TO officer_visits;
CREATE UNIQUE INDEX officer_visits_one_per_meeting ON officer_visits (meeting_id);
CREATE INDEX officer_visits_of_area ON officer_visits (area_id, attended_on, group_key);
CREATE INDEX officer_visits_by_first ON officer_visits (first_logged_by_id);

CREATE TABLE officer_log_parts_remade (
    id BLOB PRIMARY KEY NOT NULL,
    officer_log_id BLOB NOT NULL REFERENCES officer_logs (id) ON DELETE CASCADE,
    officer_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    kind TEXT NOT NULL CHECK (kind IN ('commitment', 'follow_up', 'referral', 'concern')),
    -- Its place among those of its kind, from 0.
    position INTEGER NOT NULL CHECK (position BETWEEN 0 AND 19),
    what TEXT NOT NULL,
    due_on TEXT,
    assignee_id BLOB REFERENCES accounts (id) ON DELETE RESTRICT,
    referred_to TEXT,
    commitment_id BLOB REFERENCES commitments (id) ON DELETE RESTRICT,
    -- The task that a follow-up became; the officer's own where there is none.
    task_id BLOB REFERENCES tasks (id) ON DELETE RESTRICT,
    done_at INTEGER,
    -- When the log was amended and did not have it any more.
    removed_at INTEGER,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CHECK ((kind = 'commitment') = (commitment_id IS NOT NULL)),
    CHECK ((kind = 'referral') = (referred_to IS NOT NULL)),
    CHECK (task_id IS NULL OR kind = 'follow_up'),
    CHECK (done_at IS NULL OR (kind = 'follow_up' AND task_id IS NULL))
) STRICT;
INSERT INTO officer_log_parts_remade (id, officer_log_id, officer_id, kind, position, what, due_on, assignee_id, referred_to, commitment_id, task_id, done_at, removed_at, version, created_at, updated_at)
SELECT id, officer_log_id, officer_id, kind, position, what, due_on, assignee_id, referred_to, commitment_id, task_id, done_at, removed_at, version, created_at, updated_at
FROM officer_log_parts;
DROP TABLE officer_log_parts;
ALTER TABLE officer_log_parts_remade RENAME TO officer_log_parts;
CREATE INDEX officer_log_parts_of_log ON officer_log_parts (officer_log_id, kind, position);
CREATE INDEX officer_log_parts_of_officer ON officer_log_parts (officer_id, kind, created_at, id);
CREATE INDEX officer_log_parts_of_assignee ON officer_log_parts (assignee_id) WHERE assignee_id IS NOT NULL;
CREATE INDEX officer_log_parts_of_commitment ON officer_log_parts (commitment_id) WHERE commitment_id IS NOT NULL;
CREATE UNIQUE INDEX officer_log_parts_of_task ON officer_log_parts (task_id);
