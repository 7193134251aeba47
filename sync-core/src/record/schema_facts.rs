//! The facts that assertions are about, each with what it is about, what it may hold, and which
//! value is in force while people disagree (`docs/merge-rules.md`).

use crate::record::schema::FieldType;

/// What an assertion's subject names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Subject {
    /// The record as a whole.
    None,
    /// A user.
    User,
    /// An entry of the record: a person, a plan's row.
    Entry,
    /// A short word: a scheme of identifiers, a form's element, `child`.
    Word,
}

/// Which value holds while there are rivals.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fold {
    /// All shown, newest first; nothing is chosen for anybody.
    AllShown,
    /// The highest stage by the framework's rank; of unlike frameworks, both.
    HighestStage,
    /// The last of these words that is asserted.
    HighestOf(&'static [&'static str]),
    /// The highest by the framework's protective rank of this list.
    MostProtective(&'static str),
    /// Yes, if anybody says so.
    Yes,
    /// No, if anybody says so.
    No,
    /// The earliest date.
    Earliest,
    /// The narrowest of what one giver allowed.
    NarrowestConsent,
    /// What all rivals replace; else nobody.
    NearestCommon,
    /// Both shown; withheld altogether if any is confidential.
    Address,
}

/// Words of risk, least first.
pub const RISK: &[&str] = &["low", "moderate", "high", "critical"];
/// Words of risk to a visitor, least first.
pub const VISIT_RISK: &[&str] = &["none", "dog", "visit_in_pairs", "violence"];
/// An action's status, most finished first: the last asserted holds.
pub const ACTION_STATUS: &[&str] = &["cancelled", "done", "in_progress", "open", "blocked"];
/// Progress, best first: the last asserted holds.
pub const RATING: &[&str] = &["green", "amber", "red"];
/// A case's or concern's state: open holds.
pub const OPEN_STATE: &[&str] = &["closed", "open"];
/// Membership of the team: being in it holds over having left, as a concurrent add beats a remove.
pub const MEMBERSHIP: &[&str] = &["left", "provisional", "member"];

macro_rules! facts {
    ($($(#[$doc:meta])* $code:literal $variant:ident $name:literal $subject:ident $holds:expr, $fold:expr, $safety:literal;)*) => {
        /// Something that people may disagree about.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        #[repr(u8)]
        pub enum Fact {
            $($(#[$doc])* $variant = $code,)*
        }

        impl Fact {
            /// Every fact, by code.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Its code on the wire.
            #[must_use]
            pub const fn code(self) -> u8 {
                self as u8
            }

            /// The fact of a code; none for one from the future.
            #[must_use]
            pub const fn from_code(code: i64) -> Option<Self> {
                match code {
                    $($code => Some(Self::$variant),)*
                    _ => None,
                }
            }

            /// The name in exports and API.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// What an assertion's subject names.
            #[must_use]
            pub const fn subject(self) -> Subject {
                match self { $(Self::$variant => Subject::$subject,)* }
            }

            /// What a value may be.
            #[must_use]
            pub const fn holds(self) -> FieldType {
                use FieldType::*;
                match self { $(Self::$variant => $holds,)* }
            }

            /// Which value holds while there are rivals. A framework may rank, never turn it off.
            #[must_use]
            pub const fn fold(self) -> Fold {
                use Fold::*;
                match self { $(Self::$variant => $fold,)* }
            }

            /// Whether a person must settle rivals with a reason; else the next informed edit does.
            #[must_use]
            pub const fn is_safety(self) -> bool {
                match self { $(Self::$variant => $safety,)* }
            }
        }
    };
}

const LINE: usize = 200;
const WORDS: usize = 4_000;

facts! {
    /// The child's given name.
    1 GivenName "given_name" None Text(LINE), AllShown, false;
    /// The child's family name.
    2 FamilyName "family_name" None Text(LINE), AllShown, false;
    /// Day of birth.
    3 BirthDate "birth_date" None Date, AllShown, false;
    /// Expected day of birth: a case can begin before the child is born.
    4 ExpectedDate "expected_date" None Date, Earliest, false;
    /// As the family or school recorded it.
    5 Sex "sex" None Text(LINE), AllShown, false;
    /// School or nursery.
    6 School "school" None Text(LINE), AllShown, false;
    /// Class.
    7 Classroom "classroom" None Text(LINE), AllShown, false;
    /// Home language.
    8 Language "language" None Text(LINE), AllShown, false;
    /// A number of a scheme: SCN, UPN, CHI, NHS, the local case number.
    9 Identifier "identifier" Word Text(LINE), AllShown, false;
    /// Stage of assessment and intervention, in a framework's words.
    10 Stage "stage" None Text(LINE), HighestStage, true;
    /// Risk to the child.
    11 Risk "risk" None Choice(RISK), HighestOf(RISK), false;
    /// Risk to whoever visits: shown before the address.
    12 VisitRisk "visit_risk" None Choice(VISIT_RISK), HighestOf(VISIT_RISK), false;
    /// Who co-ordinates a multi-agency plan (seeds 001, 003).
    13 LeadProfessional "lead_professional" None Bytes(16), NearestCommon, true;
    /// Legal status, in a framework's words.
    14 LegalStatus "legal_status" None Text(LINE), MostProtective("legal_status"), true;
    /// Child protection registration, in a framework's words.
    15 Registration "registration" None Text(LINE), MostProtective("registration"), true;
    /// Looked-after status, in a framework's words.
    16 LookedAfter "looked_after" None Text(LINE), MostProtective("looked_after"), true;
    /// What one giver allows to be shared, and with whom.
    17 Consent "consent" Word Text(WORDS), NarrowestConsent, true;
    /// Where a person of the case lives; `child` or a person's entry.
    18 Address "address" Word Text(WORDS), Address, true;
    /// Adopted, a refuge, staff's own family: no sign of the case outside named people.
    19 Shielded "shielded" None Bool, Yes, false;
    /// Membership of the team around the child.
    20 Member "member" User Choice(MEMBERSHIP), HighestOf(MEMBERSHIP), false;
    /// Somebody who may see nothing of the case: a relative, the subject of a suspicion.
    21 Excluded "excluded" User Bool, Yes, false;
    /// Somebody named to read protection records.
    22 Named "named" User Bool, No, false;
    /// Whether work goes on.
    23 CaseState "case_state" None Choice(OPEN_STATE), HighestOf(OPEN_STATE), false;
    /// Whether a person of the case has parental responsibility.
    24 ParentalResponsibility "parental_responsibility" Entry Text(LINE), AllShown, false;
    /// Contact with a person that is restricted, and how.
    25 ContactRestriction "contact_restriction" Entry Text(WORDS), AllShown, false;
    /// A person's telephone.
    26 Phone "phone" Word Text(LINE), AllShown, false;
    /// A person's name, as corrected.
    27 PersonName "person_name" Word Text(LINE), AllShown, false;
    /// The single contact in a universal service: health visitor, head, guidance teacher. In the team
    /// without being added.
    28 NamedPerson "named_person" None Bytes(16), NearestCommon, false;

    /// Whether harm is suspected.
    40 HarmSuspected "harm_suspected" None Bool, Yes, true;
    /// Whether the concern is settled.
    41 ConcernState "concern_state" None Choice(OPEN_STATE), HighestOf(OPEN_STATE), false;

    /// A plan row's need.
    50 RowNeed "row_need" Entry Text(WORDS), AllShown, false;
    /// What will be done.
    51 RowAction "row_action" Entry Text(WORDS), AllShown, false;
    /// What should come of it.
    52 RowOutcome "row_outcome" Entry Text(WORDS), AllShown, false;
    /// How that will be known.
    53 RowEvidence "row_evidence" Entry Text(WORDS), AllShown, false;
    /// Which agency committed to it.
    54 RowAgency "row_agency" Entry Bytes(16), AllShown, false;
    /// Who does it.
    55 RowPerson "row_person" Entry Text(LINE), AllShown, false;
    /// By when.
    56 RowDue "row_due" Entry Date, Earliest, false;
    /// How far it is.
    57 RowStatus "row_status" Entry Choice(ACTION_STATUS), HighestOf(ACTION_STATUS), false;
    /// Red, amber or green.
    58 RowRating "row_rating" Entry Choice(RATING), HighestOf(RATING), false;
    /// What effect it had.
    59 RowEffect "row_effect" Entry Text(WORDS), AllShown, false;
    /// When the plan is reviewed.
    60 ReviewDate "review_date" None Date, Earliest, false;
    /// Who holds a copy of the plan.
    61 CopyHolder "copy_holder" Word Bool, AllShown, false;

    /// A form element's score.
    70 Score "score" Word Int, AllShown, false;
    /// The assessment's internal review point (seed 003).
    71 ReviewPoint "review_point" None Date, Earliest, false;

    /// When the child is next seen.
    80 NextContact "next_contact" None Date, Earliest, false;
    /// The meeting's next review.
    90 NextReview "next_review" None Date, Earliest, false;
    /// When a request must be answered.
    100 ResponseDue "response_due" None Date, Earliest, false;
    /// How an intervention worked.
    110 Effect "effect" None Int, AllShown, false;
    /// What it cost, as a band.
    111 CostBand "cost_band" None Text(LINE), AllShown, false;
}
