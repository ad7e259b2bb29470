//! Meetings and officers' logs.

mod attendance;
mod log_batch;
mod logs;
mod minutes;
mod notices;
mod schedule;
mod series;
