//! Under fire: the real binary, killed, stopped and starved while clients write.

mod killed;
mod server;
mod stopped;
mod wire;
mod writers;
