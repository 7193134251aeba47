//! A record of each kind as a screen shows it: typed values with who wrote them, corrections beside
//! what they correct, and what holds of each fact.
//!
//! [`KindView::read`] reads a record of whichever kind; [`signing_text`] is what a signature fixes.

mod assessment;
mod attachment;
mod case;
mod concern;
mod copied;
mod header;
mod holds;
mod intervention;
mod meeting;
mod parts;
mod plan;
mod request;
mod said;
mod sharing_decision;
mod significant_event;
mod signing;
mod views;
mod visit;

#[cfg(test)]
mod tests;

pub use assessment::{Assessment, Element};
pub use attachment::Attachment;
pub use case::{Case, PersonView};
pub use concern::Concern;
pub use copied::copied_text;
pub use header::{CopyView, Header, SignatureView};
pub use holds::Holds;
pub use intervention::Intervention;
pub use meeting::Meeting;
pub use plan::{Plan, RowView};
pub use request::Request;
pub use said::{Fixed, Said};
pub use sharing_decision::SharingDecision;
pub use significant_event::SignificantEvent;
pub use signing::signing_text;
pub use views::Views;
pub use visit::Visit;

use serde::Serialize;

use crate::merge::Context;
use crate::record::fold::Folded;
use crate::record::kind::Kind;

macro_rules! kind_view {
    ($($(#[$doc:meta])* $name:ident,)*) => {
        /// A record of whichever kind. Its JSON is that of the kind's own view, which names it.
        #[derive(Clone, Debug, Serialize)]
        #[serde(untagged)]
        pub enum KindView {
            $($(#[$doc])* $name(Box<$name>),)*
        }

        impl KindView {
            /// Reads a record.
            #[must_use]
            pub fn read(folded: &Folded, context: &Context<'_>) -> Self {
                match folded.envelope.kind() {
                    $(Kind::$name => Self::$name(Box::new($name::read(folded, context))),)*
                }
            }
        }
    };
}

kind_view! {
    /// A case's own record.
    Case,
    /// A concern.
    Concern,
    /// An assessment.
    Assessment,
    /// A plan.
    Plan,
    /// An intervention.
    Intervention,
    /// A visit.
    Visit,
    /// A meeting.
    Meeting,
    /// Views.
    Views,
    /// A request.
    Request,
    /// A decision on sharing.
    SharingDecision,
    /// A significant event.
    SignificantEvent,
    /// An attachment.
    Attachment,
}
