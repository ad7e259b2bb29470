-- The agenda of a meeting: who chairs, in which order, and since when it is fixed. Made when somebody first touches it.
CREATE TABLE agendas (
    meeting_id BLOB PRIMARY KEY NOT NULL REFERENCES meetings (id) ON DELETE RESTRICT,
    -- Who chairs of each side; both together are advised.
    civilian_chair_id BLOB REFERENCES accounts (id) ON DELETE RESTRICT,
    police_chair_id BLOB REFERENCES accounts (id) ON DELETE RESTRICT,
    -- Items in the order that was set; others follow as they were proposed.
    item_order TEXT NOT NULL,
    -- When a leader locked it by hand; notice of the meeting locks it as well.
    locked_at INTEGER,
    locked_by_id BLOB REFERENCES accounts (id) ON DELETE RESTRICT,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CHECK ((locked_at IS NULL) = (locked_by_id IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX agendas_by_civilian_chair ON agendas (civilian_chair_id);
CREATE INDEX agendas_by_police_chair ON agendas (police_chair_id);
CREATE INDEX agendas_by_locker ON agendas (locked_by_id);

CREATE TABLE agenda_items (
    id BLOB PRIMARY KEY NOT NULL,
    meeting_id BLOB NOT NULL REFERENCES meetings (id) ON DELETE RESTRICT,
    title TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('inform', 'discuss', 'decide', 'plan', 'review')),
    presenter_id BLOB REFERENCES accounts (id) ON DELETE RESTRICT,
    minutes INTEGER NOT NULL CHECK (minutes BETWEEN 1 AND 240),
    links TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('proposed', 'accepted', 'deferred', 'declined')),
    decline_reason TEXT,
    proposed_by_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    decided_by_id BLOB REFERENCES accounts (id) ON DELETE RESTRICT,
    decided_at INTEGER,
    -- The item of an earlier meeting that it goes on with.
    deferred_from_id BLOB REFERENCES agenda_items (id) ON DELETE RESTRICT,
    -- The last change after the agenda was locked: when, whose and why.
    changed_after_lock_at INTEGER,
    changed_by_id BLOB REFERENCES accounts (id) ON DELETE RESTRICT,
    change_reason TEXT,
    version INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    CHECK ((state = 'declined') = (decline_reason IS NOT NULL)),
    CHECK ((state = 'proposed') = (decided_at IS NULL)),
    CHECK ((decided_at IS NULL) = (decided_by_id IS NULL)),
    CHECK ((changed_after_lock_at IS NULL) = (changed_by_id IS NULL)),
    CHECK ((changed_after_lock_at IS NULL) = (change_reason IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX agenda_items_of_meeting ON agenda_items (meeting_id, created_at, id);
CREATE UNIQUE INDEX agenda_items_one_successor ON agenda_items (deferred_from_id);
CREATE INDEX agenda_items_by_presenter ON agenda_items (presenter_id);
CREATE INDEX agenda_items_by_proposer ON agenda_items (proposed_by_id);
CREATE INDEX agenda_items_by_decider ON agenda_items (decided_by_id);
CREATE INDEX agenda_items_by_changer ON agenda_items (changed_by_id);

-- Who facilitated which item of an agenda, for the way to leading.
CREATE TABLE facilitations (
    -- The item. No foreign key: meetings stand above partnerships.
    agenda_item BLOB PRIMARY KEY NOT NULL,
    partnership_id BLOB NOT NULL REFERENCES partnerships (id) ON DELETE RESTRICT,
    account_id BLOB NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX facilitations_of_partnership ON facilitations (partnership_id, account_id);
CREATE INDEX facilitations_of_account ON facilitations (account_id);
