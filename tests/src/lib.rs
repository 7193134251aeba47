//! What the system tests stand on: real servers and phones as processes, the simulated world, hostile phones, what
//! a fuzzer drives, and the common workload. The tests themselves are in `tests/`.

pub mod fuzz;
pub mod hostile;
pub mod live;
pub mod sim;
pub mod workload;
