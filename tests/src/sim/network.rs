//! The way between a phone and the server, with everything that goes wrong on it.

use std::io::{Cursor, Read};

use caseweave::db::devices::DeviceState;
use caseweave::role::Role;
use sync_core::device::Session;
use sync_core::device::transport::{Transport, TransportError};
use sync_core::ids::DeviceId;
use sync_core::limits::REQUEST_INFLATED_BYTES;
use sync_core::policy::Principal;
use sync_core::protocol::message::Page;
use sync_core::protocol::stream::{PageWriter, decode_request};
use sync_core::time::Timestamp;

use crate::sim::checkers::{self, Entitlement};
use crate::sim::coverage::Coverage;
use crate::sim::model::Model;
use crate::sim::plant::Plant;
use crate::sim::promise::{Promise, Violation};
use crate::sim::server::{Person, Server};

/// What can go wrong.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Fault {
    /// The request does not arrive.
    RequestCut,
    /// The server takes the request, its answer does not arrive.
    AnswerLost,
    /// The answer breaks off somewhere in a page.
    AnswerCut,
    /// The request arrives twice.
    Doubled,
    /// An older request of the phone arrives before this one.
    Reordered,
    /// While its answer is on its way, another phone's work arrives, or a post ends or begins.
    Overtaken,
    /// The server dies before its first commit.
    ServerDies,
    /// The server dies after a commit, before it has answered.
    ServerDiesLate,
    /// The phone loses power at a commit of a sync.
    PowerInSync,
    /// The phone loses power at a commit of a save.
    PowerInSave,
    /// The app is closed and opened again.
    Reopened,
    /// The phone is put back to an older copy of itself.
    Restored,
    /// The server's database is put back to an older copy of itself.
    ServerRestored,
    /// Somebody's post ended, began or became another.
    PostMoved,
    /// A reviewer took late work into the log.
    Released,
    /// A reviewer gave late work back.
    GivenBack,
    /// A phone was retired or reported stolen, or that was taken back.
    Marked,
    /// A stranger's phone, or a stolen request, tried its luck.
    Hostile,
}

impl Fault {
    /// Every fault.
    pub const ALL: [Self; 18] = [
        Self::RequestCut,
        Self::AnswerLost,
        Self::AnswerCut,
        Self::Doubled,
        Self::Reordered,
        Self::Overtaken,
        Self::ServerDies,
        Self::ServerDiesLate,
        Self::PowerInSync,
        Self::PowerInSave,
        Self::Reopened,
        Self::Restored,
        Self::ServerRestored,
        Self::PostMoved,
        Self::Released,
        Self::GivenBack,
        Self::Marked,
        Self::Hostile,
    ];
    /// Those that a sync may meet.
    pub const OF_A_SYNC: [Self; 9] = [
        Self::RequestCut,
        Self::AnswerLost,
        Self::AnswerCut,
        Self::Doubled,
        Self::Reordered,
        Self::Overtaken,
        Self::ServerDies,
        Self::ServerDiesLate,
        Self::PowerInSync,
    ];

    /// Whether it explains that a sync fails. Of what happens to others a phone sees nothing.
    #[must_use]
    pub fn is_seen(self) -> bool {
        self != Self::Overtaken
    }

    /// A word for tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::RequestCut => "req-cut",
            Self::AnswerLost => "ans-lost",
            Self::AnswerCut => "ans-cut",
            Self::Doubled => "doubled",
            Self::Reordered => "reorder",
            Self::Overtaken => "overtake",
            Self::ServerDies => "srv-dies",
            Self::ServerDiesLate => "srv-late",
            Self::PowerInSync => "pow-sync",
            Self::PowerInSave => "pow-save",
            Self::Reopened => "reopen",
            Self::Restored => "restored",
            Self::ServerRestored => "srv-old",
            Self::PostMoved => "post",
            Self::Released => "release",
            Self::GivenBack => "giveback",
            Self::Marked => "marked",
            Self::Hostile => "hostile",
        }
    }
}

/// A fault and where in the sync it happens.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mishap {
    /// What.
    pub fault: Fault,
    /// Exchanges of the sync that go well before.
    pub after: u64,
    /// Where in the answer, in pages, and in which hundredth of that page.
    pub cut: (u64, u64),
}

/// What happens at the server while an answer is on its way.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Meanwhile {
    /// A request of another phone arrives, whose own answer is lost.
    Arrives(DeviceId, Vec<u8>),
    /// Somebody's post ends, or begins.
    PostTurns(Person, Role),
}

/// One sync's line to the server.
pub struct Line<'a> {
    /// The server at its other end.
    pub server: &'a mut Server,
    /// The phone.
    pub device: DeviceId,
    /// The server's clock.
    pub now: Timestamp,
    /// What will go wrong.
    pub mishap: Option<Mishap>,
    /// What overtakes an answer, if something will.
    pub meanwhile: Option<Meanwhile>,
    /// Requests that went over it, old ones first; they may arrive again.
    pub strays: &'a mut Vec<Vec<u8>>,
    /// What should be: brought up to date whenever the server has committed.
    pub model: &'a mut Model,
    /// Who holds the phone.
    pub who: Principal,
    /// Where checks are counted.
    pub coverage: &'a mut Coverage,
    /// The fault that happened.
    pub happened: Option<Fault>,
    /// A failure of the product that no fault explains.
    pub broken: Option<Violation>,
}

/// Requests that are remembered to arrive again.
const STRAYS: usize = 6;

impl Line<'_> {
    /// Lets an old request arrive; nobody waits for its answer.
    ///
    /// # Errors
    /// A failure of the product.
    pub fn deliver_stray(&mut self, body: &[u8]) -> Result<(), Violation> {
        self.serve(body, None).map(drop)
    }

    /// The server's answer; `commits` says how many of its commits it lives through. None if it died.
    fn serve(&mut self, body: &[u8], commits: Option<u64>) -> Result<Option<Vec<Page>>, Violation> {
        self.server.lives_through(commits);
        let pages = self.serve_until(body, None);
        self.server.lives_through(None);
        pages
    }

    /// The same; after so many pages something else happens.
    fn serve_until(
        &mut self,
        body: &[u8],
        overtaken_after: Option<usize>,
    ) -> Result<Option<Vec<Page>>, Violation> {
        let request = decode_request(body, REQUEST_INFLATED_BYTES)?;
        let answers = self.server.ingest(&self.device, &request, self.now)?;
        let answering = match answers {
            Some(answers) => self.server.begin_answer(&self.device, &request, answers, self.now)?,
            None => None,
        };
        self.model.read_log(self.server)?;
        self.coverage.checked(Promise::Once);
        let Some(mut answering) = answering else { return Ok(None) };
        let (mut pages, mut checked) = (Vec::new(), 0);
        while let Some(page) = self.server.next_page(&mut answering, self.now)? {
            pages.push(page);
            if overtaken_after == Some(pages.len()) {
                self.check(&pages)?;
                checked = pages.len();
                self.overtake()?;
            }
        }
        self.check(&pages[checked..])?;
        Ok(Some(pages))
    }

    /// What may be on the wire now.
    fn check(&mut self, pages: &[Page]) -> Result<(), Violation> {
        let mut allowed = Entitlement::new(self.server, self.now);
        checkers::wire(pages, &self.who, self.model, &mut allowed)?;
        self.coverage.checked(Promise::Entitled);
        Ok(())
    }

    /// Something else happens at the server.
    fn overtake(&mut self) -> Result<(), Violation> {
        match self.meanwhile.take() {
            None => return Ok(()),
            Some(Meanwhile::Arrives(device, body)) => {
                let request = decode_request(&body, REQUEST_INFLATED_BYTES)?;
                self.server.ingest(&device, &request, self.now)?;
                self.model.read_log(self.server)?;
            }
            Some(Meanwhile::PostTurns(person, role)) => {
                self.server.turn_post(&person, role, self.now)?;
                self.who = self.server.principal(self.who.user)?;
            }
        }
        self.happened = Some(Fault::Overtaken);
        Ok(())
    }

    fn fault_now(&mut self) -> Option<Mishap> {
        match &mut self.mishap {
            Some(mishap) if mishap.after > 0 => {
                mishap.after -= 1;
                None
            }
            Some(mishap) if mishap.fault == Fault::PowerInSync => None,
            _ => self.mishap.take(),
        }
    }

    fn carry(&mut self, body: &[u8]) -> Result<Option<Vec<u8>>, Violation> {
        let mishap = self.fault_now();
        self.happened = self.happened.or(mishap.map(|it| it.fault).filter(|it| it.is_seen()));
        let oldest = self.strays.first().cloned();
        self.strays.push(body.to_vec());
        if self.strays.len() > STRAYS {
            self.strays.remove(0);
        }
        let Some(Mishap { fault, cut, .. }) = mishap else {
            return self.answered(body, None);
        };
        match fault {
            Fault::RequestCut => Ok(None),
            Fault::ServerDies | Fault::ServerDiesLate => {
                let late = u64::from(fault == Fault::ServerDiesLate);
                let pages = self.serve(body, Some(late * (1 + cut.0 % 3)))?;
                // It died behind its last commit, unless a planted bug let it answer.
                let answers = self.server.has_plant(Plant::AnswerFirst) && late == 0;
                match pages.filter(|_| answers) {
                    Some(pages) => answer(&pages, None).map(Some),
                    None => Ok(None),
                }
            }
            Fault::Overtaken => {
                let pages = self.serve_until(body, Some(1 + cut.0 as usize % 3))?;
                pages.map(|pages| answer(&pages, None)).transpose()
            }
            Fault::AnswerLost => self.serve(body, None).map(|_| None),
            Fault::AnswerCut => self.answered(body, Some(cut)),
            Fault::Doubled => {
                self.serve(body, None)?;
                self.answered(body, None)
            }
            Fault::Reordered => {
                if let Some(old) = oldest {
                    self.deliver_stray(&old)?;
                }
                self.answered(body, None)
            }
            _ => self.answered(body, None),
        }
    }

    fn answered(
        &mut self,
        body: &[u8],
        cut: Option<(u64, u64)>,
    ) -> Result<Option<Vec<u8>>, Violation> {
        let pages = self.serve(body, None)?;
        pages.map(|pages| answer(&pages, cut)).transpose()
    }
}

impl Transport for Line<'_> {
    fn exchange(&mut self, _token: &str, body: &[u8]) -> Result<Box<dyn Read>, TransportError> {
        match self.server.state_of(&self.device) {
            Ok(DeviceState::Active) => {}
            Ok(DeviceState::Retired) => return Err(TransportError::Retired),
            Ok(DeviceState::Stolen) => return Err(TransportError::Stolen),
            Err(violation) => {
                self.broken = Some(violation);
                return Err(TransportError::Busy);
            }
        }
        match self.carry(body) {
            Ok(Some(bytes)) => Ok(Box::new(Cursor::new(bytes))),
            Ok(None) => Err(TransportError::Offline),
            Err(violation) => {
                self.broken = Some(violation);
                Err(TransportError::Busy)
            }
        }
    }

    fn refresh(
        &mut self,
        _refresh_token: &str,
        _device: &DeviceId,
        _signature: &[u8; 64],
    ) -> Result<Session, TransportError> {
        // Every session here is good for the whole run, so that nobody asks.
        Err(TransportError::SignedOut)
    }
}

/// A line that keeps what is sent over it, and brings no answer.
#[derive(Default)]
pub struct Tap(pub Option<Vec<u8>>);

impl Transport for Tap {
    fn exchange(&mut self, _token: &str, body: &[u8]) -> Result<Box<dyn Read>, TransportError> {
        self.0 = Some(body.to_vec());
        Err(TransportError::Offline)
    }

    fn refresh(
        &mut self,
        _refresh_token: &str,
        _device: &DeviceId,
        _signature: &[u8; 64],
    ) -> Result<Session, TransportError> {
        Err(TransportError::SignedOut)
    }
}

/// The bytes of an answer, up to a cut. Whole pages before it arrive whatever the bytes weigh, so
/// that a run with other clocks is cut at the same place.
fn answer(pages: &[Page], cut: Option<(u64, u64)>) -> Result<Vec<u8>, Violation> {
    let mut writer = PageWriter::new();
    let cut = cut.map(|(page, hundredth)| (page as usize % pages.len().max(1), hundredth));
    let mut bytes = Vec::new();
    for (n, page) in pages.iter().enumerate() {
        let part = writer.page(page)?;
        match cut {
            Some((at, hundredth)) if at == n => {
                bytes.extend(&part[..part.len() * (hundredth as usize).min(90) / 100]);
                return Ok(bytes);
            }
            _ => bytes.extend(part),
        }
    }
    bytes.extend(writer.finish()?);
    Ok(bytes)
}
