//! Meetings and officers' logs.

mod attendance;
mod calendars;
mod log_batch;
mod logs;
mod minutes;
mod notices;
mod reminders;
mod schedule;
mod series;
