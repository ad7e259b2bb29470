mod bad_input;
mod http;
mod idempotency;
mod jobs;
mod limits;
mod record;
