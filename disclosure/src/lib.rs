//! Statistical disclosure control: what to hide in published tables so that no small count can be
//! worked out, from this edition or from all that were ever published.
//!
//! [`mask`] makes an [`Edition`] from exact tables; [`audit`] says what an attacker can know from
//! editions. Neither reads a clock, a file or chance. `docs/disclosure.md` tells the method, what the
//! attacker is taken to know, and how it compares.

mod assemble;
mod audit;
mod dimension;
mod edition;
mod error;
mod field;
mod lone;
mod mask;
mod protect;
mod publish;
mod rules;
mod search;
mod shape;
mod system;
mod table;

pub use assemble::Past;
pub use audit::{Audit, Detail, Finding, audit};
pub use dimension::{ALL, Dimension};
pub use edition::{Cell, Edition, MaskedRate, MaskedTable, RateCell, Statistics};
pub use error::Invalid;
pub use mask::{Release, mask};
pub use rules::{Attacker, Rules, Zeros};
pub use table::{Block, Link, Rate, Table};
