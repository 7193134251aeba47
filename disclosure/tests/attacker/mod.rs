//! An attacker who has nothing but the published spreadsheets, and what is needed to try him: random
//! areas, their editions as text, and a verdict. He shares no code with the library: `read`, `system`,
//! `simplex` and `attack` see text and common knowledge only.

pub(crate) mod area;
pub(crate) mod attack;
pub(crate) mod editions;
pub(crate) mod known;
pub(crate) mod read;
pub(crate) mod simplex;
pub(crate) mod system;
pub(crate) mod verdict;
