//! Endpoints of meetings and officers' logs, one file per resource.

mod action_items;
mod attendance;
mod changes;
mod log_answers;
mod log_batch;
mod log_body;
mod log_shown;
mod logs;
mod meetings;
mod rsvps;
mod shown;

use crate::meetings::{
    agenda, calendars, commitments, minutes, notices, open_meetings, parts, regularity, reminders, session, visits,
};
pub use changes::{CancelMeeting, PlaceChanges};
pub use log_shown::{OfficerLogDetail, faces as log_faces, shown as logs_shown};
pub use meetings::{NewPlace, demand_area, demand_purpose, each_once, fits, next_meetings, tags};
pub use rsvps::{demand_takes_answers, put_answer};
pub use shown::{MeetingDetail, PlaceShown};

use super::series;
use crate::platform::http::Routes;
pub use shown::{Hold, event, load, load_for, one};

/// Adds this slice's endpoints.
pub fn routes(config: &mut Routes<'_, '_>) {
    config
        .service(meetings::schedule_meeting)
        .service(meetings::list_partnership_meetings)
        .service(meetings::list_meetings)
        .service(meetings::get_meeting)
        .service(changes::update_meeting)
        .service(changes::cancel_meeting)
        .service(changes::start_meeting)
        .service(changes::adjourn_meeting)
        .service(meetings::list_meeting_timeline)
        .service(notices::request_notice_subscription)
        .service(notices::confirm_notice_subscription)
        .service(notices::renew_notice_subscription)
        .service(notices::leave_notice_subscription)
        .service(notices::leave_by_one_click)
        .service(notices::list_meeting_notices)
        .service(series::create_meeting_series)
        .service(series::list_meeting_series)
        .service(series::get_meeting_series)
        .service(series::list_series_instances)
        .service(series::list_meeting_series_timeline)
        .service(series::update_meeting_series)
        .service(series::split_meeting_series)
        .service(series::cancel_meeting_series)
        .service(calendars::get_partnership_calendar)
        .service(calendars::get_area_calendar)
        .service(calendars::get_meeting_calendar)
        .service(calendars::get_personal_calendar)
        .service(calendars::get_calendar_address)
        .service(calendars::make_calendar_address)
        .service(calendars::revoke_calendar_address)
        .service(rsvps::answer_rsvp)
        .service(rsvps::list_rsvps)
        .service(reminders::answer_rsvp_link)
        .service(reminders::get_meeting_reminders)
        .service(reminders::set_meeting_reminders)
        .service(reminders::stop_reminders_by_one_click)
        .service(attendance::record_attendance)
        .service(attendance::remove_attendance)
        .service(attendance::record_presence)
        .service(attendance::record_head_count)
        .service(attendance::get_attendance)
        .service(attendance::list_attendees)
        .service(session::get_check_in_code)
        .service(session::check_in)
        .service(session::call_decision_in_meeting)
        .service(session::record_decision_by_voice)
        .service(session::confirm_decision_by_voice)
        .service(session::list_meeting_decisions)
        .service(session::recess_meeting)
        .service(session::resume_meeting)
        .service(session::list_executive_sessions)
        .service(open_meetings::get_open_meetings_policy)
        .service(open_meetings::set_open_meetings_policy)
        .service(open_meetings::end_open_meetings_policy)
        .service(agenda::get_agenda)
        .service(agenda::update_agenda)
        .service(agenda::lock_agenda)
        .service(agenda::propose_agenda_item)
        .service(agenda::get_agenda_item)
        .service(agenda::update_agenda_item)
        .service(agenda::accept_agenda_item)
        .service(agenda::defer_agenda_item)
        .service(agenda::decline_agenda_item)
        .service(minutes::write_minutes)
        .service(minutes::get_minutes)
        .service(minutes::list_minutes_versions)
        .service(minutes::get_minutes_draft)
        .service(minutes::circulate_minutes)
        .service(minutes::assent_to_minutes)
        .service(minutes::propose_minutes)
        .service(minutes::publish_minutes)
        .service(minutes::correct_minutes)
        .service(minutes::assent_to_minutes_correction)
        .service(minutes::redact_minutes)
        .service(minutes::create_correction_request)
        .service(minutes::list_correction_requests)
        .service(minutes::get_correction_request)
        .service(minutes::accept_correction_request)
        .service(minutes::decline_correction_request)
        .service(minutes::maintain_correction_request)
        .service(minutes::withdraw_correction_request)
        .service(action_items::create_action_item)
        .service(action_items::list_action_items)
        .service(action_items::get_action_item)
        .service(action_items::update_action_item)
        .service(action_items::complete_action_item)
        .service(action_items::drop_action_item)
        .service(logs::log_meeting)
        .service(log_batch::log_meetings)
        .service(logs::list_officer_logs)
        .service(logs::get_officer_log)
        .service(logs::list_officer_log_versions)
        .service(logs::list_officer_log_timeline)
        .service(log_answers::amend_officer_log)
        .service(log_answers::confirm_officer_log)
        .service(log_answers::dispute_officer_log)
        .service(visits::get_officer_visit)
        .service(parts::list_own_follow_ups)
        .service(parts::complete_follow_up)
        .service(commitments::list_commitments)
        .service(commitments::list_own_commitments)
        .service(commitments::get_commitment)
        .service(commitments::claim_commitment)
        .service(commitments::confirm_commitment)
        .service(commitments::break_commitment)
        .service(commitments::renegotiate_commitment)
        .service(commitments::release_commitment)
        .service(regularity::create_group_schedule)
        .service(regularity::list_group_schedules)
        .service(regularity::get_group_schedule)
        .service(regularity::end_group_schedule)
        .service(regularity::get_officer_regularity)
        .service(regularity::list_officer_group_regularity)
        .service(regularity::get_area_regularity)
        .service(regularity::list_area_group_regularity);
}
