//! The commands, one file a noun.

pub(crate) mod access;
pub(crate) mod assessment;
pub(crate) mod attach;
pub(crate) mod case;
pub(crate) mod concern;
pub(crate) mod conflicts;
pub(crate) mod enrol;
pub(crate) mod event;
pub(crate) mod facts;
pub(crate) mod handover;
pub(crate) mod intervention;
pub(crate) mod join;
pub(crate) mod list;
pub(crate) mod meeting;
pub(crate) mod plan;
pub(crate) mod request;
pub(crate) mod returned;
pub(crate) mod share;
pub(crate) mod sharing_decision;
pub(crate) mod show;
pub(crate) mod sign;
pub(crate) mod status;
pub(crate) mod sync;
pub(crate) mod text;
pub(crate) mod views;
pub(crate) mod visit;
