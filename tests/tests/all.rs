//! The one test binary of the system tests: linking the server once is enough.

mod architecture;
mod e2e;
mod sim;
mod workload;
