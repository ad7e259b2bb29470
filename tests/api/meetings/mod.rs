//! Meetings and officers' logs.

mod attendance;
mod calendars;
mod item_tasks;
mod log_batch;
mod logs;
mod minutes;
mod notices;
mod regularity;
mod schedule;
mod series;
mod visits;
