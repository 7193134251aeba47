//! One run: phones, a server and what passes between them, step by step from a seed.

mod hostile;
mod office;
mod syncs;

use caseweave::role::Role;
use sync_core::device::DeviceError;
use sync_core::engine::client::BatchRoom;
use sync_core::ids::{AgencyId, UserId};
use sync_core::limits::{LOST_WORK_MS, PAGE_BYTES};
use sync_core::store::Store;
use sync_core::time::Timestamp;

use crate::sim::Options;
use crate::sim::agreement;
use crate::sim::checkers::{self, Entitlement};
use crate::sim::coverage::Coverage;
use crate::sim::dice::Dice;
use crate::sim::model::{Key, Model};
use crate::sim::network::{Fault, Mishap};
use crate::sim::phone::{Outage, Phone};
use crate::sim::plant::Plant;
use crate::sim::promise::{Promise, Violation};
use crate::sim::server::{Person, Server};
use crate::sim::workload::{Done, Hand, Transition};

/// When every run begins: 22 November 2026.
const START: Timestamp = Timestamp(1_795_300_000_000);

const fn person(name: &'static str, agency: &'static str, role: Role) -> Person {
    Person { name, agency, role }
}

/// Who may have a phone; the first three always do.
const PEOPLE: [Person; 5] = [
    person("ada", "education", Role::ClusterLead),
    person("bea", "social-work", Role::Practitioner),
    person("cal", "health", Role::Practitioner),
    person("dot", "education", Role::Practitioner),
    person("eve", "social-work", Role::AgencyLead),
];

/// Whose a phone is. The last of six is somebody's second.
fn owner(n: usize) -> Person {
    *PEOPLE.get(n).unwrap_or(&PEOPLE[1])
}

/// Who is in no team and has a phone all the same.
const STRANGER: Person = person("mal", "health", Role::Practitioner);

/// Tries until a sync must have gone through: a gap makes a phone ask again for the whole.
const TRIES: u32 = 4;

/// Rounds in which everything must have been sent again to a server that was put back.
const ROUNDS: u32 = 24;

/// Who share a phone, where two do: each has data of their own on it.
const SHARING: [usize; 2] = [1, 2];

/// The first stream of dice of steps.
const STEPS: u64 = 1_000;

/// How much goes at once in a world.
struct Parts {
    batch: BatchRoom,
    page: usize,
}

impl Parts {
    /// In two worlds of three as much as in the field, where a day's work hardly ever fills a batch or a
    /// page; in the third so little that there is nearly always more.
    fn of(seed: u64, options: &Options) -> Self {
        let mut dice = Dice::new(seed, 3);
        let mut parts = Self { batch: BatchRoom::default(), page: PAGE_BYTES };
        if options.in_parts && dice.below(3) == 0 {
            parts.batch.changes = 1 + dice.below(6) as usize;
            parts.page = 200 << dice.below(5);
        }
        parts
    }
}

/// The state of a run.
pub struct World {
    dice: Dice,
    now: Timestamp,
    server: Server,
    phones: Vec<Phone>,
    model: Model,
    coverage: Coverage,
    users: Vec<UserId>,
    agencies: Vec<AgencyId>,
    options: Options,
    seed: u64,
    steps: u32,
    story: Vec<String>,
    stranger: Phone,
    /// Whether two of the people share a phone.
    shared: bool,
}

impl World {
    /// The world of a seed.
    ///
    /// # Errors
    /// A failure of the product.
    pub fn new(seed: u64, options: &Options) -> Result<Self, Violation> {
        let mut dice = Dice::new(seed, 0);
        let mut skews = Dice::new(seed, 1);
        let everybody: Vec<_> = PEOPLE.into_iter().chain([STRANGER]).collect();
        let mut server = Server::new(Dice::new(seed, 2), &everybody, options.plant, START)?;
        let parts = Parts::of(seed, options);
        server.send_at_once(parts.page);
        let count = 3 + dice.below(4) as usize;
        let mut phones = Vec::with_capacity(count);
        for n in 0..count {
            let enrolled = server.enrol(owner(n).name, START)?;
            let cursor_first = options.plant == Some(Plant::CursorFirst);
            let mut phone = Phone::enrolled(&enrolled, cursor_first)?;
            phone.send_at_once(parts.batch);
            if options.skewed {
                let years = skews.below(13) as i64 - 6;
                phone.skew_ms = years * 365 * Timestamp::DAY_MS + skews.below(100_000_000) as i64;
            }
            phones.push(phone);
        }
        let shared = Dice::new(seed, 4).chance(50);
        if let ([.., one, other], true) = (&mut phones[..=SHARING[1]], shared) {
            other.lie_beside(one)?;
        }
        let stranger = server.enrol_stranger(STRANGER.name, START)?;
        let stranger = Phone::enrolled(&stranger, false)?;
        let mut users: Vec<_> =
            phones.iter().map(|phone| phone.device.identity().principal.user).collect();
        users.dedup();
        let agencies = phones.iter().map(|it| it.device.identity().principal.agency).collect();
        Ok(Self {
            dice,
            now: START,
            server,
            model: Model::new(phones.len()),
            phones,
            coverage: Coverage::default(),
            users,
            agencies,
            options: options.clone(),
            seed,
            steps: 0,
            story: Vec::new(),
            stranger,
            shared,
        })
    }

    /// What was checked so far.
    #[must_use]
    pub const fn coverage(&self) -> &Coverage {
        &self.coverage
    }

    /// The phones.
    #[must_use]
    pub fn phones(&self) -> &[Phone] {
        &self.phones
    }

    /// The chain of the server's log.
    ///
    /// # Errors
    /// The database's failure.
    pub fn chain(&mut self) -> Result<[u8; 32], Violation> {
        let cluster = self.server.cluster;
        Ok(caseweave::db::log::head(&mut self.server.conn, &cluster)?.1)
    }

    /// Everybody's first sync, without which a phone knows nobody.
    ///
    /// # Errors
    /// A broken promise.
    pub fn begin(&mut self) -> Result<(), Violation> {
        (0..self.phones.len()).try_for_each(|n| self.sync_through(n))
    }

    /// What happened in each step, if that is told.
    #[must_use]
    pub fn story(&self) -> &[String] {
        &self.story
    }

    /// One step; the clock goes on also where it is left out. Each has dice of its own, so that the
    /// others go on as they were where one is left out.
    ///
    /// # Errors
    /// A broken promise.
    pub fn step(&mut self, kept: bool) -> Result<(), Violation> {
        self.steps += 1;
        self.dice = Dice::new(self.seed, STEPS + u64::from(self.steps));
        self.now = self.now.plus_ms(1_000 + self.dice.below(3_600_000) as i64);
        if !kept {
            return Ok(());
        }
        let n = self.dice.below(self.phones.len() as u64) as usize;
        let transition = Transition::choose(&mut self.dice);
        if self.options.tells {
            self.story.push(format!("step {}: {transition:?}, phone {n}", self.steps));
        }
        self.act(n, transition)?;
        checkers::kept(n, &self.phones[n], &self.model)?;
        self.coverage.checked(Promise::Kept);
        Ok(())
    }

    fn act(&mut self, n: usize, transition: Transition) -> Result<(), Violation> {
        match transition {
            Transition::Sync => self.sync(n, None),
            Transition::FaultySync => {
                let mishap = self.mishap();
                self.tell(|| format!("{mishap:?}"));
                self.sync(n, Some(mishap))
            }
            Transition::Reopen => {
                self.coverage.fault(Fault::Reopened);
                self.on_phone_of(n).try_for_each(|it| self.phones[it].reopen())
            }
            Transition::BackUp => {
                self.on_phone_of(n).for_each(|it| self.phones[it].back_up());
                Ok(())
            }
            Transition::Restore => self.on_phone_of(n).try_for_each(|it| self.restore(it)),
            Transition::MovePost => self.move_post(),
            Transition::MarkPhone => self.mark(n),
            Transition::Review => self.review(),
            Transition::Attack => self.attack(),
            Transition::BackUpServer => self.back_up_server(),
            Transition::RestoreServer => self.restore_server(),
            transition => self.save(n, transition),
        }
    }

    /// Adds to what is told of this step.
    fn tell(&mut self, what: impl FnOnce() -> String) {
        if let Some(line) = self.story.last_mut() {
            line.push_str(&format!(", {}", what()));
        }
    }

    /// Whose data are on the same phone, they themselves among them.
    fn on_phone_of(&self, n: usize) -> impl Iterator<Item = usize> + use<> {
        let both = (self.shared && SHARING.contains(&n)).then_some(SHARING);
        let alone = if both.is_none() { Some(n) } else { None };
        both.into_iter().flatten().chain(alone)
    }

    fn restore(&mut self, n: usize) -> Result<(), Violation> {
        if self.phones[n].restore()? {
            self.coverage.fault(Fault::Restored);
            self.model.note_restored(n, &self.phones[n])?;
        }
        Ok(())
    }

    fn mishap(&mut self) -> Mishap {
        let fault = *self.dice.pick(&Fault::OF_A_SYNC).unwrap_or(&Fault::AnswerLost);
        let after = if self.dice.chance(75) { 0 } else { self.dice.below(3) };
        Mishap { fault, after, cut: (self.dice.below(8), self.dice.below(90)) }
    }

    fn outage(&mut self) -> Outage {
        Outage { commits_left: self.dice.below(3), written: self.dice.chance(50) }
    }

    fn save(&mut self, n: usize, transition: Transition) -> Result<(), Violation> {
        if self.dice.chance(6) {
            let outage = self.outage();
            self.phones[n].plan_outage(outage);
        }
        let phone = &mut self.phones[n];
        let now = phone.clock(self.now);
        let done = Hand {
            phone,
            dice: &mut self.dice,
            now,
            users: &self.users,
            agencies: &self.agencies,
            in_parts: self.options.in_parts,
        }
        .act(transition);
        self.note(n, transition, done)
    }

    fn note(&mut self, n: usize, transition: Transition, done: Done) -> Result<(), Violation> {
        let off = self.phones[n].is_off();
        match done {
            Ok(Some((record, entries))) => {
                self.model.note_saved((n, &self.phones[n]), &record, &entries)?;
            }
            Ok(None) => {}
            Err(DeviceError::Store(_)) if off => {}
            Err(
                DeviceError::Refused(_)
                | DeviceError::CannotUndo(_)
                | DeviceError::NoConflict
                | DeviceError::UnknownCase,
            ) => {}
            Err(error) => {
                let what = format!("phone {n}, {transition:?}: {error}");
                return Err(Violation::of(Promise::Working, what));
            }
        }
        self.restore_power(n, Fault::PowerInSave)
    }

    fn restore_power(&mut self, n: usize, fault: Fault) -> Result<(), Violation> {
        if !self.phones[n].is_off() {
            self.phones[n].calm();
            return Ok(());
        }
        self.coverage.fault(fault);
        self.on_phone_of(n).try_for_each(|it| {
            self.phones[it].reopen()?;
            self.model.note_unsent(it, &self.phones[it])
        })
    }

    /// Everybody syncs undisturbed, three rounds: the second brings what the first pushed, the third
    /// what the second's refusals changed. After the server was put back there are more, and what hangs on
    /// work that no phone has waits until it may come no longer. Then all promises are checked.
    ///
    /// # Errors
    /// A broken promise.
    pub fn quiesce(&mut self) -> Result<(), Violation> {
        self.put_in_order()?;
        (0..3).try_for_each(|_| self.begin())?;
        if self.model.was_put_back() && self.until_nothing_moves()? {
            self.now = self.now.plus_ms(LOST_WORK_MS);
            self.until_nothing_moves()?;
        }
        for n in 0..self.phones.len() {
            checkers::kept(n, &self.phones[n], &self.model)?;
            checkers::nothing_stuck(n, &self.phones[n])?;
        }
        self.coverage.checked(Promise::Kept);
        self.coverage.checked(Promise::Working);
        let mut allowed = Entitlement::new(&mut self.server, self.now);
        agreement::agree(&self.phones, &self.model, &mut allowed, self.options.plant)?;
        self.coverage.checked(Promise::Converged);
        self.coverage.checked(Promise::Told);
        checkers::verified(&mut self.server, self.now, self.options.plant)?;
        self.coverage.checked(Promise::Verified);
        Ok(())
    }

    /// Who built on somebody's work can send it after them only, and the others have it a round later. Says
    /// whether something waits then.
    fn until_nothing_moves(&mut self) -> Result<bool, Violation> {
        let mut before = None;
        for _ in 0..ROUNDS {
            let now = Some((self.chain()?, self.waiting()?));
            if now == before {
                break;
            }
            before = now;
            self.begin()?;
        }
        Ok(!self.waiting()?.is_empty())
    }

    /// What is on phones only.
    fn waiting(&self) -> Result<Vec<Key>, Violation> {
        let mut all = Vec::new();
        for phone in &self.phones {
            let rows = phone.device.store().unsent(0, usize::MAX)?.into_iter();
            all.extend(rows.map(|row| (row.record, row.actor, row.seq)));
        }
        Ok(all)
    }

    /// P8 was checked against another run of the seed.
    pub fn clocks_checked(&mut self) {
        self.coverage.checked(Promise::Clockless);
    }
}
