//! What holds for every operation, generated over the API description: an operation that is new there and is not decided,
//! filled in or listed here fails a test.

mod bad_input;
mod closed;
mod decisions;
mod fields;
mod foreign;
mod hidden;
pub mod world;
