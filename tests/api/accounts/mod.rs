mod administration;
mod invitations;
mod own;
mod registration;
mod second_factors;
mod sessions;
mod tokens;
