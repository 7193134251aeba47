//! The steps are embedded when this crate is compiled: a new step must compile it again.
#![expect(clippy::print_stdout, reason = "how a build script speaks to cargo")]

fn main() {
    println!("cargo::rerun-if-changed=sqlite");
    println!("cargo::rerun-if-changed=postgres");
}
