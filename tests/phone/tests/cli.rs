//! The terminal phone as scripts drive it: the built program, offline, on an enrolled phone.

#[cfg(test)]
mod damage;
#[cfg(test)]
mod kinds;
#[cfg(test)]
mod merging;
#[cfg(test)]
mod naming;
#[cfg(test)]
mod support;
#[cfg(test)]
mod writing;
