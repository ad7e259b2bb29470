//! Threekeys: a REST service for police and community partnerships, along the three trust-based keys of community policing.
//!
//! # The map of the house
//!
//! | room | what is in it |
//! |---|---|
//! | [`platform`] | the ground floor: configuration, database, HTTP, the record, background work, keys; no domain word in it |
//! | [`accounts`] | people: what they are, how they prove it, sessions, invitations |
//! | [`directory`] | agencies, areas, the emergency block, resource links, who is on duty where |
//! | [`partnerships`] | **Key 1**: partnerships, members, leaders of both sides, what both decide together, mission, one goal with its objectives |
//! | [`communication`] | **Key 2**: the communication plan, with techniques, procedures and individuals |
//! | [`meetings`] | meetings with their attendance, minutes and action items, and officers' logs of any group's meeting |
//! | [`reports`] | what is read across slices: a partnership's page in one answer |
//! | [`app`] | the one place that knows every slice: routes, jobs, events, limits, the server |
//! | [`demo`] | a believable installation, made through the routes as clients would |
//! | [`cli`] | the command line |
//!
//! Floors: `platform` ← slices ← `app` ← `demo` ← `cli`; among the slices `accounts` ← `directory` ← `partnerships` ← `communication`
//! ← `meetings`.
//! A slice uses another only through what its `mod.rs` re-exports.
//!
//! A slice is a vertical cut with the same few files: `mod.rs` (what it is, its invariants, what it offers), `routes/` (request
//! and response types, handlers), `policy.rs` (who may), `model.rs` (rows, words), pure rule files named for the rule
//! (`formation.rs`, `progress.rs`), `queries/` (SQL).
//!
//! # The way of a request
//!
//! ```text
//! client
//!  │ 1 request id, envelope, limits, deadline, headers                    platform/http/shell.rs
//!  │ 2 extractors: Ctx · Path<Id> · IfMatch · Valid<Body> · Listing<Filter>
//!  │ 3 handler                                                            partnerships/routes/goals.rs
//!  │ 4   ctx.write(|tx, actor| …) ──► a database thread, one transaction  platform/http/ctx.rs, platform/db/executor.rs
//!  │ 5     the caller's session and account, loaded afresh                accounts/actor.rs
//!  │ 6     policy: the row as this actor may have it, or 404, or 403      partnerships/{standing,policy}.rs
//!  │ 7     pure rules                                                     partnerships/{lifecycle,formation,progress}.rs
//!  │ 8     queries                                                        partnerships/queries/
//!  │ 9     tx.recorded(event, answer): without its record nothing leaves  platform/record
//!  │10   COMMIT, with the idempotency key's answer (or everything undone)
//!  ▼ errors from anywhere → application/problem+json                      platform/error.rs
//! after commit: the sealer chains the record; jobs send mail
//! ```
//!
//! Reads are the same without 8 to 10. Data goes down, then up; nothing is fetched twice.

pub mod accounts;
pub mod app;
pub mod cli;
pub mod communication;
pub mod demo;
pub mod directory;
pub mod ids;
pub mod meetings;
pub mod partnerships;
pub mod permissions;
pub mod platform;
pub mod reports;
pub mod schema;
