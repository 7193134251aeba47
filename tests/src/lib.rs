//! What the system tests stand on: real servers and phones as processes, and the simulated world.

pub mod live;
