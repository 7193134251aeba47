//! Phone.
fn main() {}
