//! The steps are embedded when this crate is compiled: a new step must compile it again.

fn main() {
    println!("cargo::rerun-if-changed=sqlite");
    println!("cargo::rerun-if-changed=postgres");
}
