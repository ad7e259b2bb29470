mod achievability;
mod goals;
mod history;
mod leadership;

mod lifecycle;
mod matching;
mod members;
mod missions;
mod pipeline;
mod races;
mod resources;
mod stages;
mod succession;
mod tasks;
mod visibility;
