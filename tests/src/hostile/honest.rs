//! Honest work by strange hands: every kind, pastes of 20,000 characters, every script, clocks of 1970
//! and 2070, an author who sees nobody's work for ninety days, three people on one phone, phones that
//! come back from a backup as a new author who has seen less.

use sync_core::ids::{Actor, CaseId, DeviceId, EntryId, UserId};
use sync_core::protocol::frame::{PushedChange, PushedRecord};
use sync_core::record::change::{Change, Edit, NewEntry};
use sync_core::record::envelope::{Envelope, Made, Origin};
use sync_core::record::fold::text_seen;
use sync_core::record::history::History;
use sync_core::record::kind::{Compartment, Kind};
use sync_core::record::kinds::Digest;
use sync_core::record::schema::{
    COPIES, Collection, FACTS, FieldType, SIGNATURES, Subject, TEXTS, collection, collections,
    fact_field, facts_of,
};
use sync_core::record::value::Value;
use sync_core::time::Timestamp;

use crate::sim::dice::Dice;

/// Authors of a scene: three people on one phone, and one of another.
const AUTHORS: usize = 4;
/// The one who has no signal: nobody else's work reaches them while the scene lasts.
const OFFLINE: usize = 3;
/// Characters of a long paste.
const PASTE: usize = 20_000;
/// Operations of the parts in which a phone sends a long edit of a joint text.
const PART: usize = 3_900;
/// Words that break programs.
const WORDS: &[&str] = &[
    "Rowan slept well.",
    "Tha an leanabh sàbhailte a-nis, tha i ag ràdh.",
    "الطفل بخير ويذهب إلى المدرسة",
    "👩‍👩‍👧‍👦 🏴󠁧󠁢󠁳󠁣󠁴󠁿 e\u{301}\u{200d}\u{feff}",
    "line\nbreak\r\n\ttab \u{0} nul",
    "子どもは元気です",
    "",
    "x",
];

/// One record and its authors, who see each other's work only when they catch up.
pub struct Scene {
    /// The record as its authors make it.
    written: History,
    /// The record as the server has it.
    pub server: History,
    seen: Vec<Vec<bool>>,
    actors: Vec<Actor>,
    names: u8,
}

/// A person by number.
#[must_use]
pub fn person(n: u8) -> UserId {
    UserId::from_bytes([0xA0 + n; 16])
}

impl Scene {
    /// A new record of some kind.
    #[must_use]
    pub fn new(dice: &mut Dice) -> Self {
        let kind = dice.pick(&Kind::ALL).copied().unwrap_or(Kind::Case);
        // Co-written texts are where most can go wrong.
        let kind = if dice.chance(35) { Kind::Assessment } else { kind };
        let envelope = envelope(kind, dice);
        let actors = (0..AUTHORS as u8).map(|n| Actor::from_bytes([n + 1; 16])).collect();
        let written = History::new(envelope);
        let server = written.clone();
        let seen = vec![Vec::new(); AUTHORS];
        Self { written, server, seen, actors, names: AUTHORS as u8 }
    }

    /// Somebody writes one or a few changes.
    pub fn step(&mut self, dice: &mut Dice) -> (UserId, PushedRecord) {
        let who = dice.below(AUTHORS as u64) as usize;
        if dice.chance(2) {
            self.names = self.names.wrapping_add(1).clamp(AUTHORS as u8 + 1, 0xC0);
            let new = Actor::from_bytes([self.names; 16]);
            if self.written.next_seq(&new) == 1 {
                self.restore(who, new, dice);
            }
        }
        if who != OFFLINE && dice.chance(60) {
            self.seen[who] = vec![true; self.written.links().len()];
        }
        self.seen[who].resize(self.written.links().len(), false);
        let author = (self.actors[who], person(who as u8));
        let mut pushed = next_change(&self.written, author, Some(&self.seen[who]), dice);
        self.write(who, author, &mut pushed);
        for _ in 0..dice.below(3) {
            let mut next = next_change(&self.written, author, Some(&self.seen[who]), dice);
            self.write(who, author, &mut next);
            pushed.changes.extend(next.changes);
        }
        if dice.chance(1) {
            self.paste(who, author, &mut pushed, dice);
        }
        (author.1, pushed)
    }

    /// A phone restored from a backup: a new actor, who knows what the backup knew.
    fn restore(&mut self, who: usize, new: Actor, dice: &mut Dice) {
        self.actors[who] = new;
        let known = dice.below(self.seen[who].len() as u64 + 1) as usize;
        self.seen[who].truncate(known);
    }

    /// Pastes twenty thousand characters into a joint text, in as many changes as that takes.
    fn paste(
        &mut self,
        who: usize,
        author: (Actor, UserId),
        pushed: &mut PushedRecord,
        dice: &mut Dice,
    ) {
        let texts = seen_entries(&self.written, &self.seen[who], TEXTS);
        let Some(entry) = dice.pick(&texts).copied() else { return };
        let words = WORDS.concat();
        let paste: Vec<char> = words.chars().cycle().take(PASTE).collect();
        for part in paste.chunks(PART) {
            let Some(text) = text_seen(&self.written, &entry, &self.seen[who]) else { return };
            let longer = format!("{}{}", text.text(), part.iter().collect::<String>());
            let splice = Edit::Splice { entry, runs: text.edit_to(&longer) };
            let seen = Some(self.seen[who].as_slice());
            let mut next = change_of(&self.written, author, seen, (moment(dice), 0, vec![splice]));
            self.write(who, author, &mut next);
            pushed.changes.extend(next.changes);
        }
    }

    fn write(&mut self, who: usize, (actor, user): (Actor, UserId), pushed: &mut PushedRecord) {
        let kind = self.written.envelope().kind();
        for change in &pushed.changes {
            let seq = self.written.next_seq(&actor);
            let decoded = Change::decode_body(kind, actor, user, &change.body);
            let taken = decoded
                .ok()
                .and_then(|decoded| self.written.append(decoded, seq, change.deps.as_deref()).ok());
            if taken.is_some() {
                self.seen[who].push(true);
            }
        }
    }

    /// Whether the server has what was written.
    #[must_use]
    pub fn agrees(&self) -> bool {
        self.server.head_hashes() == self.written.head_hashes()
    }
}

fn envelope(kind: Kind, dice: &mut Dice) -> Envelope {
    let case = CaseId::from_bytes(dice.bytes());
    if kind == Kind::Case {
        return Envelope::of_case(case, Compartment::Team);
    }
    let made = Made {
        kind,
        creator: Actor::from_bytes([1; 16]),
        n: dice.below(1_000) as u32,
        user: person(0),
        device: DeviceId::from_bytes(dice.bytes()),
        framework: "east-lothian".into(),
        at: moment(dice),
    };
    Envelope { case, compartment: Compartment::Team, origin: Origin::Made(made) }
}

/// 1970, 2070, ninety days ago, now.
fn moment(dice: &mut Dice) -> Timestamp {
    let now = 1_795_000_000_000;
    let all = [0, -5, 3_155_760_000_000, now - 90 * Timestamp::DAY_MS, now, i64::MAX];
    Timestamp(dice.pick(&all).copied().unwrap_or(now))
}

/// The next change of an author who has seen what is marked; everything if nothing is said.
#[must_use]
pub fn next_change(
    history: &History,
    (actor, user): (Actor, UserId),
    seen: Option<&[bool]>,
    dice: &mut Dice,
) -> PushedRecord {
    let all = vec![true; history.links().len()];
    let known = seen.unwrap_or(&all);
    let ahead = if dice.chance(30) { dice.below(100_000) as i64 - 50_000 } else { 0 };
    let mut edits = vec![edit(history, known, dice)];
    if dice.chance(20) {
        edits.push(Edit::Add(entry(history, known, dice)));
    }
    change_of(history, (actor, user), seen, (moment(dice), ahead, edits))
}

fn change_of(
    history: &History,
    (actor, user): (Actor, UserId),
    seen: Option<&[bool]>,
    (at, clock_ahead_ms, edits): (Timestamp, i64, Vec<Edit>),
) -> PushedRecord {
    let all = vec![true; history.links().len()];
    let deps = heads(history, seen.unwrap_or(&all), &actor);
    let change = Change { actor, by: user, at, clock_ahead_ms, edits };
    let first_seq = history.next_seq(&actor);
    let names = history.dep_names(&deps);
    let body = change.encode_body();
    let hash = hash_of(history, change, first_seq, &names).unwrap_or_default();
    let changes = vec![PushedChange { deps: Some(names), hash, body }];
    PushedRecord { envelope: history.envelope().encode(), actor, first_seq, changes }
}

/// The first bytes of the hash that a change would have.
fn hash_of(history: &History, change: Change, seq: u32, deps: &[(Actor, u32)]) -> Option<[u8; 16]> {
    let mut trial = history.clone();
    trial.append(change, seq, Some(deps)).ok().map(|link| link.hash.prefix())
}

/// The last changes of what is marked, and the author's own last.
fn heads(history: &History, seen: &[bool], actor: &Actor) -> Vec<usize> {
    let links = history.links();
    let marked = || (0..links.len()).filter(|n| seen.get(*n) == Some(&true));
    let mut built_on = vec![false; links.len()];
    marked().flat_map(|n| &links[n].deps).for_each(|n| built_on[*n] = true);
    let mut heads: Vec<usize> = marked().filter(|n| !built_on[*n]).collect();
    heads.extend(marked().filter(|n| links[*n].change.actor == *actor).max());
    heads.sort_unstable();
    heads.dedup();
    heads
}

fn edit(history: &History, seen: &[bool], dice: &mut Dice) -> Edit {
    let texts: Vec<EntryId> = seen_entries(history, seen, TEXTS);
    if let Some(entry) = dice.pick(&texts).copied().filter(|_| dice.chance(75))
        && let Some(text) = text_seen(history, &entry, seen)
    {
        let runs = text.edit_to(&changed(&text.text(), dice));
        let operations: u64 = runs.iter().map(sync_core::record::change::Run::operations).sum();
        if !runs.is_empty() && operations < 3_000 {
            return Edit::Splice { entry, runs };
        }
    }
    Edit::Add(entry(history, seen, dice))
}

fn changed(text: &str, dice: &mut Dice) -> String {
    let characters: Vec<char> = text.chars().collect();
    let at = dice.below(characters.len() as u64 + 1) as usize;
    let cut = dice.below(12) as usize;
    let head: String = characters[..at].iter().collect();
    let tail: String = characters[(at + cut).min(characters.len())..].iter().collect();
    format!("{head}{}{tail}", words(dice))
}

fn words(dice: &mut Dice) -> String {
    (*dice.pick(WORDS).unwrap_or(&"")).to_owned()
}

fn seen_entries(history: &History, seen: &[bool], code: u8) -> Vec<EntryId> {
    let links = history.links().iter().zip(seen).filter(|(_, seen)| **seen);
    links
        .flat_map(|(link, _)| link.change.added(link.seq))
        .filter(|(_, entry)| entry.collection == code)
        .map(|(id, _)| id)
        .collect()
}

fn entry(history: &History, seen: &[bool], dice: &mut Dice) -> NewEntry {
    let kind = history.envelope().kind();
    let facts = |code: u8| code != FACTS || !facts_of(kind).is_empty();
    let all: Vec<&Collection> = collections(kind).filter(|it| facts(it.code)).collect();
    let texts = collection(kind, TEXTS).filter(|_| dice.chance(40));
    let Some(collection) = texts.or_else(|| dice.pick(&all).copied()) else {
        return NewEntry::default();
    };
    let mut entry = NewEntry { collection: collection.code, ..NewEntry::default() };
    if collection.code == FACTS {
        return assertion(kind, history, seen, dice);
    }
    for field in collection.fields {
        if field.required || dice.chance(50) {
            entry.fields.push((field.code, value(field.holds, history, seen, dice)));
        }
    }
    entry.text = collection.co_written.then(|| words(dice));
    attest(&mut entry);
    entry
}

/// Signatures and copies bear the digest of their words, which come first or third.
fn attest(entry: &mut NewEntry) {
    let words_at = match entry.collection {
        SIGNATURES => 1,
        COPIES => 3,
        _ => return,
    };
    let words = entry.fields.iter().find(|(code, _)| *code == words_at);
    let words = words.and_then(|(_, value)| value.as_text()).unwrap_or_default();
    let digest = Value::Bytes(Digest::of(words).0.to_vec());
    let fields = entry.fields.iter_mut().filter(|(code, _)| *code == 2);
    fields.for_each(|(_, value)| *value = digest.clone());
}

fn assertion(kind: Kind, history: &History, seen: &[bool], dice: &mut Dice) -> NewEntry {
    let Some(fact) = dice.pick(facts_of(kind)).copied() else { return NewEntry::default() };
    let mut fields = vec![(fact_field::FACT, Value::Int(fact.code().into()))];
    match fact.subject() {
        Subject::None => {}
        Subject::User => fields.push((fact_field::SUBJECT, person(1).to_string().into())),
        Subject::Entry => {
            fields.push((fact_field::SUBJECT, value(FieldType::Entry, history, seen, dice)));
        }
        Subject::Word => fields.push((fact_field::SUBJECT, "child".into())),
    }
    fields.push((fact_field::VALUE, value(fact.holds(), history, seen, dice)));
    if dice.chance(50) {
        fields.push((fact_field::REASON, words(dice).into()));
    }
    let mut replaces = seen_entries(history, seen, FACTS);
    replaces.truncate(dice.below(4) as usize);
    replaces.sort_unstable();
    NewEntry { collection: FACTS, fields, replaces, text: None }
}

fn value(holds: FieldType, history: &History, seen: &[bool], dice: &mut Dice) -> Value {
    match holds {
        // A long paste, where there is room for one.
        FieldType::Text(max) if dice.chance(5) && max > 2 * PASTE => "å".repeat(PASTE).into(),
        FieldType::Text(max) => {
            let words = words(dice);
            Value::Text(if words.len() <= max { words } else { String::new() })
        }
        FieldType::ByFact => words(dice).into(),
        FieldType::Int | FieldType::Time => Value::Int(moment(dice).0),
        FieldType::Date => "2026-11-22".into(),
        FieldType::Bool => Value::Bool(dice.chance(50)),
        FieldType::Bytes(len) => Value::Bytes((0..len).map(|_| dice.below(256) as u8).collect()),
        FieldType::Choice(words) => (*dice.pick(words).unwrap_or(&"")).into(),
        FieldType::Entry => {
            let known = history.links().iter().zip(seen).find(|(_, seen)| **seen);
            let known = known.and_then(|(link, _)| link.change.added(link.seq).next());
            let none = EntryId { actor: Actor::from_bytes([1; 16]), seq: 1, n: 0 };
            Value::Text(known.map_or(none, |(id, _)| id).to_string())
        }
    }
}
