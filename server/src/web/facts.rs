//! A fact as a page shows it: what is in force and why, and where people disagree every value that
//! stands, with whose it is.

use sync_core::merge::{Conflict, ConsentScope, Held, InForce, Rival, Why};
use sync_core::record::schema::Fact;
use sync_core::record::value::Value;
use sync_core::view::kinds::Holds;

use super::names::Names;
use super::words;

/// A fact for a template.
pub(super) struct FactShown {
    /// What it is called, with whom or what it is about.
    pub(super) name: String,
    /// What holds.
    pub(super) holds: Vec<ValueShown>,
    /// What stands in place of a value where there is none to show.
    pub(super) instead: &'static str,
    /// Whether people disagree.
    pub(super) disputed: bool,
    /// Why this holds.
    pub(super) why: &'static str,
    /// Every value that stands, while people disagree.
    pub(super) rivals: Vec<ValueShown>,
}

/// A value for a template.
#[derive(Clone)]
pub(super) struct ValueShown {
    /// The value in words.
    pub(super) value: String,
    /// Whose; empty for what nobody asserted.
    pub(super) by: String,
    /// When, by their clock.
    pub(super) when: String,
    /// Why, in their words.
    pub(super) reason: Option<String>,
    /// Whether it is among those that hold.
    pub(super) in_force: bool,
}

impl FactShown {
    /// A fact of a record's view.
    pub(super) fn of(names: &Names<'_>, fact: Fact, subject: &str, holds: &Holds) -> Self {
        let topic = Topic { names, fact, subject, why: holds.why };
        topic.shown(&holds.in_force, holds.disputed, &holds.standing)
    }

    /// What people disagree about.
    pub(super) fn of_conflict(names: &Names<'_>, conflict: &Conflict) -> Self {
        let (fact, subject) = (conflict.fact, conflict.subject.as_str());
        let topic = Topic { names, fact, subject, why: conflict.why };
        topic.shown(&conflict.in_force, true, &conflict.rivals)
    }

    /// The values that hold, in one line.
    pub(super) fn line(&self) -> String {
        let values: Vec<_> = self.holds.iter().map(|it| it.value.as_str()).collect();
        if values.is_empty() { self.instead.to_owned() } else { values.join(" / ") }
    }
}

struct Topic<'a> {
    names: &'a Names<'a>,
    fact: Fact,
    subject: &'a str,
    why: Why,
}

impl Topic<'_> {
    fn shown(&self, in_force: &InForce, disputed: bool, rivals: &[Rival]) -> FactShown {
        let holds: Vec<_> = match in_force {
            InForce::Combined(scope) => vec![self.combined(scope, rivals)],
            other => other.held().iter().map(|held| self.held(held)).collect(),
        };
        let entries: Vec<_> = in_force.held().iter().filter_map(|held| held.entry).collect();
        let rival = |rival: &Rival| {
            let allows = rival.value.as_ref().map(ConsentScope::of);
            let combined = matches!(in_force, InForce::Combined(it) if Some(it) == allows.as_ref());
            self.rival(rival, combined || entries.contains(&rival.entry))
        };
        FactShown {
            name: self.name(),
            holds,
            instead: match in_force {
                InForce::Withheld => "Withheld: only people named for protection see it",
                InForce::Nobody if rivals.is_empty() => "Not recorded",
                InForce::Nobody => "Nobody until somebody settles it",
                InForce::One(_) | InForce::Several(_) | InForce::Combined(_) => "",
            },
            disputed,
            why: self.why.words(),
            rivals: rivals.iter().filter(|_| disputed).map(rival).collect(),
        }
    }

    fn name(&self) -> String {
        let subject = self.names.subject(self.fact, self.subject);
        let name = words::fact(self.fact);
        if subject.is_empty() { name } else { format!("{name}: {subject}") }
    }

    /// A value; with its framework where words of several stand side by side.
    fn value(&self, value: &Value, label: Option<&str>, framework: Option<&str>) -> String {
        let words = self.names.value(self.fact, value, label);
        match framework.filter(|_| self.why == Why::UnlikeFrameworks) {
            Some(framework) => format!("{words} ({framework})"),
            None => words,
        }
    }

    fn held(&self, held: &Held) -> ValueShown {
        ValueShown {
            value: self.value(&held.value, held.label.as_deref(), held.framework.as_deref()),
            by: held.by.map(|by| self.names.person(&by)).unwrap_or_default(),
            when: held.at.map(words::moment).unwrap_or_default(),
            reason: held.reason.clone(),
            in_force: true,
        }
    }

    /// What a giver allows: theirs whose assertion stands, if only one does.
    fn combined(&self, scope: &ConsentScope, rivals: &[Rival]) -> ValueShown {
        let value = self.names.consent(scope);
        match rivals {
            [only] => ValueShown { value, ..self.rival(only, true) },
            _ => ValueShown {
                value,
                by: String::new(),
                when: String::new(),
                reason: None,
                in_force: true,
            },
        }
    }

    fn rival(&self, rival: &Rival, in_force: bool) -> ValueShown {
        let value = rival.value.as_ref();
        let framework = rival.framework.as_deref();
        let value = value.map(|it| self.value(it, rival.label.as_deref(), framework));
        ValueShown {
            value: value.unwrap_or_else(|| "Withheld".into()),
            by: self.names.person(&rival.by),
            when: words::moment(rival.at),
            reason: rival.reason.clone(),
            in_force,
        }
    }
}
