//! The terminal phone as scripts drive it: the built program, offline, on an enrolled phone.

mod damage;
mod merging;
mod naming;
mod support;
mod writing;
