mod administration;
mod invitations;
mod own;
mod registration;
mod sessions;
mod tokens;
