mod goals;
mod leadership;

mod lifecycle;
mod members;
mod missions;
mod pipeline;
mod races;
mod succession;
mod stages;
mod visibility;
