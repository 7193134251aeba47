//! What the system tests stand on: real servers and phones as processes, and the simulated world.
//! The tests themselves are in `tests/`.

pub mod live;
pub mod sim;
