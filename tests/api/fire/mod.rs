//! Under fire: the real binary, killed, stopped and starved while clients write.

mod backup;
mod chance;
mod killed;
mod server;
mod statements;
mod stopped;
mod tampering;
mod wire;
mod writers;
