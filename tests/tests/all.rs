//! The one test binary of the system tests: linking the server once is enough.

mod architecture;
#[cfg(test)]
mod workload;
