//! Whether the promises hold, seen from outside: wires, disks and logs against the model.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use caseweave::service::audit::{chain, check};
use caseweave::service::reckon;
use ed25519_dalek::SigningKey;
use sync_core::engine::renames::Renames;
use sync_core::gate::permission::record_facts;
use sync_core::ids::{CaseId, RecordId};
use sync_core::policy::{Action, CaseContext, Door, Principal, decide, sees_directory};
use sync_core::protocol::frame::decode_pull;
use sync_core::protocol::message::Page;
use sync_core::record::envelope::Envelope;
use sync_core::record::kind::Compartment;
use sync_core::store::{ChangeRow, Place, Shelf, Store};
use sync_core::time::Timestamp;

use crate::sim::model::{Key, Model};
use crate::sim::phone::Phone;
use crate::sim::plant::{Plant, cut_audit};
use crate::sim::promise::{Promise, Violation};
use crate::sim::server::Server;

/// Who may read what, as the policy says of the case as the log has it.
pub struct Entitlement<'a> {
    server: &'a mut Server,
    now: Timestamp,
    contexts: BTreeMap<CaseId, Option<CaseContext>>,
}

impl<'a> Entitlement<'a> {
    /// As it stands at this moment.
    pub fn new(server: &'a mut Server, now: Timestamp) -> Self {
        Self { server, now, contexts: BTreeMap::new() }
    }

    /// A person with the posts that they have now.
    ///
    /// # Errors
    /// The database's failure.
    pub fn holder(&mut self, phone: &Phone) -> Result<Principal, Violation> {
        self.server.principal(phone.device.identity().principal.user)
    }

    fn context(&mut self, case: CaseId) -> Result<Option<&CaseContext>, Violation> {
        if !self.contexts.contains_key(&case) {
            let state = self.server.case(&case, self.now)?;
            self.contexts.insert(case, state.map(|state| state.context));
        }
        Ok(self.contexts[&case].as_ref())
    }

    /// Whether a person may be sent a record.
    ///
    /// # Errors
    /// A failure of the database.
    pub fn reads(&mut self, who: &Principal, envelope: &Envelope) -> Result<bool, Violation> {
        let read = Action::Read { door: Door::Standing };
        let facts = record_facts(envelope);
        let context = self.context(envelope.case)?;
        Ok(context.is_some_and(|context| decide(who, context, Some(&facts), &read).is_ok()))
    }

    /// Whether a person may keep what was delivered of a record: what consent froze stays.
    ///
    /// # Errors
    /// A failure of the database.
    pub fn keeps(&mut self, who: &Principal, envelope: &Envelope) -> Result<bool, Violation> {
        if self.reads(who, envelope)? {
            return Ok(true);
        }
        let Some(context) = self.context(envelope.case)? else { return Ok(false) };
        let frozen = envelope.compartment == Compartment::Team
            && context.withheld_agencies.contains(&who.agency)
            && context.members.contains_key(&who.user)
            && !context.excluded.contains(&who.user);
        Ok(frozen)
    }

    fn finds(&mut self, who: &Principal, case: CaseId) -> Result<bool, Violation> {
        Ok(self.context(case)?.is_some_and(|context| sees_directory(who, context)))
    }
}

/// P3 on the wire: every record and directory line in these pages may be sent to this person now.
///
/// # Errors
/// [`Promise::Entitled`].
pub fn wire(
    pages: &[Page],
    who: &Principal,
    model: &Model,
    allowed: &mut Entitlement<'_>,
) -> Result<(), Violation> {
    for page in pages {
        let pulled = match page.frame.is_empty() {
            true => Vec::new(),
            false => decode_pull(&page.frame)?,
        };
        for record in pulled {
            let Some(envelope) = model.envelopes().get(&record.record) else { continue };
            if !allowed.reads(who, envelope)? {
                let what = format!("a page holds {} for {}", label(envelope), who.user);
                return Err(Violation::of(Promise::Entitled, what));
            }
        }
        for line in &page.directory {
            if !allowed.finds(who, line.case)? {
                let what = format!("a page tells {} of case {}", who.user, line.case);
                return Err(Violation::of(Promise::Entitled, what));
            }
        }
    }
    Ok(())
}

fn label(envelope: &Envelope) -> String {
    format!("{} {} ({})", envelope.kind().name(), envelope.id(), envelope.compartment)
}

/// Where work is that a phone called saved.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Whereabouts {
    /// In the log, byte for byte, or safe on the phone until it is, or in its tray.
    Safe,
    /// On the phone as taken, and not in the log.
    Acknowledged,
    /// Nowhere.
    Nowhere,
}

/// What one phone called saved, looked for in the log and on that phone.
struct Search<'a> {
    phone: &'a Phone,
    model: &'a Model,
    renames: Renames,
    returned: BTreeSet<(Key, Vec<u8>)>,
    rows: BTreeMap<RecordId, Vec<ChangeRow>>,
}

impl<'a> Search<'a> {
    fn new(phone: &'a Phone, model: &'a Model) -> Result<Self, Violation> {
        let store = phone.device.store();
        let returned = store.returned()?.into_iter();
        let returned = returned.map(|row| (key(&row.change), row.change.body)).collect();
        let (renames, rows) = (Renames::load(store)?, BTreeMap::new());
        Ok(Self { phone, model, renames, returned, rows })
    }

    fn whereabouts(&mut self, work: &(Key, Vec<u8>)) -> Result<Whereabouts, Violation> {
        let (name, body) = work;
        if self.model.log().get(name).is_some_and(|logged| logged.body == *body) {
            return Ok(Whereabouts::Safe);
        }
        let store = self.phone.device.store();
        let own = match self.rows.entry(name.0) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(new) => new.insert(store.changes(&name.0)?),
        };
        let here = own.iter().find(|row| key(row) == *name && row.body == *body);
        match here.map(|row| row.place) {
            Some(Place::Unsent(_)) => Ok(Whereabouts::Safe),
            Some(Place::Accepted(_) | Place::Placed(_)) => Ok(Whereabouts::Acknowledged),
            None if self.returned.contains(work) || self.is_written_again(name)? => {
                Ok(Whereabouts::Safe)
            }
            None => Ok(Whereabouts::Nowhere),
        }
    }

    /// Whether work that was saved under this name is in the log, on the phone or in its tray by the
    /// name under which it was written again.
    fn is_written_again(&self, (record, actor, seq): &Key) -> Result<bool, Violation> {
        let (now, (author, number)) = self.renames.place(record, &(*actor, *seq));
        let name = (now, author, number);
        if name == (*record, *actor, *seq) {
            return Ok(false);
        }
        let here = self.phone.device.store().changes(&now)?.iter().any(|row| key(row) == name);
        let back = self.returned.iter().any(|(back, _)| *back == name);
        Ok(here || back || self.model.log().contains_key(&name))
    }
}

/// P1: what a phone called saved is on that phone or in the log, byte for byte, and what it says the
/// server took is in the log. A phone that has not met a server since that was put back says what was
/// so before.
///
/// # Errors
/// [`Promise::Kept`].
pub fn kept(n: usize, phone: &Phone, model: &Model) -> Result<(), Violation> {
    let mut search = Search::new(phone, model)?;
    for work in model.saved(n) {
        let how = match search.whereabouts(work)? {
            Whereabouts::Safe => continue,
            Whereabouts::Acknowledged if model.is_behind(n) => continue,
            Whereabouts::Acknowledged => "acknowledged and not in the log",
            Whereabouts::Nowhere => "nowhere",
        };
        let (record, _, seq) = work.0;
        let what = format!("phone {n} saved {record}, change {seq}: it is {how}");
        return Err(Violation::of(Promise::Kept, what));
    }
    Ok(())
}

/// What a phone saved that neither it nor the log has: a server's database was put back, and the phone
/// had let go of its own copy, or lost it.
///
/// # Errors
/// A failure of the store.
pub fn lost_with_the_log(
    n: usize,
    phone: &Phone,
    model: &Model,
) -> Result<Vec<(Key, Vec<u8>)>, Violation> {
    let mut search = Search::new(phone, model)?;
    let mut lost = Vec::new();
    for work in model.saved(n) {
        if search.whereabouts(work)? == Whereabouts::Nowhere {
            lost.push(work.clone());
        }
    }
    Ok(lost)
}

fn key(row: &ChangeRow) -> Key {
    (row.record, row.actor, row.seq)
}

/// P3 on the disk and P5, of a phone that has just synced to the end: it holds every change of what
/// its user may read, in its place, and nothing placed of what they may not keep.
///
/// # Errors
/// [`Promise::Entitled`], [`Promise::Complete`].
pub fn holdings(
    n: usize,
    phone: &Phone,
    model: &Model,
    allowed: &mut Entitlement<'_>,
) -> Result<(), Violation> {
    let who = allowed.holder(phone)?;
    for (record, envelope) in model.envelopes() {
        let rows = phone.device.store().changes(record)?;
        let placed: BTreeMap<Key, u32> = rows
            .iter()
            .filter_map(|row| match row.place {
                Place::Placed(position) => Some((key(row), position)),
                Place::Accepted(_) | Place::Unsent(_) => None,
            })
            .collect();
        if !placed.is_empty() && !allowed.keeps(&who, envelope)? {
            let what = format!("phone {n} still holds {}", label(envelope));
            return Err(Violation::of(Promise::Entitled, what));
        }
        if allowed.reads(&who, envelope)? {
            complete(n, record, &placed, model, envelope)?;
        }
    }
    Ok(())
}

fn complete(
    n: usize,
    record: &RecordId,
    placed: &BTreeMap<Key, u32>,
    model: &Model,
    envelope: &Envelope,
) -> Result<(), Violation> {
    let first = (*record, sync_core::ids::Actor::from_bytes([0; 16]), 0);
    let last = (*record, sync_core::ids::Actor::from_bytes([0xff; 16]), u32::MAX);
    for (name, logged) in model.log().range(first..=last) {
        if placed.get(name) != Some(&logged.position) {
            let (number, at) = (logged.number, logged.position);
            let what =
                format!("phone {n} lacks log entry {number}, change {at} of {}", label(envelope));
            return Err(Violation::of(Promise::Complete, what));
        }
    }
    Ok(())
}

/// Whether a phone holds of a case exactly what its user may read, so that it can be compared.
///
/// # Errors
/// A failure of the store.
pub fn readable(
    phone: &Phone,
    case: CaseId,
    model: &Model,
    allowed: &mut Entitlement<'_>,
) -> Result<Option<BTreeSet<RecordId>>, Violation> {
    let who = allowed.holder(phone)?;
    if model.was_put_back() && holds_what_is_lost(phone, case, model)? {
        return Ok(None);
    }
    let mut readable = BTreeSet::new();
    for (record, envelope) in model.envelopes().iter().filter(|(_, it)| it.case == case) {
        let holds = phone.device.store().record(record)?.is_some();
        match allowed.reads(&who, envelope)? {
            true => drop(readable.insert(*record)),
            // A frozen copy is another's truth by now.
            false if holds => return Ok(None),
            false => {}
        }
    }
    Ok(Some(readable).filter(|records| !records.is_empty()))
}

/// Whether a phone has others' work of a case that went with a log and that nobody has sent again.
fn holds_what_is_lost(phone: &Phone, case: CaseId, model: &Model) -> Result<bool, Violation> {
    let store = phone.device.store();
    for record in store.records_of_case(&case)? {
        let rows = store.changes(&record.id)?;
        let sent = rows.iter().filter(|row| !matches!(row.place, Place::Unsent(_)));
        if sent.map(key).any(|name| !model.log().contains_key(&name)) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The key that signs the ends of a run's audit.
const AUDIT_SEED: [u8; 32] = [7; 32];

/// The log verifies, everything that is made from it can be made again, and so does the audit of who
/// brought what.
///
/// # Errors
/// [`Promise::Verified`].
pub fn verified(
    server: &mut Server,
    now: Timestamp,
    plant: Option<Plant>,
) -> Result<(), Violation> {
    let cluster = server.cluster;
    let mut wrong = reckon::verify(&mut server.conn, &cluster, &mut |_, _| {})?.wrong;
    let rebuilt =
        reckon::rebuild(&mut server.conn, &server.rules, &cluster, now, false, &mut |_, _| {})?;
    wrong.extend(rebuilt.wrong);
    let key = SigningKey::from_bytes(&AUDIT_SEED);
    chain::link_all(&mut server.conn, &key, now)?;
    if plant == Some(Plant::AuditCut) {
        cut_audit(&mut server.conn, &cluster)?;
    }
    let whole = (&cluster, None);
    wrong.extend(check::verify(&mut server.conn, &key.verifying_key(), whole, now)?.wrong);
    match wrong.first() {
        None => Ok(()),
        Some(first) => {
            let what = format!("{first} ({} findings)", wrong.len());
            Err(Violation::of(Promise::Verified, what))
        }
    }
}

/// Nothing waits on a phone that has synced undisturbed.
///
/// # Errors
/// [`Promise::Working`].
pub fn nothing_stuck(n: usize, phone: &Phone) -> Result<(), Violation> {
    let waiting = phone.device.only_here()?;
    let cursors = phone.device.store().items(Shelf::Cursor)?.len();
    if waiting.changes > 0 || cursors == 0 {
        let rows = phone.device.store().unsent(0, usize::MAX)?;
        let envelopes = rows.iter().map(|row| phone.device.envelope(&row.record));
        let labels: Vec<_> =
            envelopes.map(|it| it.map(|it| label(&it))).collect::<Result<_, _>>()?;
        let what = format!("phone {n} cannot send changes of {}", labels.join(", "));
        return Err(Violation::of(Promise::Working, what));
    }
    Ok(())
}
