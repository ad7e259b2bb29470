//! Meetings and officers' logs.

mod attendance;
mod logs;
mod minutes;
mod schedule;
