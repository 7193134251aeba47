//! What the audit costs a page view: the same case opened with and without, turn by turn in one run.

use std::path::Path;
use std::sync::Arc;

use caseweave::AppState;
use caseweave::app::{Asking, Parts};
use caseweave::db::{self, Address, Conn};
use caseweave::service::audit::{Act, Note, Origin, Seen, chain};
use caseweave::service::reading::{Reader, case};
use rustix::time::{ClockId, clock_gettime};
use serde::Serialize;
use sync_core::ids::CaseId;
use sync_core::policy::Principal;

/// Views of each sort in one turn.
const VIEWS: usize = 200;

/// What views cost.
#[derive(Clone, Debug, Serialize)]
pub struct ViewLine {
    /// `page_view`.
    pub scenario: &'static str,
    /// How many views at once.
    pub at_once: usize,
    /// Views of each sort.
    pub views: usize,
    /// Processor time of a view without the audit, microseconds; the median of the turns.
    pub without_us: f64,
    /// The same with the audit, the reply waiting for the row's commit.
    pub with_us: f64,
    /// The difference.
    pub added_us: f64,
    /// With by without.
    pub ratio: f64,
    /// Linking a row into its chain later, microseconds.
    pub link_us: f64,
}

/// Why views could not be measured.
#[derive(Debug, thiserror::Error)]
pub enum ViewError {
    /// The server could not be put together.
    #[error(transparent)]
    Start(#[from] caseweave::app::StartError),
    /// The database.
    #[error(transparent)]
    Db(#[from] db::Error),
    /// A view was not shown.
    #[error(transparent)]
    Show(#[from] caseweave::app::ShowError),
    /// No runtime, or a view that was lost.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

/// Opens `cases` of the database in `file` as `principal`, `turns` times with and without the audit.
///
/// # Errors
/// [`ViewError`]
pub fn measure(
    file: &Path,
    principal: &Principal,
    cases: &[CaseId],
    (at_once, turns): (usize, usize),
) -> Result<ViewLine, ViewError> {
    let address = Address::File(file.to_owned());
    let state = AppState::new(address.clone(), Conn::open(&address)?, Parts::default())?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let who = Viewer { state: state.clone(), principal: principal.clone(), cases: cases.into() };
    let (mut with, mut without, mut link) = (Vec::new(), Vec::new(), Vec::new());
    let mut conn = Conn::open(&address)?;
    for turn in 0..=turns {
        let plain = runtime.block_on(who.views(at_once, false))?;
        let audited = runtime.block_on(who.views(at_once, true))?;
        let before = cpu_us();
        let rows = chain::link_all(&mut conn, &state.secrets.audit_key, state.clock.now())?;
        // The first turn warms caches.
        if turn > 0 {
            without.push(plain);
            with.push(audited);
            link.push((cpu_us() - before) / rows.max(1) as f64);
        }
    }
    let (with_us, without_us) = (median(with), median(without));
    Ok(ViewLine {
        scenario: "page_view",
        at_once,
        views: VIEWS * turns,
        without_us: rounded(without_us),
        with_us: rounded(with_us),
        added_us: rounded(with_us - without_us),
        ratio: (with_us / without_us * 1e3).round() / 1e3,
        link_us: rounded(median(link)),
    })
}

/// Somebody who opens cases.
#[derive(Clone)]
struct Viewer {
    state: AppState,
    principal: Principal,
    cases: Arc<[CaseId]>,
}

impl Viewer {
    /// Processor time of a view, microseconds: the whole process's, so that every thread counts.
    async fn views(&self, at_once: usize, audited: bool) -> Result<f64, ViewError> {
        let before = cpu_us();
        let mut done = 0;
        while done < VIEWS {
            let mut under_way = tokio::task::JoinSet::new();
            for n in 0..at_once {
                let (viewer, case) = (self.clone(), self.cases[(done + n) % self.cases.len()]);
                under_way.spawn(async move { viewer.view(case, audited).await });
            }
            while let Some(view) = under_way.join_next().await {
                view.map_err(std::io::Error::other)??;
            }
            done += at_once;
        }
        Ok((cpu_us() - before) / done as f64)
    }

    async fn view(&self, id: CaseId, audited: bool) -> Result<(), ViewError> {
        if !audited {
            let (catalogue, now) = (self.state.rules.catalogue.clone(), self.state.clock.now());
            let reader = Reader::new(self.principal.clone(), catalogue, now);
            let open = self.state.db.read(move |conn| case::open(conn, &reader, &id)).await?;
            return open.map(drop).ok_or(db::Error::Missing.into());
        }
        let asking =
            Asking { principal: self.principal.clone(), device: None, origin: Origin::Private };
        let work = move |conn: &mut Conn, reader: &Reader| {
            let open = case::open(conn, reader, &id)?;
            let ground = open.as_ref().map(|open| open.ground);
            let shown = open.zip(ground);
            Seen::of_case(conn, (&id, Note::of(Act::OpenCase)), shown)
        };
        let open = self.state.show(asking, work).await?;
        open.map(drop).ok_or(db::Error::Missing.into())
    }
}

fn cpu_us() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 * 1e6 + time.tv_nsec as f64 / 1e3
}

fn median(mut of: Vec<f64>) -> f64 {
    of.sort_by(f64::total_cmp);
    of.get(of.len() / 2).copied().unwrap_or_default()
}

fn rounded(us: f64) -> f64 {
    (us * 10.0).round() / 10.0
}
