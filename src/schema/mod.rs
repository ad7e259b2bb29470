//! Every table of the slices, once for both engines; columns name our SQL types, never an engine's. A test compares this
//! with what the migrations of both engines make.
#![expect(missing_docs, reason = "diesel's macro makes an item of each column")]

mod accounts_tables;
mod agenda_tables;
mod calendars_tables;
mod communication_tables;
mod decisions_tables;
mod directory_tables;
mod follow_through_tables;
mod goals_tables;
mod leadership_tables;
mod meetings_tables;
mod minutes_tables;
mod notices_tables;
mod partnerships_tables;
mod resources_tables;
mod series_tables;
mod session_tables;
mod stages_tables;
mod tasks_tables;

pub use accounts_tables::*;
pub use agenda_tables::*;
pub use calendars_tables::*;
pub use communication_tables::*;
pub use decisions_tables::*;
pub use directory_tables::*;
pub use follow_through_tables::*;
pub use goals_tables::*;
pub use leadership_tables::*;
pub use meetings_tables::*;
pub use minutes_tables::*;
pub use notices_tables::*;
pub use partnerships_tables::*;
pub use resources_tables::*;
pub use series_tables::*;
pub use session_tables::*;
pub use stages_tables::*;
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
    seat_successions,
    seat_presentations,
    seat_candidates,
    shadowings,
    readiness,
    promotions,
    promotion_changes,
    development_plans,
    development_reviews,
    missions,
    mission_signatures,
    goals,
    goal_signatures,
    goal_contributors,
    goal_amendments,
    objectives,
    measurements,
    needs,
    needs_reviews,
    partners,
    partner_invitations,
    pledges,
    deliveries,
    life_cycles,
    agreements,
    agreement_signatures,
    suspensions,
    communication_plans,
    plan_techniques,
    plan_procedures,
    plan_individuals,
    plan_signatures,
    decisions,
    decision_texts,
    decision_corrections,
    decision_roster,
    decision_sides,
    decision_stances,
    decision_blocks,
    decision_assents,
    decision_outcomes,
    group_skills,
    tasks,
    task_skills,
    task_topics,
    task_offers,
    task_assignments,
    commendations,
    meetings,
    meeting_stamps,
    rsvps,
    attendances,
    head_counts,
    minutes,
    minutes_versions,
    minutes_assents,
    correction_requests,
    minutes_corrections,
    minutes_correction_assents,
    minutes_redactions,
    meeting_follow_ups,
    stopped_reminders,
    action_items,
    officer_logs,
    officer_log_versions,
    officer_visits,
    officer_visit_logs,
    commitments,
    officer_log_parts,
    group_schedules,
    notice_subscriptions,
    notices,
    notice_deliveries,
    meeting_times,
    reminded_meetings,
    meeting_reminders,
    mails,
    meeting_series,
    series_instances,
    calendar_addresses,
    agendas,
    agenda_items,
    facilitations,
    executive_sessions,
    meeting_decisions,
    open_meetings_policies,
);

diesel::allow_columns_to_appear_in_same_group_by_clause!(notice_deliveries::notice_id, mails::state,);
