//! The way from a phone to the server in one process: the server's services on its database, without
//! HTTP between. What both ends cost is counted apart.

use std::io::{Cursor, Read};

use caseweave::db::{self, read_tx};
use caseweave::ingest::Arrival;
use caseweave::ingest::commit::commit_group;
use caseweave::ingest::judge::judge;
use caseweave::service::pull::{Puller, Round};
use sync_core::device::Device;
use sync_core::device::Session;
use sync_core::device::sync::{SyncControl, SyncError, SyncReport};
use sync_core::device::transport::{Transport, TransportError};
use sync_core::ids::{ClusterId, DeviceId};
use sync_core::limits::{PAGE_BYTES, REQUEST_INFLATED_BYTES};
use sync_core::protocol::message::{Answer, Page, SyncRequest};
use sync_core::protocol::stream::{PageWriter, decode_request};
use sync_core::store::Store;
use sync_core::time::Timestamp;

use crate::workload::area::{Area, Worker};
use crate::workload::measure::{Cost, cpu_s};

/// The way to the server for one phone.
pub struct Wire<'a> {
    area: &'a mut Area,
    worker: Worker,
    server_cpu_s: f64,
    /// The answers as they went out, if anybody wants them again.
    recorded: Option<Vec<Vec<u8>>>,
}

/// Makes a phone's sync and says what it cost both ends.
///
/// # Errors
/// [`SyncError`]
pub fn sync<S: Store>(
    area: &mut Area,
    phone: &mut Device<S>,
) -> Result<(SyncReport, Cost), SyncError> {
    let (report, cost, _) = exchange(area, phone, None)?;
    Ok((report, cost))
}

/// The same, with the bodies of the answers: for a phone that is measured in a process of its own.
///
/// # Errors
/// [`SyncError`]
pub fn recorded<S: Store>(
    area: &mut Area,
    phone: &mut Device<S>,
) -> Result<(SyncReport, Vec<Vec<u8>>), SyncError> {
    let (report, _, answers) = exchange(area, phone, Some(Vec::new()))?;
    Ok((report, answers.unwrap_or_default()))
}

type Exchanged = (SyncReport, Cost, Option<Vec<Vec<u8>>>);

fn exchange<S: Store>(
    area: &mut Area,
    phone: &mut Device<S>,
    recorded: Option<Vec<Vec<u8>>>,
) -> Result<Exchanged, SyncError> {
    let device = phone.identity().device;
    let Some(worker) = area.phone(&device).cloned() else {
        return Err(TransportError::SignedOut.into());
    };
    let now = area.now;
    let mut seed = area.random();
    let mut random = || {
        seed[0] = seed[0].wrapping_add(1);
        seed
    };
    let mut wire = Wire { area, worker, server_cpu_s: 0.0, recorded };
    let (cpu, began) = (cpu_s(), std::time::Instant::now());
    let report = phone.sync(&mut wire, &|| now, &mut random, SyncControl::new())?;
    let both = cpu_s() - cpu;
    let (server_cpu_s, wall_s) = (wire.server_cpu_s, began.elapsed().as_secs_f64());
    let cost = Cost { wall_s, server_cpu_s, client_cpu_s: both - server_cpu_s };
    Ok((report, cost, wire.recorded))
}

impl Transport for Wire<'_> {
    fn exchange(&mut self, _: &str, body: &[u8]) -> Result<Box<dyn Read>, TransportError> {
        let cpu = cpu_s();
        let answer = self.serve(body);
        self.server_cpu_s += cpu_s() - cpu;
        let answer = answer.map_err(TransportError::Refused)?;
        if let Some(recorded) = &mut self.recorded {
            recorded.push(answer.clone());
        }
        Ok(Box::new(Cursor::new(answer)))
    }

    fn refresh(&mut self, _: &str, _: &DeviceId, _: &[u8; 64]) -> Result<Session, TransportError> {
        Err(TransportError::SignedOut)
    }
}

impl Wire<'_> {
    fn serve(&mut self, body: &[u8]) -> Result<Vec<u8>, String> {
        let request =
            decode_request(body, REQUEST_INFLATED_BYTES).map_err(|error| error.to_string())?;
        self.answer(&request).map_err(|error| error.to_string())
    }

    fn answer(&mut self, request: &SyncRequest) -> Result<Vec<u8>, db::Error> {
        let mut answers = self.ingest(request)?;
        let mut writer = PageWriter::new();
        let mut stream = Vec::new();
        let mut send = |page: &Page| {
            stream.extend(writer.page(page).map_err(|_| db::Error::Busy)?);
            Ok::<_, db::Error>(())
        };
        let now = self.area.now;
        for mut round in self.begin_rounds(request, now)? {
            while let Some(mut page) = read_tx(&mut self.area.conn, |conn| round.page(conn, now))? {
                page.answers = std::mem::take(&mut answers);
                send(&page)?;
            }
        }
        if !answers.is_empty() {
            let mut page = Page::new(self.area.cluster, now);
            page.answers = answers;
            send(&page)?;
        }
        stream.extend(writer.finish().map_err(|_| db::Error::Busy)?);
        Ok(stream)
    }

    fn ingest(&mut self, request: &SyncRequest) -> Result<Vec<Answer>, db::Error> {
        let mut all = Vec::new();
        for batch in &request.batches {
            let arrival = Arrival {
                meter: Default::default(),
                principal: self.worker.principal.clone(),
                device: self.worker.device,
                actor: self.worker.actor,
                public_key: self.worker.key.verifying_key().to_bytes(),
                batch: batch.clone(),
                at: self.area.now,
                id: self.area.random(),
                acknowledged: 0,
                leaving: false,
            };
            let Area { conn, rules, cluster, .. } = &mut *self.area;
            let verdict = read_tx(conn, |conn| judge(conn, rules, &arrival))?;
            for answers in commit_group(conn, rules, cluster, &[(arrival, verdict)])? {
                all.extend(answers?);
            }
        }
        Ok(all)
    }

    fn begin_rounds(
        &mut self,
        request: &SyncRequest,
        now: Timestamp,
    ) -> Result<Vec<Round>, db::Error> {
        if request.more {
            return Ok(Vec::new());
        }
        let own: ClusterId = self.area.cluster;
        let puller = Puller {
            user: self.worker.principal.user,
            device: self.worker.device,
            cursor_key: [7; 32],
            log_id: [8; 16],
            fresh: [6; 16],
            whole: request.whole,
            works: true,
            catalogue: self.area.rules.catalogue.clone(),
            told: Default::default(),
            tails: Default::default(),
            page_bytes: PAGE_BYTES,
        };
        let asked = request.cursors.iter().filter(|it| it.cluster == own);
        read_tx(&mut self.area.conn, |conn| {
            asked.map(|it| Round::begin(conn, puller.clone(), it, now)).collect()
        })
    }
}
