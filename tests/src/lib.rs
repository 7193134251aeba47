//! What tests the whole: the deterministic simulator. The tests themselves are in `tests/`.

pub mod sim;
