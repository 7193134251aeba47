//! A request as a screen shows it.

use serde::Serialize;

use crate::merge::Context;
use crate::record::fold::Folded;
use crate::record::kinds::request::{Feedback, RequestDecision, RequestDetails};
use crate::record::schema::Fact;
use crate::view::kinds::header::Header;
use crate::view::kinds::holds::Holds;
use crate::view::kinds::parts::Parts;
use crate::view::kinds::said::{Fixed, Said};

/// A referral or request for assistance.
#[derive(Clone, Debug, Serialize)]
pub struct Request {
    /// What every record shows.
    #[serde(flatten)]
    pub header: Header,
    /// What was fixed when it was made.
    #[serde(flatten)]
    pub fixed: Fixed<RequestDetails>,
    /// What the agency asked decided.
    pub decisions: Vec<Said<RequestDecision>>,
    /// What whoever asked was told.
    pub feedback: Vec<Said<Feedback>>,
    /// When an answer is due.
    pub response_due: Holds,
}

impl Request {
    /// Reads a record of this kind.
    #[must_use]
    pub fn read(folded: &Folded, context: &Context<'_>) -> Self {
        let parts = Parts::of(folded, context);
        Self {
            header: Header::read(&parts),
            fixed: parts.fixed(),
            decisions: parts.all(),
            feedback: parts.all(),
            response_due: parts.holds(Fact::ResponseDue, "", None),
        }
    }
}
