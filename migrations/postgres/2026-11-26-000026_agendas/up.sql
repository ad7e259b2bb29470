-- The agenda of a meeting: who chairs, in which order, and since when it is fixed. Made when somebody first touches it.
CREATE TABLE agendas (
    meeting_id uuid PRIMARY KEY NOT NULL REFERENCES meetings (id) ON DELETE RESTRICT,
    -- Who chairs of each side; both together are advised.
    civilian_chair_id uuid REFERENCES accounts (id) ON DELETE RESTRICT,
    police_chair_id uuid REFERENCES accounts (id) ON DELETE RESTRICT,
    -- Items in the order that was set; others follow as they were proposed.
    item_order jsonb NOT NULL,
    -- When a leader locked it by hand; notice of the meeting locks it as well.
    locked_at timestamptz,
    locked_by_id uuid REFERENCES accounts (id) ON DELETE RESTRICT,
    version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CHECK ((locked_at IS NULL) = (locked_by_id IS NULL))
);
CREATE INDEX agendas_by_civilian_chair ON agendas (civilian_chair_id);
CREATE INDEX agendas_by_police_chair ON agendas (police_chair_id);
CREATE INDEX agendas_by_locker ON agendas (locked_by_id);

CREATE TABLE agenda_items (
    id uuid PRIMARY KEY NOT NULL,
    meeting_id uuid NOT NULL REFERENCES meetings (id) ON DELETE RESTRICT,
    title text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('inform', 'discuss', 'decide', 'plan', 'review')),
    presenter_id uuid REFERENCES accounts (id) ON DELETE RESTRICT,
    minutes integer NOT NULL CHECK (minutes BETWEEN 1 AND 240),
    links jsonb NOT NULL,
    state text NOT NULL CHECK (state IN ('proposed', 'accepted', 'deferred', 'declined')),
    decline_reason text,
    proposed_by_id uuid NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    decided_by_id uuid REFERENCES accounts (id) ON DELETE RESTRICT,
    decided_at timestamptz,
    -- The item of an earlier meeting that it goes on with.
    deferred_from_id uuid REFERENCES agenda_items (id) ON DELETE RESTRICT,
    -- The last change after the agenda was locked: when, whose and why.
    changed_after_lock_at timestamptz,
    changed_by_id uuid REFERENCES accounts (id) ON DELETE RESTRICT,
    change_reason text,
    version bigint NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CHECK ((state = 'declined') = (decline_reason IS NOT NULL)),
    CHECK ((state = 'proposed') = (decided_at IS NULL)),
    CHECK ((decided_at IS NULL) = (decided_by_id IS NULL)),
    CHECK ((changed_after_lock_at IS NULL) = (changed_by_id IS NULL)),
    CHECK ((changed_after_lock_at IS NULL) = (change_reason IS NULL))
);
CREATE INDEX agenda_items_of_meeting ON agenda_items (meeting_id, created_at, id);
CREATE UNIQUE INDEX agenda_items_one_successor ON agenda_items (deferred_from_id);
CREATE INDEX agenda_items_by_presenter ON agenda_items (presenter_id);
CREATE INDEX agenda_items_by_proposer ON agenda_items (proposed_by_id);
CREATE INDEX agenda_items_by_decider ON agenda_items (decided_by_id);
CREATE INDEX agenda_items_by_changer ON agenda_items (changed_by_id);

-- Who facilitated which item of an agenda, for the way to leading.
CREATE TABLE facilitations (
    -- The item. No foreign key: meetings stand above partnerships.
    agenda_item uuid PRIMARY KEY NOT NULL,
    partnership_id uuid NOT NULL REFERENCES partnerships (id) ON DELETE RESTRICT,
    account_id uuid NOT NULL REFERENCES accounts (id) ON DELETE RESTRICT,
    created_at timestamptz NOT NULL
);
CREATE INDEX facilitations_of_partnership ON facilitations (partnership_id, account_id);
CREATE INDEX facilitations_of_account ON facilitations (account_id);
