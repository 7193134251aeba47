//! The one test binary of the system tests: linking the server once is enough.

#[cfg(test)]
mod architecture;
#[cfg(test)]
mod e2e;
#[cfg(test)]
mod full;
#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod hostile;
#[cfg(all(test, target_os = "linux"))]
mod power;
#[cfg(test)]
mod restores;
#[cfg(test)]
mod sim;
#[cfg(test)]
mod together;
#[cfg(test)]
mod workload;
