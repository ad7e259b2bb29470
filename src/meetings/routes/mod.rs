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
mod minutes;
mod rsvps;
mod shown;

use crate::meetings::{calendars, commitments, notices, parts, regularity, visits};
pub use changes::CancelMeeting;
pub use log_shown::{OfficerLogDetail, faces as log_faces, shown as logs_shown};
pub use meetings::{NewPlace, demand_area, each_once, fits, next_meetings, tags};
pub use shown::{MeetingDetail, PlaceShown};

use super::series;
use crate::platform::http::Routes;
pub use shown::{Hold, event, load_for};

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
        .service(attendance::record_attendance)
        .service(attendance::remove_attendance)
        .service(attendance::record_head_count)
        .service(attendance::get_attendance)
        .service(attendance::list_attendees)
        .service(minutes::write_minutes)
        .service(minutes::get_minutes)
        .service(minutes::list_minutes_versions)
        .service(minutes::sign_minutes)
        .service(minutes::publish_minutes)
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
