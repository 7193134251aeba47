//! A draft of whichever kind, as it comes from JSON.

use serde::{Deserialize, Serialize};

use crate::record::change::NewEntry;
use crate::record::kind::Kind;
use crate::record::kinds::Draft;
use crate::record::kinds::assessment::AssessmentDraft;
use crate::record::kinds::attachment::AttachmentDraft;
use crate::record::kinds::concern::ConcernDraft;
use crate::record::kinds::intervention::InterventionDraft;
use crate::record::kinds::meeting::MeetingDraft;
use crate::record::kinds::plan::PlanDraft;
use crate::record::kinds::request::RequestDraft;
use crate::record::kinds::sharing_decision::SharingDecisionDraft;
use crate::record::kinds::significant_event::SignificantEventDraft;
use crate::record::kinds::views::ViewsDraft;
use crate::record::kinds::visit::VisitDraft;

macro_rules! any {
    ($($(#[$doc:meta])* $name:ident($draft:ident),)*) => {
        /// A draft of whichever kind. In JSON `kind` names it: `{"kind": "visit", "at": 0}`.
        #[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
        #[serde(tag = "kind", rename_all = "snake_case")]
        pub enum AnyDraft {
            $($(#[$doc])* $name(Box<$draft>),)*
        }

        impl Draft for AnyDraft {
            fn kind(&self) -> Kind {
                match self { $(Self::$name(draft) => draft.kind(),)* }
            }

            fn entries(&self) -> Vec<NewEntry> {
                match self { $(Self::$name(draft) => draft.entries(),)* }
            }
        }

        $(impl From<$draft> for AnyDraft {
            fn from(draft: $draft) -> Self {
                Self::$name(Box::new(draft))
            }
        })*
    };
}

any! {
    /// A concern.
    Concern(ConcernDraft),
    /// An assessment.
    Assessment(AssessmentDraft),
    /// A plan.
    Plan(PlanDraft),
    /// An intervention.
    Intervention(InterventionDraft),
    /// A visit.
    Visit(VisitDraft),
    /// A meeting.
    Meeting(MeetingDraft),
    /// Views.
    Views(ViewsDraft),
    /// A request.
    Request(RequestDraft),
    /// A decision on sharing.
    SharingDecision(SharingDecisionDraft),
    /// A significant event.
    SignificantEvent(SignificantEventDraft),
    /// An attachment.
    Attachment(AttachmentDraft),
}
