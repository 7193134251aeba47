//! Every action on every kind of record, each under the row of the table that it comes under.

use super::people::{ME, SOMEBODY};
use crate::ids::{AgencyId, UserId};
use crate::policy::{AUTHOR_MOVES_WITHIN_MS, Action, Door};
use crate::record::kind::{Compartment, Kind};
use crate::record::schema::{
    AMENDMENTS, DETAILS, FACTS, Fact, FieldType, SIGNATURES, collections, facts_of,
};
use crate::record::value::Value;

/// One question.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) row: &'static str,
    pub(super) kind: Kind,
    /// Whether who asks wrote the record.
    pub(super) own: bool,
    pub(super) action: Action,
}

impl Asked {
    /// Whether it is of what the kind has not: nobody may that, and one state of the case shows it.
    pub(super) fn is_odd(&self) -> bool {
        self.row == "assert what the kind has not"
    }
}

/// Every question about a record of a place.
pub(super) fn every(place: Compartment) -> Vec<Asked> {
    let mut all = Vec::new();
    for kind in Kind::ALL {
        for own in [false, true] {
            let own = own && kind != Kind::Case;
            let mut ask = |row, action| all.push(Asked { row, kind, own, action });
            reading(kind, own, place, &mut ask);
            writing(kind, own, place, &mut ask);
            for fact in Fact::ALL {
                asserting(kind, own, *fact, &mut ask);
                settling(kind, *fact, &mut ask);
            }
            deciding(kind, &mut ask);
            moving(kind, own, &mut ask);
        }
    }
    all
}

type Ask<'a> = dyn FnMut(&'static str, Action) + 'a;

fn reading(kind: Kind, own: bool, place: Compartment, ask: &mut Ask<'_>) {
    let referred = own && matches!(kind, Kind::Concern | Kind::Request);
    let read = if referred { "read a concern or request" } else { "read" };
    ask("find", Action::FindInDirectory);
    ask(read, Action::Read { door: Door::Standing });
    ask("read by glass", Action::Read { door: Door::Glass });
    ask("read by request", Action::Read { door: Door::Request });
    ask("break the glass", Action::BreakGlass);
    ask("see conflict", Action::SeeConflict);
    ask("count conflicts", Action::SeeConflictCount { compartment: place });
}

fn writing(kind: Kind, own: bool, place: Compartment, ask: &mut Ask<'_>) {
    let create = match kind {
        Kind::Case => "create case",
        Kind::Concern => "create concern",
        _ => "create",
    };
    ask(create, Action::Create { kind, compartment: place });
    let own_concern = own && kind == Kind::Concern;
    let more = if own_concern { "say more of a concern" } else { "write" };
    for collection in collections(kind) {
        let said_by_referrer = [DETAILS, AMENDMENTS, SIGNATURES].contains(&collection.code)
            || ["indicators", "told"].contains(&collection.name);
        let row = match collection.code {
            FACTS => "say what the form does not have",
            _ if collection.name == "aliases" => "say what the form does not have",
            _ if said_by_referrer => more,
            _ => "write",
        };
        ask(row, Action::AddEntry { collection: collection.code });
    }
    ask("say what the form does not have", Action::AddEntry { collection: 200 });
    ask(more, Action::Amend);
    ask(more, Action::Sign);
}

/// Values that a fact may hold: of words all, else one.
fn values(fact: Fact) -> Vec<Value> {
    match fact.holds() {
        FieldType::Bool => vec![true.into(), false.into()],
        FieldType::Choice(words) => words.iter().map(|word| (*word).into()).collect(),
        FieldType::Int => vec![Value::Int(3)],
        FieldType::Bytes(len) => vec![Value::Bytes(vec![1; len])],
        _ => vec!["2026-11-22".into()],
    }
}

fn asserting(kind: Kind, own: bool, fact: Fact, ask: &mut Ask<'_>) {
    let said = |value: &Value, subject| {
        let (subject, value) = (Some(subject), value.clone());
        Action::Assert { fact, subject, value, confidential: false }
    };
    let values = values(fact);
    if !facts_of(kind).contains(&fact) {
        return ask("assert what the kind has not", said(&values[0], ME));
    }
    for value in &values {
        for subject in [SOMEBODY, ME] {
            ask(assertion(kind, own, (fact, subject, value)), said(value, subject));
        }
    }
    if kind == Kind::Case && fact == Fact::Address {
        let (subject, value) = (None, "a refuge".into());
        let said = Action::Assert { fact, subject, value, confidential: true };
        ask("say a confidential address", said);
    }
}

fn assertion(
    kind: Kind,
    own: bool,
    (fact, subject, value): (Fact, UserId, &Value),
) -> &'static str {
    let (yes, word) = (value.as_bool() == Some(true), value.as_text().unwrap_or_default());
    match (kind, fact) {
        (Kind::Case, Fact::Stage | Fact::LeadProfessional | Fact::NamedPerson) => {
            "assert stage, lead or named person"
        }
        (Kind::Case, Fact::Consent | Fact::CaseState) => "assert consent or state",
        (Kind::Case, Fact::Member) if subject == ME && word == "left" => "leave the team",
        (Kind::Case, Fact::Member) if subject == ME && word == "provisional" => "stay provisional",
        (Kind::Case, Fact::Member) => "change the team",
        (Kind::Case, Fact::Shielded) if yes => "shield",
        (Kind::Case, Fact::Shielded) => "lift the shield",
        (Kind::Case, Fact::Named) if yes && subject == ME => "name oneself",
        (Kind::Case, Fact::Named) if yes => "name",
        (Kind::Case, Fact::Named) => "take a name off",
        (Kind::Case, Fact::Excluded) => "exclude or admit",
        (Kind::Concern, Fact::ConcernState) if word == "closed" => "close a concern",
        (Kind::Concern, _) if own => "say of harm, or open a concern",
        (_, _) => "assert another fact",
    }
}

fn settling(kind: Kind, fact: Fact, ask: &mut Ask<'_>) {
    for all_rivals_own in [false, true] {
        let row = match (fact, all_rivals_own) {
            _ if !facts_of(kind).contains(&fact) => "assert what the kind has not",
            (Fact::HarmSuspected, _) => "settle harm or what is routine",
            _ if !fact.is_safety() => "settle harm or what is routine",
            (Fact::Stage | Fact::LeadProfessional, true) => "settle own stage or lead",
            (Fact::Consent, true) => "settle own consent",
            (Fact::Stage | Fact::LeadProfessional | Fact::Consent, false) => {
                "settle stage, lead or consent"
            }
            (_, true) => "settle own safety",
            (_, false) => "settle safety",
        };
        ask(row, Action::Settle { fact, all_rivals_own });
    }
}

fn deciding(kind: Kind, ask: &mut Ask<'_>) {
    let concern = kind == Kind::Concern;
    let replace = if concern { "replace harm" } else { "assert what the kind has not" };
    let rival = if concern { "replace harm, rival's author" } else { replace };
    ask(replace, Action::ReplaceHarmYes { author_of_rival: false });
    ask(rival, Action::ReplaceHarmYes { author_of_rival: true });
    let of_case = |row| if kind == Kind::Case { row } else { "join what is no case" };
    ask(of_case("join"), Action::Join { undone: false });
    ask(of_case("take a joining back"), Action::Join { undone: true });
    ask("review", Action::Review);
}

fn moving(kind: Kind, own: bool, ask: &mut Ask<'_>) {
    let agency = |slug| Compartment::Agency(AgencyId::from_slug(slug));
    for age_ms in [AUTHOR_MOVES_WITHIN_MS, AUTHOR_MOVES_WITHIN_MS + 1] {
        let fresh = own && age_ms <= AUTHOR_MOVES_WITHIN_MS;
        let case = kind == Kind::Case;
        let or = |row| if case { "move a case's own record" } else { row };
        ask(
            or(match (fresh, own && kind == Kind::Concern) {
                (true, true) => "move own concern",
                (true, false) => "move own",
                (false, _) => "move",
            }),
            Action::Rehome { age_ms },
        );
        let with = |to| Action::Share { to, age_ms };
        let to_team = if fresh { "share own with team" } else { "share with team" };
        let to_agency = if fresh { "share own with agency" } else { "share with agency" };
        ask(or(to_team), with(Compartment::Team));
        ask(or(to_agency), with(agency("health")));
        ask(or(to_agency), with(agency("social-work")));
        let request = kind == Kind::Request;
        let stranger = if request { to_agency } else { "share with whom nobody asked" };
        ask(or(stranger), with(agency("fire")));
        ask(or("share into protection"), with(Compartment::Protection));
    }
}
