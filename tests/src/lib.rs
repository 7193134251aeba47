//! What the system tests stand on: real servers and phones as processes, the simulated world, hostile phones, what
//! a fuzzer drives, the common workload, and what is measured on it. The tests themselves are in `tests/`.

pub mod bench;
pub mod fuzz;
pub mod hostile;
pub mod live;
pub mod sim;
pub mod workload;
