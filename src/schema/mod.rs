//! Every table of the slices, once for both engines; columns name our SQL types, never an engine's. A test compares this
//! with what the migrations of both engines make.
#![expect(missing_docs, reason = "diesel's macro makes an item of each column")]

mod accounts_tables;
mod directory_tables;
mod meetings_tables;
mod partnerships_tables;
mod tasks_tables;

pub use accounts_tables::*;
pub use directory_tables::*;
pub use meetings_tables::*;
pub use partnerships_tables::*;
pub use tasks_tables::*;

pub use crate::platform::db::schema::*;

diesel::joinable!(sessions -> accounts (account_id));

diesel::allow_tables_to_appear_in_same_query!(
    agencies,
    areas,
    area_ancestors,
    resource_links,
    accounts,
    sessions,
    refresh_tokens,
    authenticators,
    recovery_codes,
    authenticator_resets,
    invitations,
    mail_tokens,
    account_skills,
    account_interests,
    account_growth,
    account_languages,
    account_preferences,
    account_availability,
    assignments,
    partnerships,
    founders,
    memberships,
    membership_invitations,
    leadership_seats,
    missions,
    mission_signatures,
    goals,
    goal_signatures,
    objectives,
    measurements,
    group_skills,
    tasks,
    task_skills,
    task_topics,
    task_offers,
    task_assignments,
    commendations,
    meetings,
    rsvps,
    attendances,
    head_counts,
    minutes,
    minutes_versions,
    minutes_signatures,
    action_items,
    officer_logs,
    officer_log_versions,
);
