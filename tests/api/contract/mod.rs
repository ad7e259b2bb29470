//! What holds for everything, whoever writes the next slice: the description, the floors of the house, the two schemas.

mod committed;
mod description;
mod faults;
mod floors;
mod plans;
mod schema;
mod sources;
