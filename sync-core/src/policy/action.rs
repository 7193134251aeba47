//! What a person may ask to do.

use crate::ids::{AgencyId, UserId};
use crate::record::kind::{Compartment, Kind};
use crate::record::schema::Fact;
use crate::record::value::Value;

/// Something done in a case.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Action {
    /// See name, school and whom to ring.
    FindInDirectory,
    /// Open a record.
    Read {
        /// By which right.
        door: Door,
    },
    /// Open the team's records for two hours, online, with a reason; the team and the lead are told.
    BreakGlass,
    /// See a conflict of a record with its values.
    SeeConflict,
    /// See how many conflicts and quarantined changes a compartment has, and how old they are.
    SeeConflictCount {
        /// Whose.
        compartment: Compartment,
    },
    /// Begin a record.
    Create {
        /// What about.
        kind: Kind,
        /// For whom.
        compartment: Compartment,
    },
    /// Add an entry or text to a record. Assertions are [`Action::Assert`].
    AddEntry {
        /// The collection's code ([`crate::record::schema`]).
        collection: u8,
    },
    /// Correct a record beside what it says.
    Amend,
    /// Sign a record's text as seen.
    Sign,
    /// Assert a fact where nothing is in dispute, or as a rival.
    Assert {
        /// Which.
        fact: Fact,
        /// About which user, for facts about one.
        subject: Option<UserId>,
        /// What is asserted.
        value: Value,
        /// Whether the value is to be withheld from all but named people.
        confidential: bool,
    },
    /// Replace rival values of a fact. Of harm, a yes is replaced by [`Action::ReplaceHarmYes`] only.
    Settle {
        /// Which.
        fact: Fact,
        /// Whether the person asking wrote every rival.
        all_rivals_own: bool,
    },
    /// Replace a "harm suspected: yes".
    ReplaceHarmYes {
        /// Whether the person asking wrote the value that the yes is in conflict with.
        author_of_rival: bool,
    },
    /// Say that another case is about the same child, or take that back.
    Join {
        /// Whether it is taken back.
        undone: bool,
    },
    /// Release or return a quarantined change of a record.
    Review,
    /// Copy a record for the team or another agency. The source stays.
    Share {
        /// For whom.
        to: Compartment,
        /// Since the record arrived, milliseconds.
        age_ms: i64,
    },
    /// Withdraw a record to make it anew elsewhere. Ask [`Action::Create`] of the new place too,
    /// unless that is protection in the same case: a record may always move there.
    Rehome {
        /// Since the record arrived, milliseconds.
        age_ms: i64,
    },
}

impl Action {
    /// Adding `user` to the team.
    #[must_use]
    pub fn add_member(user: UserId) -> Self {
        Self::assert_of(Fact::Member, user, "member")
    }

    /// Taking `user` off the team; oneself, by leaving.
    #[must_use]
    pub fn remove_member(user: UserId) -> Self {
        Self::assert_of(Fact::Member, user, "left")
    }

    /// The action that an assertion by `author` amounts to, given the values of the fact that were
    /// unreplaced in the author's sight: an edit, the settling of a conflict, or the replacing of a
    /// "harm suspected: yes". Both ends ask by this, so that a conflict is not settled piecemeal.
    #[must_use]
    pub fn of_assertion(
        author: UserId,
        (fact, subject, value): (Fact, Option<UserId>, Value),
        confidential: bool,
        rivals: &[Rival<'_>],
    ) -> Self {
        let own = |rival: &Rival<'_>| rival.by == author;
        let is = |rival: &Rival<'_>, yes| rival.value.as_bool() == Some(yes);
        let replaces = rivals.iter().any(|rival| rival.replaced);
        let disputed = rivals.iter().any(|rival| rival.value != rivals[0].value);
        let no = value.as_bool() != Some(true);
        if fact == Fact::HarmSuspected && no && rivals.iter().any(|it| it.replaced && is(it, true))
        {
            let author_of_rival = rivals.iter().any(|rival| own(rival) && is(rival, false));
            return Self::ReplaceHarmYes { author_of_rival };
        }
        if fact.is_safety() && fact != Fact::HarmSuspected && replaces && disputed {
            return Self::Settle { fact, all_rivals_own: rivals.iter().all(own) };
        }
        Self::Assert { fact, subject, value, confidential }
    }

    /// Asserting `fact` about the record as a whole.
    #[must_use]
    pub fn assert(fact: Fact, value: impl Into<Value>) -> Self {
        Self::Assert { fact, subject: None, value: value.into(), confidential: false }
    }

    /// Asserting `fact` about `user`.
    #[must_use]
    pub fn assert_of(fact: Fact, user: UserId, value: impl Into<Value>) -> Self {
        Self::Assert { fact, subject: Some(user), value: value.into(), confidential: false }
    }
}

/// A value of a fact that nothing had replaced when somebody asserted another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Rival<'a> {
    /// Who asserted it.
    pub by: UserId,
    /// What.
    pub value: &'a Value,
    /// Whether the new assertion replaces it.
    pub replaced: bool,
}

/// The right by which a record is opened.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Door {
    /// What the person is granted anyway.
    Standing,
    /// A glass that the person broke less than two hours ago; the caller has checked that.
    Glass,
    /// A logged request to information governance; the caller has checked that.
    Request,
}

/// Something done in a cluster that needs no case.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ClusterAction {
    /// Begin a case, as its provisional member.
    BeginCase,
    /// Read figures.
    ReadSummaries(Summaries),
    /// Read who did and saw what: [`crate::policy::sees_audit`] says of which cases.
    ReadAudit,
    /// Take the records that one's own agency made to the agency's own system, as far as they are open to
    /// oneself.
    ExportOwnRecords,
    /// See and look after people, phones, agencies and local practice; no case.
    Administer,
    /// See how long records are kept, and what must not be erased.
    SeeRetention,
}

/// Figures by what they are about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Summaries {
    /// The cases whose team one is in.
    OwnCaseload,
    /// An agency's work in the cluster.
    Agency(AgencyId),
    /// The whole cluster, exact.
    Cluster,
    /// What was published, with small counts hidden.
    PublishedEditions,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(fact: Fact, value: impl Into<Value>, rivals: &[(u8, Value, bool)]) -> Action {
        let user = |n: u8| UserId::from_bytes([n; 16]);
        let rivals: Vec<_> = rivals
            .iter()
            .map(|(by, value, replaced)| Rival { by: user(*by), value, replaced: *replaced })
            .collect();
        Action::of_assertion(user(1), (fact, None, value.into()), false, &rivals)
    }

    #[test]
    fn replacing_one_of_two_rivals_settles_and_replacing_the_only_value_edits() {
        let two = [(1, "1".into(), true), (2, "2".into(), false)];
        assert_eq!(
            of(Fact::Stage, "2", &two),
            Action::Settle { fact: Fact::Stage, all_rivals_own: false }
        );
        let one = [(2, "1".into(), true)];
        assert!(matches!(of(Fact::Stage, "2", &one), Action::Assert { .. }));
        assert!(matches!(of(Fact::Stage, "2", &[]), Action::Assert { .. }));
        let agreed = [(1, "1".into(), true), (2, "1".into(), true)];
        assert!(matches!(of(Fact::Stage, "2", &agreed), Action::Assert { .. }));
        let routine = [(1, "A".into(), true), (2, "B".into(), true)];
        assert!(matches!(of(Fact::School, "A", &routine), Action::Assert { .. }));
    }

    #[test]
    fn a_yes_to_harm_is_replaced_only_by_name() {
        let yes = [(2, true.into(), true)];
        assert_eq!(
            of(Fact::HarmSuspected, false, &yes),
            Action::ReplaceHarmYes { author_of_rival: false }
        );
        let mine = [(2, true.into(), true), (1, false.into(), false)];
        assert_eq!(
            of(Fact::HarmSuspected, false, &mine),
            Action::ReplaceHarmYes { author_of_rival: true }
        );
        assert!(matches!(of(Fact::HarmSuspected, true, &mine), Action::Assert { .. }));
        let beside = [(2, true.into(), false)];
        assert!(matches!(of(Fact::HarmSuspected, false, &beside), Action::Assert { .. }));
    }
}
