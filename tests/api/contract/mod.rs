//! What holds for everything, whoever writes the next slice: the description, the floors of the house, the two schemas.

mod description;
mod floors;
mod schema;
mod sources;
