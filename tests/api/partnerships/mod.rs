mod achievability;
mod amendments;
mod decision_races;
mod decisions;
mod goals;
mod history;
mod leadership;

mod lifecycle;
mod members;
mod missions;
mod pipeline;
mod races;
mod resources;
mod stages;
mod succession;
mod visibility;
