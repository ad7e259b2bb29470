mod administration;
mod invitations;
mod own;
mod races;
mod registration;
mod second_factors;
mod sessions;
mod tokens;
