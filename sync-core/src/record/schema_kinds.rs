//! The collections of each kind and the facts each kind may hold.

use crate::limits::{DEPENDENCIES_PER_CHANGE, STRING_BYTES};
use crate::record::kind::Kind;
use crate::record::schema::FieldType::{Bool, ByFact, Bytes, Choice, Date, Entry, Int, Text, Time};
use crate::record::schema::{
    AMENDMENTS, COPIES, Collection, DETAILS, FACTS, Fact, Field, FieldType, SIGNATURES, TEXTS,
};

const LINE: FieldType = Text(200);
const WORDS: FieldType = Text(4_000);
const NARRATIVE: FieldType = Text(STRING_BYTES);
/// The names of a version's last changes: 32 digits, a hyphen and a number each.
const VERSION: FieldType = Text(44 * DEPENDENCIES_PER_CHANGE);

const fn must(code: u8, name: &'static str, holds: FieldType) -> Field {
    Field { code, name, holds, required: true }
}

const fn may(code: u8, name: &'static str, holds: FieldType) -> Field {
    Field { code, name, holds, required: false }
}

const fn set(code: u8, name: &'static str, fields: &'static [Field]) -> Collection {
    Collection { code, name, fields, co_written: false }
}

/// In every kind.
const COMMON: &[Collection] = &[
    set(
        FACTS,
        "facts",
        &[
            must(1, "fact", Int),
            may(2, "subject", Text(120)),
            must(3, "value", ByFact),
            may(4, "reason", WORDS),
            may(5, "framework", LINE),
            may(6, "confidential", Bool),
        ],
    ),
    set(
        AMENDMENTS,
        "amendments",
        &[must(1, "of", Entry), must(2, "text", NARRATIVE), must(3, "reason", WORDS)],
    ),
    set(
        SIGNATURES,
        "signatures",
        &[must(1, "text", NARRATIVE), must(2, "digest", Bytes(32)), may(3, "role", LINE)],
    ),
    set(
        COPIES,
        "copies",
        &[
            must(1, "from", Bytes(16)),
            must(2, "digest", Bytes(32)),
            must(3, "text", NARRATIVE),
            must(4, "original_by", Bytes(16)),
            must(5, "original_at", Time),
            may(6, "reason", WORDS),
            may(7, "withdraws", Bool),
            may(8, "version", VERSION),
        ],
    ),
];

const CASE: &[Collection] = &[
    set(16, "persons", &[must(1, "name", LINE), must(2, "relation", LINE), may(3, "born", Date)]),
    set(17, "relationships", &[must(1, "of", Entry), must(2, "to", Entry), must(3, "is", LINE)]),
    set(
        18,
        "aliases",
        &[must(1, "case", Bytes(16)), must(2, "reason", WORDS), may(3, "undone", Bool)],
    ),
];

const CONCERN: &[Collection] = &[
    set(
        DETAILS,
        "details",
        &[
            must(1, "seen", NARRATIVE),
            may(2, "action", WORDS),
            may(3, "place", LINE),
            may(4, "when", Time),
        ],
    ),
    set(17, "indicators", &[must(1, "code", LINE), may(2, "framework", LINE)]),
    set(18, "told", &[must(1, "who", LINE), must(2, "when", Time), may(3, "how", LINE)]),
    set(19, "decisions", &[must(1, "decision", WORDS), may(2, "feedback", WORDS)]),
];

const ASSESSMENT: &[Collection] = &[
    set(
        DETAILS,
        "details",
        &[must(1, "framework", LINE), must(2, "form", LINE), may(3, "form_version", LINE)],
    ),
    Collection {
        code: TEXTS,
        name: "texts",
        fields: &[must(1, "element", LINE)],
        co_written: true,
    },
    set(
        17,
        "findings",
        &[
            must(1, "element", LINE),
            must(2, "sort", Choice(&["strength", "need", "evidence", "not_applicable"])),
            may(3, "text", NARRATIVE),
        ],
    ),
    set(18, "disagreements", &[may(1, "element", LINE), must(2, "text", NARRATIVE)]),
    set(19, "conclusions", &[must(1, "text", NARRATIVE)]),
];

const PLAN: &[Collection] = &[set(
    16,
    "rows",
    &[
        must(50, "need", WORDS),
        must(51, "action", WORDS),
        may(52, "outcome", WORDS),
        may(53, "evidence", WORDS),
        may(54, "agency", Bytes(16)),
        may(55, "person", LINE),
        may(56, "due", Date),
        may(57, "status", Choice(crate::record::schema_facts::ACTION_STATUS)),
        may(58, "rating", Choice(crate::record::schema_facts::RATING)),
    ],
)];

const INTERVENTION: &[Collection] = &[
    set(
        DETAILS,
        "details",
        &[
            must(1, "what", WORDS),
            may(2, "plan", Bytes(16)),
            may(3, "row", Entry),
            may(4, "from", Date),
        ],
    ),
    set(17, "sessions", &[must(1, "at", Time), may(2, "minutes", Int), may(3, "note", NARRATIVE)]),
];

const VISIT: &[Collection] = &[
    set(
        DETAILS,
        "details",
        &[
            must(1, "at", Time),
            may(2, "planned", Time),
            may(3, "minutes", Int),
            may(4, "place", LINE),
            may(5, "sort", LINE),
            may(6, "purpose", WORDS),
            may(7, "present", WORDS),
            may(8, "child_seen", Bool),
            may(9, "seen_alone", Bool),
            may(10, "next_contact", Date),
            may(11, "visit_group", Bytes(16)),
            may(12, "reference", LINE),
        ],
    ),
    set(17, "narratives", &[must(1, "text", NARRATIVE)]),
];

const MEETING: &[Collection] = &[
    set(DETAILS, "details", &[must(1, "at", Time), may(2, "sort", LINE), may(3, "outcome", LINE)]),
    set(17, "attendance", &[must(1, "who", LINE), may(2, "role", LINE), must(3, "present", Bool)]),
    set(18, "notes", &[must(1, "text", NARRATIVE)]),
    set(19, "decisions", &[must(1, "text", WORDS)]),
    set(20, "actions", &[must(1, "what", WORDS), may(2, "who", LINE), may(3, "by", Date)]),
];

const VIEWS: &[Collection] = &[
    set(
        DETAILS,
        "details",
        &[
            must(1, "whose", LINE),
            must(2, "how", Choice(&["spoken", "drawn", "signed", "written", "observed"])),
            may(3, "language", LINE),
            may(4, "interpreter", LINE),
            may(5, "alone", Bool),
            may(6, "with", LINE),
        ],
    ),
    set(17, "words", &[must(1, "text", NARRATIVE)]),
    set(18, "changes", &[must(1, "text", WORDS)]),
];

const REQUEST: &[Collection] = &[
    set(
        DETAILS,
        "details",
        &[must(1, "to", Bytes(16)), must(2, "reason", NARRATIVE), may(3, "to_name", LINE)],
    ),
    set(17, "decisions", &[must(1, "decision", LINE), may(2, "reasons", WORDS)]),
    set(18, "feedback", &[must(1, "text", WORDS)]),
];

const SHARING_DECISION: &[Collection] = &[set(
    DETAILS,
    "details",
    &[
        must(1, "what", WORDS),
        may(2, "record", Bytes(16)),
        must(3, "to", LINE),
        must(4, "purpose", WORDS),
        must(
            5,
            "basis",
            Choice(&["consent", "significant_harm", "serious_crime", "court", "statutory"]),
        ),
        must(6, "consent_sought", Bool),
        may(7, "why", WORDS),
        must(8, "necessary_because", WORDS),
        must(9, "shared", Bool),
        may(10, "agency", Bytes(16)),
    ],
)];

const SIGNIFICANT_EVENT: &[Collection] = &[set(
    DETAILS,
    "details",
    &[must(1, "on", Date), must(2, "what", WORDS), may(3, "impact", WORDS), may(4, "source", LINE)],
)];

const ATTACHMENT: &[Collection] = &[set(
    DETAILS,
    "details",
    &[
        must(1, "parent", Bytes(16)),
        must(2, "sort", Choice(&["photo", "voice_note", "body_map"])),
        must(3, "digest", Bytes(32)),
        must(4, "bytes", Int),
        may(5, "caption", WORDS),
    ],
)];

/// The collections a kind's records may hold, common ones first.
pub fn collections(kind: Kind) -> impl Iterator<Item = &'static Collection> {
    COMMON.iter().chain(own_collections(kind))
}

const fn own_collections(kind: Kind) -> &'static [Collection] {
    match kind {
        Kind::Case => CASE,
        Kind::Concern => CONCERN,
        Kind::Assessment => ASSESSMENT,
        Kind::Plan => PLAN,
        Kind::Intervention => INTERVENTION,
        Kind::Visit => VISIT,
        Kind::Meeting => MEETING,
        Kind::Views => VIEWS,
        Kind::Request => REQUEST,
        Kind::SharingDecision => SHARING_DECISION,
        Kind::SignificantEvent => SIGNIFICANT_EVENT,
        Kind::Attachment => ATTACHMENT,
    }
}

/// The facts a kind's records may hold.
#[must_use]
pub const fn facts_of(kind: Kind) -> &'static [Fact] {
    use Fact::*;
    match kind {
        Kind::Case => &[
            GivenName,
            FamilyName,
            BirthDate,
            ExpectedDate,
            Sex,
            School,
            Classroom,
            Language,
            Identifier,
            Stage,
            Risk,
            VisitRisk,
            LeadProfessional,
            NamedPerson,
            LegalStatus,
            Registration,
            LookedAfter,
            Consent,
            Address,
            Shielded,
            Member,
            Excluded,
            Named,
            CaseState,
            ParentalResponsibility,
            ContactRestriction,
            Phone,
            PersonName,
        ],
        Kind::Concern => &[HarmSuspected, ConcernState],
        Kind::Assessment => &[Score, ReviewPoint],
        Kind::Plan => &[
            RowNeed,
            RowAction,
            RowOutcome,
            RowEvidence,
            RowAgency,
            RowPerson,
            RowDue,
            RowStatus,
            RowRating,
            RowEffect,
            ReviewDate,
            CopyHolder,
        ],
        Kind::Intervention => &[Effect, CostBand],
        Kind::Visit => &[NextContact],
        Kind::Meeting => &[NextReview],
        Kind::Request => &[ResponseDue],
        Kind::Views | Kind::SharingDecision | Kind::SignificantEvent | Kind::Attachment => &[],
    }
}
