//! The exchange of a phone with the server.

use std::collections::BTreeMap;
use std::io;

use actix_web::error::PayloadError;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse, post};
use futures_util::stream;
use sync_core::ids::{ClusterId, DeviceId, UserId};
use sync_core::limits::{CURSORS_PER_REQUEST, OPENINGS_TOLD, PAGE_BYTES, REQUEST_INFLATED_BYTES};
use sync_core::policy::Principal;
use sync_core::protocol::message::{ActorClaim, Answer, ClusterCursor, Opening, Page, SyncRequest};
use sync_core::protocol::stream::{PageWriter, StreamError, decode_request};
use sync_core::protocol::{OLDEST, VERSION};

use super::Session;
use super::session::bearer;
use crate::app::AppState;
use crate::db::devices::Device;
use crate::db::{self, Conn};
use crate::error::{ApiError, ErrorBody};
use crate::ingest::Arrival;
use crate::ingest::recorder::Met;
use crate::meter::Meter;
use crate::service::Refusal;
use crate::service::audit::{Act, Note, Who, offline};
use crate::service::contact;
use crate::service::devices;
use crate::service::pull::cursor::acknowledged;
use crate::service::pull::{self, Coming, Puller, Round};
use crate::service::sessions::stands;

/// One exchange: takes what only the phone has, answers with what is new, page by page.
///
/// The body is one zstd stream of a CBOR message; so is the answer, flushed after each page. The
/// form is in `docs/protocol.md`.
#[utoipa::path(
    tag = "sync",
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    responses(
        (status = 200, description = "Pages, each complete with its cursor",
            content_type = "application/octet-stream", body = Vec<u8>),
        (status = 400, description = "Not a request of a version that is understood", body = ErrorBody),
        (status = 401, description = "No session", body = ErrorBody),
        (status = 403, description = "A session without a phone, or a phone that may not", body = ErrorBody),
        (status = 413, description = "Too large", body = ErrorBody),
        (status = 429, description = "too_often", body = ErrorBody),
        (status = 503, description = "Busy", body = ErrorBody),
    ),
    security(("access_token" = [])),
)]
#[post("/sync")]
pub(crate) async fn exchange(
    state: Data<AppState>,
    request: HttpRequest,
    body: Result<Bytes, actix_web::Error>,
) -> Result<HttpResponse, ApiError> {
    let body = body.map_err(|error| unread(&error))?;
    // Now that all of the body is here: a thief might keep the last byte until nobody asks any more.
    let session = match Session::of(&state, &request).await {
        Ok(session) => session,
        Err(error) => return Err(turned_away(&state, &request, body, error).await),
    };
    let device = session.device.clone().ok_or_else(ApiError::no_phone)?;
    state.limits.device(&device.id)?;
    let meter = Meter::default();
    let request = meter.measure(|| decode_request(&body, REQUEST_INFLATED_BYTES)).map_err(
        |error| match error {
            StreamError::TooLarge => ApiError::too_large(),
            _ => ApiError::bad_request(),
        },
    )?;
    check(&request)?;
    let principal = session.person.principal();
    if let Some(claim) = request.actors.clone() {
        note_actors(&state, &device, claim).await?;
    }
    let who = session.asking().who();
    let noted = note_openings(&state, who, &device.id, &request.openings).await?;
    let sender = Sender { principal: principal.clone(), device: device.clone(), leaving: false };
    let answers = ingest(&state, &sender, &meter, &request).await?;
    let (rounds, met) = begin_rounds(&state, &session, &device, &request).await?;
    let stands = stands_at(&state, &session, &device, &request).await?;
    note_pull(&state, &session, &rounds, met).await?;
    let writer = PageWriter::new();
    // It goes under some cluster's name; a phone that asks for none is told nothing.
    let cost = request.cursors.first().filter(|_| state.stats && request.stats);
    let cost = cost.map(|it| it.cluster);
    let (state, writer) = (state.clone(), Some(writer));
    let (session, user) = (session.session, principal.user);
    let sending =
        Sending { state, session, user, answers, stands, noted, rounds, writer, meter, cost };
    let pages = stream::unfold(Some(sending), |sending| async move { sending?.next().await });
    Ok(HttpResponse::Ok().content_type("application/octet-stream").streaming(pages))
}

/// Why a phone gets nothing; what a stolen one brought is kept, unread.
async fn turned_away(
    state: &AppState,
    request: &HttpRequest,
    body: Bytes,
    error: ApiError,
) -> ApiError {
    let stolen = ApiError::from(Refusal::DeviceStolen);
    let Some(token) = bearer(request).filter(|_| error == stolen) else { return error };
    let (now, secrets) = (state.clock.now(), state.secrets.clone());
    let work = move |conn: &mut _| devices::keep_if_stolen(conn, now, &secrets, (&token, &body));
    match state.db.write::<_, db::Error, _>(work).await {
        Ok(()) => error,
        Err(failure) => failure.into(),
    }
}

/// Why a body was not taken.
pub(super) fn unread(error: &actix_web::Error) -> ApiError {
    match error.as_error::<PayloadError>() {
        Some(PayloadError::Overflow) => ApiError::too_large(),
        _ => ApiError::bad_request(),
    }
}

pub(super) fn check(request: &SyncRequest) -> Result<(), ApiError> {
    if request.version > VERSION {
        return Err(ApiError::server_too_old());
    }
    if request.version < OLDEST {
        return Err(ApiError::app_too_old());
    }
    let many =
        request.cursors.len() > CURSORS_PER_REQUEST || request.batches.len() > CURSORS_PER_REQUEST;
    let many = many || request.openings.len() > OPENINGS_TOLD;
    if many { Err(ApiError::bad_request()) } else { Ok(()) }
}

/// Who brings work.
pub(super) struct Sender {
    pub(super) principal: Principal,
    pub(super) device: Device,
    /// Whether the phone was retired.
    pub(super) leaving: bool,
}

/// Takes what a phone brings; one push of a phone at a time.
pub(super) async fn ingest(
    state: &AppState,
    sender: &Sender,
    meter: &Meter,
    request: &SyncRequest,
) -> Result<Vec<(ClusterId, Vec<Answer>)>, ApiError> {
    let mut answers = Vec::new();
    if request.batches.is_empty() {
        return Ok(answers);
    }
    let Sender { principal, device, leaving } = sender;
    let _turn = state.pushing.take(&device.id).await?;
    for batch in &request.batches {
        let arrival = Arrival {
            principal: principal.clone(),
            device: device.id,
            actor: device.actor,
            public_key: device.public_key,
            batch: batch.clone(),
            at: state.clock.now(),
            id: state.entropy.bytes()?,
            acknowledged: acknowledged(
                &request.cursors,
                (&state.secrets.cursor_key, &state.secrets.log_id),
                (&principal.user, &batch.cluster),
            ),
            leaving: *leaving,
            meter: meter.clone(),
        };
        answers.push((batch.cluster, state.committer().ingest(arrival).await?));
    }
    Ok(answers)
}

fn puller(
    state: &AppState,
    session: &Session,
    device: &Device,
    request: &SyncRequest,
) -> Result<Puller, ApiError> {
    Ok(Puller {
        user: session.person.id,
        device: device.id,
        cursor_key: state.secrets.cursor_key,
        log_id: state.secrets.log_id,
        fresh: state.entropy.bytes()?,
        whole: request.whole,
        works: true,
        catalogue: state.rules.catalogue.clone(),
        told: state.told.clone(),
        tails: state.tails.clone(),
        page_bytes: PAGE_BYTES,
    })
}

/// Each cluster that the phone asks about and its user works in, or did when the phone last asked.
fn pullers<'a>(
    session: &Session,
    request: &'a SyncRequest,
    puller: &'a Puller,
) -> impl Iterator<Item = (ClusterCursor, Puller)> + 'a {
    let principal = session.person.principal();
    request.cursors.iter().filter_map(move |it| {
        let works = principal.works_cases_in(it.cluster);
        (works || pull::is_sealed_for(puller, it))
            .then(|| (it.clone(), Puller { works, ..puller.clone() }))
    })
}

/// Where a phone stands that has more to push, with what it was answered so far.
async fn stands_at(
    state: &AppState,
    session: &Session,
    device: &Device,
    request: &SyncRequest,
) -> Result<BTreeMap<ClusterId, Vec<u8>>, ApiError> {
    if !request.more {
        return Ok(BTreeMap::new());
    }
    let puller = puller(state, session, device, request)?;
    let all: Vec<_> = pullers(session, request, &puller).collect();
    let work = move |conn: &mut Conn| {
        let mut stands = BTreeMap::new();
        for (asked, puller) in all {
            let cursor = pull::answered(conn, &puller, &asked)?;
            stands.extend(cursor.map(|cursor| (asked.cluster, cursor)));
        }
        Ok::<_, db::Error>(stands)
    };
    Ok(state.db.read(work).await?)
}

/// A round for each of [`pullers`], with what is to be noted of its contact. While the phone has more to push, it
/// gets answers only; unless its log is another now: that it must hear before it reads them, since what was
/// refused for want of what the server lost may be taken yet.
async fn begin_rounds(
    state: &AppState,
    session: &Session,
    device: &Device,
    request: &SyncRequest,
) -> Result<(Vec<Round>, Option<Met>), ApiError> {
    let puller = puller(state, session, device, request)?;
    let all: Vec<_> = pullers(session, request, &puller).collect();
    let (now, posts) = (state.clock.now(), session.person.memberships.clone());
    let more = request.more;
    let work = move |conn: &mut Conn| {
        let all = if more { of_another_log(conn, &puller, all)? } else { all };
        let (asked, pullers): (Vec<_>, Vec<_>) = all.into_iter().unzip();
        let notes = match more {
            true => Vec::new(),
            false => contact::to_note(conn, &puller, &asked, &posts, now)?,
        };
        let begin = |(it, puller): (ClusterCursor, Puller)| Round::begin(conn, puller, &it, now);
        let rounds = asked.into_iter().zip(pullers).map(begin);
        let rounds = rounds.collect::<Result<Vec<_>, db::Error>>()?;
        Ok::<_, db::Error>((rounds, notes))
    };
    let (rounds, notes) = state.db.read(work).await?;
    Ok((rounds, (!notes.is_empty()).then_some((device.id, notes))))
}

/// Those of a phone's clusters of which it knows another log.
fn of_another_log(
    conn: &mut Conn,
    puller: &Puller,
    mut all: Vec<(ClusterCursor, Puller)>,
) -> Result<Vec<(ClusterCursor, Puller)>, db::Error> {
    let cursors: Vec<ClusterCursor> = all.iter().map(|(asked, _)| asked.clone()).collect();
    let seal = (&puller.cursor_key, &puller.log_id);
    let another = pull::of_another_log(conn, seal, &puller.user, &cursors)?;
    all.retain(|(asked, _)| another.contains(&asked.cluster));
    Ok(all)
}

/// A phone that goes on under a fresh actor says so with the request that may bring work of it.
pub(super) async fn note_actors(
    state: &AppState,
    device: &Device,
    claim: ActorClaim,
) -> Result<(), ApiError> {
    let said = claim.clone();
    if state.db.read(move |conn| contact::knows_actors(conn, &said)).await? {
        return Ok(());
    }
    let (device, now) = (device.clone(), state.clock.now());
    let work = move |conn: &mut Conn| contact::note_actors(conn, &device, &claim, now);
    Ok(state.db.write(work).await?)
}

/// Writes down what was opened on the phone, once; gives the number up to which that is done.
pub(super) async fn note_openings(
    state: &AppState,
    who: Who,
    device: &DeviceId,
    openings: &[Opening],
) -> Result<Option<u64>, ApiError> {
    if openings.is_empty() {
        return Ok(None);
    }
    let (openings, device) = (openings.to_vec(), *device);
    let mut pen = state.pen(who)?;
    let work = move |conn: &mut Conn| offline::note(conn, &mut pen, &device, &openings);
    Ok(state.db.write(work).await?)
}

/// Before anything is sent, that it is sent is written down, and what the phone is known to have; an
/// exchange that brings nothing new leaves no row.
async fn note_pull(
    state: &AppState,
    session: &Session,
    rounds: &[Round],
    met: Option<Met>,
) -> Result<(), ApiError> {
    let brings = |it: &Coming| it.changes > 0 || it.lines > 0;
    let coming = rounds.iter().map(Round::ahead).filter(brings);
    let notes: Vec<Note> = coming.map(noted).collect();
    if notes.is_empty() && met.is_none() {
        return Ok(());
    }
    let mut pen = state.pen(session.asking().who())?;
    let rows = notes.iter().flat_map(|note| pen.rows(note)).collect();
    let _ = state.recorder().record_contact(rows, met).await?;
    Ok(())
}

fn noted(coming: Coming) -> Note {
    let Coming { cluster, changes, lines } = coming;
    let count = usize::try_from(changes).unwrap_or_default();
    let note = Note::of(Act::Pull).in_cluster(cluster).counting(count);
    if lines > 0 { note.with(format!("directory {lines}")) } else { note }
}

/// An answer on its way.
struct Sending {
    state: Data<AppState>,
    /// Asked about at each page: a phone that is reported stolen gets no more of an answer under way.
    session: [u8; 16],
    user: UserId,
    answers: Vec<(ClusterId, Vec<Answer>)>,
    /// Cursors of pages that bring answers only.
    stands: BTreeMap<ClusterId, Vec<u8>>,
    /// What the first page says of the openings that were told.
    noted: Option<u64>,
    rounds: Vec<Round>,
    writer: Option<PageWriter>,
    meter: Meter,
    /// Set while the page that tells the exchange's cost is still to be sent.
    cost: Option<ClusterId>,
}

type Part = Result<Bytes, io::Error>;

/// Why an answer ends before its time. The phone takes it for a cut and asks again.
#[derive(Debug, thiserror::Error)]
enum Stopped {
    #[error(transparent)]
    Db(#[from] db::Error),
    #[error("the session is over")]
    SessionOver,
}

impl Sending {
    /// The next bytes; after a failure the stream ends short, which the phone takes as a cut.
    async fn next(mut self) -> Option<(Part, Option<Self>)> {
        let writer = self.writer.take()?;
        match self.page().await {
            Ok(Some(page)) => {
                let meter = self.meter.clone();
                let written = tokio::task::spawn_blocking(move || {
                    let mut writer = writer;
                    meter.measure(|| writer.page(&page)).map(|bytes| (bytes, writer))
                });
                match written.await.map_err(io::Error::other).and_then(|written| written) {
                    Ok((bytes, writer)) => {
                        self.writer = Some(writer);
                        Some((Ok(bytes.into()), Some(self)))
                    }
                    Err(error) => Some((Err(error), None)),
                }
            }
            Ok(None) => Some((writer.finish().map(Bytes::from), None)),
            Err(stopped) => {
                if let Stopped::Db(error) = stopped {
                    tracing::error!(%error, "an answer was cut short");
                }
                Some((Err(io::Error::other("cut short")), None))
            }
        }
    }

    async fn page(&mut self) -> Result<Option<Page>, Stopped> {
        let now = self.state.clock.now();
        while let Some(mut round) = self.rounds.pop() {
            let (meter, session) = (self.meter.clone(), self.session);
            let turn = self.state.reading.take(&self.user).await?;
            let work = move |conn: &mut Conn| {
                let _turn = turn;
                if !stands(conn, &session)? {
                    return Ok(None);
                }
                meter.measure(|| round.page(conn, now)).map(|page| Some((page, round)))
            };
            let (page, round) = self.state.db.read(work).await?.ok_or(Stopped::SessionOver)?;
            if let Some(mut page) = page {
                self.rounds.push(round);
                page.answers = self.take_answers(&page.cluster);
                page.noted = self.noted.take();
                return Ok(Some(page));
            }
        }
        // A phone with more to push gets answers alone; that more is to come is all that is said of it.
        if let Some((cluster, answers)) = self.answers.pop() {
            let (noted, cursor) = (self.noted.take(), self.stands.remove(&cluster));
            let (cursor, left) = (cursor.unwrap_or_default(), 1);
            return Ok(Some(Page { answers, noted, cursor, left, ..Page::new(cluster, now) }));
        }
        let server_cpu_us = Some(self.meter.us());
        let cost = self.cost.take();
        Ok(cost.map(|cluster| Page { server_cpu_us, ..Page::new(cluster, now) }))
    }

    fn take_answers(&mut self, cluster: &ClusterId) -> Vec<Answer> {
        let (own, others) =
            std::mem::take(&mut self.answers).into_iter().partition(|(it, _)| it == cluster);
        self.answers = others;
        let own: Vec<(ClusterId, Vec<Answer>)> = own;
        own.into_iter().flat_map(|(_, answers)| answers).collect()
    }
}
