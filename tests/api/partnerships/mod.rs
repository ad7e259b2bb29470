mod goals;
mod leadership;
mod lifecycle;
mod members;
mod missions;
mod races;
mod stages;
mod visibility;
