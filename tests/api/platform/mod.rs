mod bad_input;
mod executor;
mod healthcheck;
mod http;
mod idempotency;
mod jobs;
mod limits;
mod record;
