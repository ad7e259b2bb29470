//! Meetings and officers' logs.

mod agenda;
mod attendance;
mod calendars;
mod drafted;
mod item_tasks;
mod leaving;
mod log_batch;
mod log_links;
mod log_outside;
mod logs;
mod maintained;
mod minutes;
mod notices;
mod open_meetings;
mod quorum;
mod redactions;
mod regularity;
mod reminders;
mod reviewed;
mod schedule;
mod series;
mod session;
mod together;
mod told;
mod visits;
mod withheld;
