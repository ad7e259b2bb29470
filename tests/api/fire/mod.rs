//! Under fire: the real binary, killed, stopped and starved while clients write.

mod backup;
pub mod chance;
mod cut;
mod exhausted;
mod killed;
mod migrated;
mod noticed;
mod outage;
mod proxy;
pub mod server;
mod stalled;
mod starved;
mod statements;
mod stopped;
mod synced;
mod tampering;
mod twins;
mod wire;
mod writers;
