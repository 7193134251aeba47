//! What a phone is sent: page after page, each complete with the cursor after it.
//!
//! A round goes up to the log's head as it was at its start: first what access says (copies that
//! go, scopes that freeze), people and directory, then what is newly granted, most needed first,
//! then what is new of the rest. What is not granted any more when a page is made is not in it.

mod ahead;
pub mod cursor;
pub mod ended;
mod fresh;
mod lines;
mod people;
mod standing;
mod tail;

use std::collections::BTreeSet;
use std::sync::Arc;

use sync_core::engine::hub::{LoggedChange, PageFrame};
use sync_core::framework::Catalogue;
use sync_core::ids::{CaseId, ClusterId, DeviceId, UserId};
use sync_core::protocol::message::{ClusterCursor, Decided, Page};
use sync_core::record::kind::Kind;
use sync_core::time::Timestamp;

use crate::db::pull::{Class, Sent};
use crate::db::quarantine::{Held, State};
use crate::db::{self, Conn, Error};
use crate::service::reason;
use ahead::Ahead;
use cursor::{Cursor, Offset};
use ended::Has;
use fresh::{Fresh, Sought};
pub use people::Told;
use standing::Standing;
pub(super) use standing::is_of_this_log;
pub use standing::{answered, of_another_log, stands_at_last};
pub use tail::Tails;

/// Records begun in these days are sent before older ones.
const RECENT_DAYS: i64 = 90;
/// Classes of records, most needed first: the case itself; concerns, assessments and plans; what is
/// recent; the rest.
const CLASSES: u8 = 4;

/// Who pulls, and with which keys cursors are sealed.
#[derive(Clone, Debug)]
pub struct Puller {
    /// The person.
    pub user: UserId,
    /// The phone.
    pub device: DeviceId,
    /// Seals cursors.
    pub cursor_key: [u8; 32],
    /// This server's log.
    pub log_id: [u8; 16],
    /// Random bytes of this exchange: a cursor that did not move is not seen not to have moved.
    pub fresh: [u8; 16],
    /// Whether the phone needs its own work again, too.
    pub whole: bool,
    /// Whether the person works with the cluster's cases. Who does so no more is told what goes.
    pub works: bool,
    /// The frameworks.
    pub catalogue: Arc<Catalogue>,
    /// What readers were last told of people.
    pub told: Told,
    /// The newest numbers of logs.
    pub tails: Tails,
    /// Bytes of one page before compression; [`PAGE_BYTES`](sync_core::limits::PAGE_BYTES), or less.
    pub page_bytes: usize,
}

/// What a round will send, roughly: for the audit, before anything of it goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Coming {
    /// From whose log.
    pub cluster: ClusterId,
    /// Changes of records.
    pub changes: i64,
    /// Lines of the directory, each with a child's name.
    pub lines: i64,
}

/// One cluster's round for one phone.
#[derive(Clone, Debug)]
pub struct Round {
    puller: Puller,
    cluster: ClusterId,
    cursor: Cursor,
    /// What the phone had when it asked.
    has: Has,
    now: Timestamp,
    ahead: Ahead,
    fresh: Fresh,
    /// Bytes of people and lines in the page that is being made.
    lines_bytes: usize,
    left: i64,
    /// Lines of the directory that it will send.
    lines: i64,
    done: bool,
    /// Whether the phone's cursor is of another log; told with the first page.
    anew: bool,
}

impl Round {
    /// Begins or resumes a round where the phone's cursor says.
    ///
    /// # Errors
    /// The database's failure.
    pub fn begin(
        conn: &mut Conn,
        puller: Puller,
        asked: &ClusterCursor,
        now: Timestamp,
    ) -> Result<Self, Error> {
        let cluster = asked.cluster;
        let Standing { resumed, has, anew } = Standing::of(conn, &puller, asked)?;
        // Whoever had left has nothing of what was there before.
        let returns = |it: &Cursor| puller.works && it.people == people::LEFT;
        let mut cursor = resumed.filter(|it| !returns(it)).unwrap_or_default();
        if !puller.works {
            cursor.offset = Offset::Start;
        }
        if cursor.offset == Offset::Start {
            cursor.up_to = db::log::head(conn, &cluster)?.0 - 1;
            cursor.chain = db::log::state_at(conn, &cluster, cursor.up_to)?;
        }
        let whose = (&puller.user, &cluster);
        let (fresh, left) = match (cursor.base, cursor.up_to) {
            (base, up_to) if base == up_to || !puller.works => (Fresh::default(), 0),
            (0, up_to) => (Fresh::default(), db::pull::count_granted(conn, whose, (0, up_to))?),
            (base, up_to) => {
                let after = match cursor.offset {
                    Offset::New(after) => after,
                    _ => base,
                };
                let granted = db::pull::count_granted(conn, whose, (base, up_to))?;
                let range = (after, up_to);
                let sought = Sought { tails: &puller.tails, whose, range, base };
                let (fresh, new) = Fresh::find(conn, &sought)?;
                (fresh, granted + new)
            }
        };
        let lines = match puller.works {
            true => lines_ahead(conn, &puller.user, &cluster, &cursor)?,
            false => 0,
        };
        let (ahead, lines_bytes, done) = (Ahead::default(), 0, false);
        Ok(Self {
            puller,
            cluster,
            cursor,
            has,
            now,
            ahead,
            fresh,
            lines_bytes,
            left,
            lines,
            done,
            anew,
        })
    }

    /// What it will send.
    #[must_use]
    pub const fn ahead(&self) -> Coming {
        Coming { cluster: self.cluster, changes: self.left, lines: self.lines }
    }

    /// The next page; none when the phone has everything. The first page is always there: it says
    /// where the phone stands.
    ///
    /// # Errors
    /// The database's failure.
    pub fn page(&mut self, conn: &mut Conn, now: Timestamp) -> Result<Option<Page>, Error> {
        if self.done {
            return Ok(None);
        }
        let mut page = Page::new(self.cluster, now);
        let mut frame = PageFrame::with_room(self.puller.page_bytes);
        self.cursor.pages = self.cursor.pages.saturating_add(1);
        page.number = self.cursor.pages;
        page.anew = std::mem::take(&mut self.anew);
        self.lines_bytes = 0;
        self.ahead.recheck(conn, &self.puller.user, &self.cluster)?;
        while !self.done && self.step(conn, &mut page, &mut frame)? {}
        self.left = self.left.saturating_sub(frame.len() as i64).max(0);
        page.left = if self.done { 0 } else { self.left.max(1).unsigned_abs() };
        frame.into_page(&mut page).map_err(|_| Error::Corrupt("change"))?;
        let whose = (&self.puller.user, &self.cluster);
        let (key, log, fresh) = (&self.puller.cursor_key, &self.puller.log_id, &self.puller.fresh);
        page.cursor = self.cursor.seal(key, log, whose, fresh);
        Ok(Some(page))
    }

    /// One step of the round; says whether the page has room for the next.
    fn step(
        &mut self,
        conn: &mut Conn,
        page: &mut Page,
        frame: &mut PageFrame,
    ) -> Result<bool, Error> {
        match self.cursor.offset {
            Offset::Start => {
                if !self.puller.works {
                    self.farewell(conn, page)?;
                    self.finish();
                    return Ok(false);
                }
                self.people(conn, page)?;
                if self.cursor.base == self.cursor.up_to {
                    self.finish();
                    return Ok(false);
                }
                self.access(conn, page)?;
                self.cursor.offset = Offset::Directory(self.cursor.base);
                Ok(true)
            }
            Offset::Directory(after) => self.directory(conn, after, page),
            Offset::Extracts(after) => self.extracts(conn, after, page),
            Offset::Warnings(after) => self.warnings(conn, after, page),
            Offset::Granted(class, first, position) => {
                self.granted(conn, class, (first, position), frame)
            }
            Offset::New(after) => self.new_changes(conn, after, frame),
        }
    }

    const fn finish(&mut self) {
        self.cursor.base = self.cursor.up_to;
        self.cursor.offset = Offset::Start;
        self.cursor.pages = 0;
        self.done = true;
    }

    /// What goes from the phone of whoever works here no more: every copy, every child to be found, everybody as
    /// a colleague.
    fn farewell(&mut self, conn: &mut Conn, page: &mut Page) -> Result<(), Error> {
        self.access(conn, page)?;
        page.dropped.append(&mut page.frozen);
        if self.cursor.people != people::LEFT {
            let (user, cluster) = (&self.puller.user, &self.cluster);
            let found = db::directory::findable_until(conn, user, cluster, self.has.held)?;
            let wrote = ended::written(conn, user, cluster)?;
            // Also a case that they began and of which they heard no more.
            let hidden = page.hidden.drain(..).chain(found).chain(wrote.cases);
            let hidden: BTreeSet<CaseId> = hidden.collect();
            page.hidden = hidden.into_iter().collect();
            page.dropped.extend(wrote.scopes);
            page.people = vec![people::left(user, cluster)];
            self.cursor.people = people::LEFT;
        }
        Ok(())
    }

    /// Copies that go, scopes that freeze or thaw, cases to be found no longer.
    fn access(&self, conn: &mut Conn, page: &mut Page) -> Result<(), Error> {
        let (user, base, up_to) = (&self.puller.user, self.cursor.base, self.cursor.up_to);
        let moved = ended::of_range(conn, user, &self.cluster, (base, up_to), self.has)?;
        (page.dropped, page.frozen) = (moved.dropped, moved.frozen);
        (page.thawed, page.hidden) = (moved.thawed, moved.hidden);
        let decided =
            db::quarantine::decided(conn, &self.puller.device, &self.cluster, (base, up_to))?;
        let room = reason::room_for(decided.len());
        let told = |held| told(held, room);
        page.decided = (!decided.is_empty()).then(|| decided.into_iter().map(told).collect());
        Ok(())
    }

    fn granted(
        &mut self,
        conn: &mut Conn,
        class: u8,
        after: (i64, i32),
        frame: &mut PageFrame,
    ) -> Result<bool, Error> {
        if class == CLASSES {
            self.cursor.offset = Offset::New(self.cursor.base);
            return Ok(true);
        }
        if !self.ahead.holds(class) {
            self.list_granted(conn, class, after)?;
        }
        let up_to = self.cursor.up_to;
        while let Some(ready) = self.ahead.next(conn, up_to)? {
            if frame.is_full_for(&ready.change) {
                self.ahead.put_back(ready);
                return Ok(false);
            }
            self.cursor.offset = Offset::Granted(class, ready.first_number, ready.position);
            frame.put(ready.change);
        }
        self.cursor.offset = Offset::Granted(class + 1, -1, 0);
        Ok(true)
    }

    /// Lists the records of a class that are still to be sent.
    fn list_granted(&mut self, conn: &mut Conn, class: u8, after: (i64, i32)) -> Result<(), Error> {
        let range = (self.cursor.base, self.cursor.up_to);
        let whose = (&self.puller.user, &self.cluster);
        let recent = self.now.plus_ms(-RECENT_DAYS * Timestamp::DAY_MS);
        let recent_from = db::log::first_since(conn, &self.cluster, recent)?;
        let filter = class_of(class, recent_from);
        let records = db::pull::granted_records(conn, whose, range, filter, after.0)?;
        self.ahead.list(conn, whose, (class, records), after)
    }

    fn new_changes(
        &mut self,
        conn: &mut Conn,
        after: i64,
        frame: &mut PageFrame,
    ) -> Result<bool, Error> {
        let base = self.cursor.base;
        if base == 0 {
            // A first round: everything was newly granted.
            self.finish();
            return Ok(false);
        }
        let (range, whose) = ((after, self.cursor.up_to), (&self.puller.user, &self.cluster));
        let sought = Sought { tails: &self.puller.tails, whose, range, base };
        let (rows, looked_up_to) = self.fresh.read(conn, &sought)?;
        for sent in rows {
            let number = sent.0.number;
            let own = sent.0.device == self.puller.device && !self.puller.whole;
            let change = logged(sent, !own);
            if frame.is_full_for(&change) {
                return Ok(false);
            }
            self.cursor.offset = Offset::New(number);
            frame.put(change);
        }
        match looked_up_to {
            Some(number) => self.cursor.offset = Offset::New(number),
            None => self.finish(),
        }
        Ok(looked_up_to.is_some())
    }
}

fn lines_ahead(
    conn: &mut Conn,
    user: &UserId,
    cluster: &ClusterId,
    cursor: &Cursor,
) -> Result<i64, Error> {
    let after = match cursor.offset {
        Offset::Start => cursor.base,
        Offset::Directory(after) => after,
        Offset::Extracts(_) | Offset::Warnings(_) | Offset::Granted(..) | Offset::New(_) => {
            return Ok(0);
        }
    };
    if after == cursor.up_to {
        return Ok(0);
    }
    db::directory::count_changed(conn, user, cluster, (after, cursor.up_to))
}

/// A reviewer's decision as the author's phone is told.
fn told(held: Held, room: usize) -> Decided {
    Decided {
        record: held.record,
        actor: held.actor,
        first_seq: held.first_seq.unsigned_abs(),
        count: held.length.unsigned_abs(),
        given_back: held
            .reason
            .filter(|_| held.state == State::GivenBack)
            .map(|reason| reason::shortened(&reason, room)),
    }
}

fn logged((entry, envelope): Sent, with_body: bool) -> LoggedChange {
    LoggedChange {
        record: entry.record,
        position: entry.position.unsigned_abs(),
        envelope: (entry.position == 1).then_some(envelope),
        actor: entry.actor,
        user: entry.user,
        seq: entry.seq.unsigned_abs(),
        deps: entry.deps,
        body: with_body.then_some(entry.body),
        hash: entry.hash,
    }
}

/// The records of a class, where those begun from `recent_from` on are recent.
fn class_of(class: u8, recent_from: i64) -> Class {
    let code = |kind: Kind| i16::from(kind.code());
    let visits_and_rest = (code(Kind::Intervention), i16::MAX);
    let begun_any_time = (0, i64::MAX);
    match class {
        0 => Class { kinds: (code(Kind::Case), code(Kind::Case)), begun: begun_any_time },
        1 => Class { kinds: (code(Kind::Concern), code(Kind::Plan)), begun: begun_any_time },
        2 => Class { kinds: visits_and_rest, begun: (recent_from, i64::MAX) },
        _ => Class { kinds: visits_and_rest, begun: (0, recent_from - 1) },
    }
}

/// The number up to which a phone has a cluster's log, as its cursor proves; zero for a cursor of
/// another log, and of whoever heard that they left.
///
/// # Errors
/// The database's failure.
pub fn proven(conn: &mut Conn, puller: &Puller, asked: &ClusterCursor) -> Result<i64, Error> {
    let whose = (&puller.user, &asked.cluster);
    let known = Cursor::open(&asked.cursor, &puller.cursor_key, &puller.log_id, whose);
    Ok(match known {
        Some(known) if known.people == people::LEFT => 0,
        Some(known) if is_of_this_log(conn, &asked.cluster, &known)? => known.base,
        _ => 0,
    })
}

/// Whether what a phone says it had was given to this person for this cluster: then they worked there once.
#[must_use]
pub fn is_sealed_for(puller: &Puller, asked: &ClusterCursor) -> bool {
    let whose = (&puller.user, &asked.cluster);
    let open = |sealed| Cursor::open(sealed, &puller.cursor_key, &puller.log_id, whose);
    [&asked.cursor, &asked.held].into_iter().any(|sealed| open(sealed).is_some())
}
