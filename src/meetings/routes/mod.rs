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
use crate::platform::http::Operations;
pub use shown::{Hold, event, load, load_for, one};

/// This slice's operations.
pub const OPERATIONS: Operations = Operations::all(&[
    meetings::OPERATIONS,
    changes::OPERATIONS,
    notices::OPERATIONS,
    series::OPERATIONS,
    calendars::OPERATIONS,
    rsvps::OPERATIONS,
    reminders::OPERATIONS,
    attendance::OPERATIONS,
    session::OPERATIONS,
    open_meetings::OPERATIONS,
    agenda::OPERATIONS,
    minutes::OPERATIONS,
    action_items::OPERATIONS,
    logs::OPERATIONS,
    log_batch::OPERATIONS,
    log_answers::OPERATIONS,
    visits::OPERATIONS,
    parts::OPERATIONS,
    commitments::OPERATIONS,
    regularity::OPERATIONS,
]);
