//! Measures: what leads and chief officers see in figures. Each is defined once, as data
//! ([`catalogue`]); what a case adds to them is a pure function of its records' gists
//! ([`increments`]), so that sums kept with each commit equal a full recomputation.

pub mod bands;
pub mod catalogue;
pub mod increments;
pub mod published;

pub use catalogue::{MEASURES, Measure, Sort, measure};
pub use increments::{Increment, increments};
